"""Published specs with one token deleted, doubled or swapped: what a check says of each."""

import random
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from ddspec.language.source import Source
from ddspec.spec.check import check
from ddspec.spec.model import Experiment, Spec
from tests.language.damage import Damaged, damaged

SPECS = tuple(sorted((Path(__file__).parents[2] / "specs").glob("*.dd")))
TOLD = ("once", "line", "elsewhere")  # of a spec that is wrong: how it is told


def cases() -> Iterator[tuple[Path, Damaged]]:
    """Every published spec with every such damage."""
    for path in SPECS:
        for case in damaged(path.read_text()):
            yield path, case


def meaning(spec: Spec) -> str:
    """The experiments of a spec but for their places: equal where two specs ask for the same."""
    return repr([_placeless(each) for each in spec.experiments])


def _placeless(experiment: Experiment) -> Experiment:
    axes = tuple(attrs.evolve(axis, span=None) for axis in experiment.axes)
    return attrs.evolve(experiment, axes=axes, span=None, doc="")


def outcome(path: Path, case: Damaged, right: str) -> tuple[str, list[str]]:
    """`once`, `line`, `elsewhere` for a wrong spec: its one message is on the damaged line, one of
    several is, none is. `same` and `other` for one that can be run and means what it did, or
    something else. `raised` for anything but words. With the messages.
    """
    try:
        spec, found, _ = check(case.text, path.name, read=lambda name: _beside(path, name))
    except Exception:  # noqa: BLE001 -- whatever is raised is what is looked for
        return "raised", [traceback.format_exc()]
    source = Source("", case.text)
    lines = [source.position(each.primary.span.start)[0] for each in found]
    told = [f"{line}: {each.code} {each.title}" for line, each in zip(lines, found, strict=True)]
    if spec is not None:
        return "same" if meaning(spec) == right else "other", told
    if case.line not in lines:
        return "elsewhere", told
    return "once" if len(lines) == 1 else "line", told


def _beside(path: Path, name: str) -> str:
    return (path.parent / name).read_text()


def tokens(
    count: int, seed: str = "0", first: int = 0, say: Callable[[str], object] = print
) -> tuple[Counter[str], list[str]]:
    """Outcomes of `count` damages of all; and those that ended in a traceback."""
    chosen = list(cases())
    random.Random(seed).shuffle(chosen)
    rights: dict[Path, str] = {}
    outcomes: Counter[str] = Counter()
    raised = []
    for path, case in chosen[first : first + count]:
        if path not in rights:
            rights[path] = _right(path)
        name, told = outcome(path, case, rights[path])
        outcomes[name] += 1
        words = f"{name} {path.name}:{case.line} {case.what}\n  " + "\n  ".join(told)
        if name == "raised":
            raised.append(words)
        if name not in ("once", "same"):
            say(words)
    return outcomes, raised


def _right(path: Path) -> str:
    spec, _, _ = check(path.read_text(), path.name, read=lambda name: _beside(path, name))
    assert spec is not None
    return meaning(spec)


def shares(outcomes: Counter[str]) -> tuple[float, float]:
    """Of the specs that are wrong: how many are told on the damaged line, and there alone."""
    wrong = sum(outcomes[name] for name in TOLD)
    return (outcomes["once"] + outcomes["line"]) / wrong, outcomes["once"] / wrong
