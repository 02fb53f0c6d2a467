"""`ddspec new`: a commented spec for a question, that checks cleanly and runs."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from ddspec.commands.sources import STDIN
from ddspec.errors import DdspecError, Diagnostic
from ddspec.language.near import nearest
from ddspec.language.source import Source
from ddspec.vocabulary import registry

if TYPE_CHECKING:
    from ddspec.commands.templates import Question, Template

TEMPLATES = ("width", "samples", "epochs", "ablation", "ridge")
AXES = ("width", "samples", "epochs")
OPTIONS = ("template", "dataset", "architecture", "regularizers", "axes", "seeds")
SEEDS = 3
SHOWN = 3  # problems that are told
BETWEEN = re.compile(r",(?![^({\[]*[)}\]])")  # commas outside of brackets


@click.command("new")
@click.argument("file", metavar="FILE")
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    help="The question [default: width]: error along width, samples or epochs, an ablation of"
    " regularizers, or a ridge that is tuned.",
)
@click.option("--dataset", metavar="WORD", help="`ddspec words dataset` lists them.")
@click.option("--architecture", metavar="WORD", help="`ddspec words architecture` lists them.")
@click.option("--regularizers", metavar="WORD,...", help="With or without arguments: l2(1e-3).")
@click.option(
    "--axes",
    multiple=True,
    metavar="NAME[=DOMAIN],...",
    help="width, samples, epochs; may be repeated: --axes 'width=log 4..64 points 5'.",
)
@click.option("--seeds", type=click.IntRange(1), help=f"Repetitions [default: {SEEDS}].")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def command(file: str, *, force: bool, **asked: Any) -> None:
    """Write a new spec to FILE: small, commented, ready to run. `-` prints it.

    On a terminal, and without options, it asks for what to put in.
    """
    path = Path(file)
    _check_place(path, force=force or file == STDIN)
    if sys.stdin.isatty() and not any(asked.values()):
        asked = _answers()
    text = _written(_name(path), asked)
    if file == STDIN:
        click.echo(text, nl=False)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise DdspecError(f"cannot write {file}: {error.strerror}") from None
    click.echo(f"wrote {file}\nrun it with: ddspec run {file}")


def _check_place(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise DdspecError(f"{path} is a folder", f"name a file in it: {path / 'question.dd'}")
    if path.exists() and not force:
        raise DdspecError(f"{path} is there already", "choose another name, or overwrite: --force")


def _name(path: Path) -> str:
    """A name for the experiment, from that of the file."""
    from ddspec.language.parser import parse

    name = re.sub(r"\W+", "_", path.stem).strip("_")
    _, problems = parse(f"dd 1\nexperiment {name} {{ dataset: 1 }}\n", "name")
    return f"question_{name}".rstrip("_") if problems or not name else name


def _answers() -> dict[str, Any]:
    """What somebody at a terminal wants."""
    from ddspec.commands.templates import TEMPLATES as KNOWN

    for name, each in KNOWN.items():
        click.echo(f"  {name:10} {each.question}")
    template = click.prompt("question", type=click.Choice(TEMPLATES), default=TEMPLATES[0])
    usual = KNOWN[template]
    found: dict[str, Any] = {"template": template, "axes": ()}
    for kind in ("dataset", "architecture"):
        found[kind] = click.prompt(
            f"{kind} (`ddspec words {kind}` lists them)", default=getattr(usual, kind)
        )
    if not usual.solved:
        said = click.prompt("regularizers", default=",".join(usual.regularizers) or "none")
        found["regularizers"] = "" if said == "none" else said
    found["seeds"] = int(click.prompt("seeds", type=click.IntRange(1), default=SEEDS))
    return found


# --- from options to a text that was checked ---------------------------------------------------


def _written(name: str, asked: dict[str, Any]) -> str:
    """The first of the ways to ask the question that has no errors."""
    from ddspec.commands.templates import TEMPLATES as KNOWN

    template = KNOWN[asked.get("template") or TEMPLATES[0]]
    tried = _question(name, template, asked)
    best: tuple[str, Sequence[Diagnostic]] = ("", ())
    for question in _ways(tried):
        text, problems = _checked(question)
        if not problems:
            return text
        if not best[0] or len(problems) < len(best[1]):
            best = text, problems
    whole = {"architecture": tried.architecture, "dataset": tried.dataset}
    for kind in whole:
        others = [] if asked.get(kind) else _suggested(kind, best[1], getattr(tried, kind))
        for other in others:
            with contextlib.suppress(DdspecError):
                return _written(name, {**asked, **whole, kind: other})
    raise DdspecError("these parts do not fit together", *_told(best[1], best[0]))


def _suggested(kind: str, problems: Sequence[Diagnostic], tried: str) -> list[str]:
    """The words of a kind that the messages advise to take."""
    advice = " ".join(line for problem in problems for line in problem.help)
    known = set(registry.names(kind)) - {tried}
    return [name for name in dict.fromkeys(re.findall(r"`(\w+)", advice)) if name in known]


def _told(faults: Sequence[Diagnostic], text: str) -> Iterator[str]:
    """What is wrong, with the lines where; the text itself is nowhere to be looked at."""
    lines = Source("new", text)
    for fault in faults[:SHOWN]:
        yield f"{fault.title}: `{lines.text[fault.primary.span.start : fault.primary.span.end]}`"
        yield from (f"  {advice}" for advice in fault.help[:1])


def _checked(question: Question) -> tuple[str, Sequence[Diagnostic]]:
    """The text in the one layout, and its errors."""
    from ddspec.commands.templates import write
    from ddspec.errors import SpecError
    from ddspec.language.formatting import format_text
    from ddspec.spec.check import check

    text = write(question)
    try:
        text = format_text(text, "new")
    except SpecError as error:
        return text, error.diagnostics
    _, problems, _ = check(text, "new")
    return text, [problem for problem in problems if problem.severity == "error"]


def _question(name: str, template: Template, asked: dict[str, Any]) -> Question:
    from ddspec.commands.templates import TRAINS
    from ddspec.commands.templates import Question as Asked

    return Asked(
        name,
        template,
        _word("dataset", asked.get("dataset") or template.dataset),
        _word("architecture", asked.get("architecture") or template.architecture),
        _regularizers(asked.get("regularizers"), template),
        _axes(asked.get("axes") or (), template),
        asked.get("seeds") or SEEDS,
        TRAINS[-1] if template.solved else TRAINS[0],
    )


def _ways(question: Question) -> Iterator[Question]:
    """The ways to ask a question, the usual one first."""
    from ddspec.commands.templates import BATCHES, SIZES, TRAINS

    trains = TRAINS[::-1] if question.template.solved else TRAINS
    for batch, sizes, train in product(BATCHES, SIZES, trains):
        yield attrs.evolve(question, train=train, sizes=sizes, batch=batch)


def _word(kind: str, name: str) -> str:
    known = registry.names(kind)
    if name in known:
        return name
    near = " or ".join(f"`{each}`" for each in nearest(name, known))
    raise DdspecError(
        f"no {kind} is called `{name}`{near and f'; did you mean {near}?'}",
        f"`ddspec words {kind}` lists them",
    )


def _regularizers(given: str | None, template: Template) -> tuple[str, ...]:
    if given is None:
        return template.regularizers
    named = tuple(each.strip() for each in BETWEEN.split(given) if each.strip())
    for each in named:
        _word("regularizer", each.partition("(")[0].strip())
    return named


def _axes(given: Sequence[str], template: Template) -> dict[str, str]:
    """The domain of each axis, empty for the usual one."""
    found: dict[str, str] = {}
    for text in (part for each in given for part in BETWEEN.split(each)):
        name, _, domain = (each.strip() for each in text.partition("="))
        if name not in AXES:
            near = " or ".join(f"`{each}`" for each in nearest(name, AXES))
            raise DdspecError(
                f"`{name}` is no axis of a new spec{near and f'; did you mean {near}?'}",
                f"there are {', '.join(AXES)}; add others to the file",
            )
        found[name] = domain
    return found or dict.fromkeys(template.axes, "")
