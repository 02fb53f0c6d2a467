"""Spoilt specs through check, explain, plan and a pretended run: words, and never a traceback."""

import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.group import ddspec
from ddspec.errors import DdspecError, Diagnostic
from ddspec.language.render import as_json, render
from ddspec.spec.model import Spec
from tests.fuzz import stubs
from tests.fuzz.limits import Hang, limited
from tests.fuzz.mutants import case

FILE = "spec.dd"
PLANNED = 20_000  # grid points of a spec that is planned
TINY = 40  # cells of a spec that is run
LIBRARY = "dd 1\n\ndataset digits = mnist1d(samples: 1_000)\nlet n = 4\n"


class WrongError(AssertionError):
    """Something came of a case that must not."""


@contextmanager
def around() -> Iterator[Path]:
    """A folder with what cases use, as the working directory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "specs"
        (folder / "deep").mkdir(parents=True)
        (folder / "lib.dd").write_text(LIBRARY)
        (folder / "loop.dd").write_text(f'dd 1\nuse "{FILE}"\n')
        (folder / "bytes.dd").write_bytes(bytes(range(256)))
        (folder / "link.dd").symlink_to("/etc/passwd")
        (folder / "deep" / "deep.dd").write_text('dd 1\nuse "../lib.dd" as l\n')
        (Path(name) / "up.dd").write_text(LIBRARY)
        before = Path.cwd()
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def specs(
    count: int, seed: str, first: int = 0, tell: Callable[[str], object] = str
) -> tuple[Counter[str], list[str]]:
    """Outcomes by name of `count` cases, and what went wrong, with the seeds that repeat it.

    tell: is told of each as it is found.
    """
    outcomes: Counter[str] = Counter()
    wrong = []
    with around() as folder, stubs.pretended():
        for number in range(first, first + count):
            name = f"{seed}-{number}"
            (folder / FILE).write_bytes(case(name))
            try:
                outcomes[one(folder, number)] += 1
            except (Exception, Hang) as problem:  # noqa: BLE001 - that is what is looked for
                outcomes["WRONG"] += 1
                text = "".join(traceback.format_exception(problem)[-6:])
                wrong.append(f"python -m tests.fuzz specs 1 --seed {seed} --first {number}\n{text}")
                tell(wrong[-1])
    return outcomes, wrong


def one(folder: Path, number: int = 0) -> str:
    """What comes of the spec in a folder; raises for what must not."""
    with limited():
        try:
            spec, problems, sources = pipeline.check(FILE)
        except DdspecError as mistake:
            spec, problems, sources = None, (), {}
            require(len(str(mistake)) > 0, "a mistake without words")
        for problem in problems:
            _judge_diagnostic(problem, sources)
        right = spec is not None
        errors = any(each.severity == "error" for each in problems)
        require(not (right and errors), "a spec with errors")
        require(right or errors or not problems, "no spec, and no error")
    with limited():
        form = ("text", "json")[number % 2]
        require(
            _called("check", FILE, "--format", form) == (0 if right else 1), "check's exit code"
        )
    if spec is None:
        return "refused"
    with limited(20.0):
        return _planned(spec, folder)


def require(fact: bool, words: str) -> None:
    """Raise WrongError unless something is so."""
    if not fact:
        raise WrongError(words)


def _judge_diagnostic(problem: Diagnostic, sources: dict[str, str]) -> None:
    for label in (problem.primary, *problem.secondary):
        span = label.span
        require(span.source in sources, f"{problem.code} points into {span.source}")
        require(0 <= span.start <= span.end <= len(sources[span.source]), f"{problem.code}: place")
    require(problem.code in render(problem, sources), "its code is told")
    require(bool(as_json(problem, sources)["title"]), "a title")
    require(_explained(problem.code), f"`explain {problem.code}`")


@cache
def _explained(code: str) -> bool:
    return _called("explain", code) == 0


def _called(*words: str) -> int:
    """The exit code of a command; raises what it raises."""
    done = CliRunner().invoke(ddspec, list(words), catch_exceptions=False)
    require("Traceback" not in done.output, "a traceback is shown")
    return done.exit_code


def _planned(spec: Spec, folder: Path) -> str:
    """What comes of a right spec: it has a plan, and a small one runs."""
    if not spec.experiments:
        require(_called("plan", FILE) == 1, "a plan of no experiment")
        return "declarations"
    size = sum(each.size for each in spec.experiments)
    if size > PLANNED:
        return "right, large"
    try:
        outlooks = pipeline.plan(spec, workers=2)
    except DdspecError as why:
        require("memory" in str(why), f"a right spec has no plan: {why}")
        return "right, too large for a machine"
    if sum(len(outlook.plan) for outlook in outlooks) > TINY:
        return "planned"
    return _run(spec, folder, {each.plan.experiment.name: len(each.plan) for each in outlooks})


def _run(spec: Spec, folder: Path, cells: dict[str, int]) -> str:
    with tempfile.TemporaryDirectory(dir=folder) as out:
        try:
            outcome = pipeline.run(FILE, out, local=True, workers=1)
        except DdspecError as why:
            require("memory" in str(why), f"a right spec does not run: {why}")
            return "right, too large for this machine"
        require(outcome.counts.get("done", 0) >= max(cells.values()), f"cells: {outcome.counts}")
        require(not outcome.failures, f"{list(outcome.failures.values())[:1]}")
        require(set(outcome.files) == {each.name for each in spec.experiments}, "a file each")
        require(all(file.parent == Path(out) for file in outcome.files.values()), "files elsewhere")
    return "run"
