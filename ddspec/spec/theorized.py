"""Theories: words whose arguments are written, or taken from the cells they stand beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import Setting
from ddspec.spec import faults
from ddspec.spec.body import Homed
from ddspec.spec.building import example
from ddspec.spec.facts import Facts, argument_span, build_at
from ddspec.spec.model import Table
from ddspec.spec.nodes import Node
from ddspec.spec.problems import listed
from ddspec.spec.scope import Scope
from ddspec.spec.tables import Evaluated, Index, evaluate, joined, squeezed
from ddspec.vocabulary.theory import Case, Theory, Unit, changed

PARTS = ("dataset", "architecture", "regularizer", "train")
CLOSE = 1e-6  # relative difference of numbers that are the same


@attrs.frozen(eq=False)
class Theorized:
    """A theory, complete, as a function of the axes it reads or is taken from."""

    name: str
    table: Table[Theory]

    @property
    def variables(self) -> list[str]:
        """What it adds to the result: `exact_test_loss` for the test loss of a theory `exact`."""
        found = dict.fromkeys(q for theory in self.table.values if theory for q in theory.gives)
        return [f"{self.name}_{quantity}" for quantity in found]


@attrs.frozen(eq=False)
class _Reader:
    """A line of `theory { ... }` with the node of its word."""

    name: str
    span: Span
    node: Node[Any]
    facts: Facts

    def complete(self, theory: Theory, case: Case, index: Index) -> Theory | None:
        """The theory with what the cell says of it; None, reported, when that is not enough."""
        build, told = build_at(self.node, index), theory.told(case)
        given = {name: getattr(theory, name) for name in told}
        taken = {name: told[name] for name, value in given.items() if value is None}
        made = changed(theory, taken)
        absent = [name for name in made.needed if getattr(made, name) is None]
        doubt = theory.doubt(case)
        if absent:
            self._unknown(made, absent, doubt)
            return None
        if made.impossible:
            self._impossible(made)
            return None
        if doubt:
            self._warn("DD609", f"`{made.name()}` need not hold here", f"it is {doubt}", self.span)
        for name, value in given.items():
            if value is not None and _differ(value, told[name]):
                title = f"theory `{self.name}` is not of the experiment's `{name}`"
                says = f"{_spelled(value)}, where the experiment has {_spelled(told[name])}"
                self._warn("DD610", title, says, argument_span(build, name) or self.span)
        return made

    def _unknown(self, theory: Theory, absent: list[str], doubt: str) -> None:
        name = theory.name()
        self.facts.problems.report(
            "DD608",
            f"`{name}` does not know {listed(absent, 'and')} here",
            Label(self.span, "neither written nor said by the experiment"),
            notes=[f"`{name}` is {doubt}"] if doubt else [],
            help=[f"write what is missing: `{example(type(theory))}`"],
        )

    def _impossible(self, theory: Theory) -> None:
        self.facts.problems.report(
            "DD611",
            f"`{theory.name()}` cannot be: {theory.impossible}",
            Label(self.span, "with these values"),
            help=["change the values, or leave such points out with `except`"],
        )

    def _warn(self, code: str, title: str, why: str, span: Span) -> None:
        self.facts.problems.report(
            code,
            title,
            Label(span, why),
            help=["the curve is drawn beside the experiment all the same"],
            severity="warning",
        )


def read_theories(
    named: Mapping[str, Homed], facts: Facts, recorded: Iterable[str]
) -> dict[str, Theorized]:
    """The theories of an experiment by name, one for every point of what they depend on."""
    found: dict[str, Theorized] = {}
    taken = {*recorded, *_columns(facts.scope)}
    for name, homed in named.items():
        setting = homed.statement
        assert isinstance(setting, Setting)
        table = _table(name, setting, attrs.evolve(facts.scope, names=homed.home), facts)
        if table is None:
            continue
        made = Theorized(name, table)
        twice = [variable for variable in made.variables if variable in taken]
        if twice:
            _taken(name, twice[0], setting.name.span, facts)
        taken |= set(made.variables)
        found[name] = made
    return found


def quantities(theories: Mapping[str, Theorized]) -> Iterator[str]:
    """The variables that theories add to the result."""
    for each in theories.values():
        yield from each.variables


def _columns(scope: Scope) -> list[str]:
    assert scope.draft is not None
    return [*(column.name for column in scope.draft.columns.values()), *scope.draft.lets]


def _table(name: str, setting: Setting, scope: Scope, facts: Facts) -> Table[Theory] | None:
    assert scope.draft is not None
    before = set(scope.draft.tuned)
    node: Node[Any] = scope.resolve.word(setting.value, "theory", scope)
    if set(scope.draft.tuned) - before:
        _depends(name, setting, "`tune(...)`", "what the experiment tunes is taken from it", facts)
        return None
    if node.poisoned or _averaged(node.reads, name, setting, facts):
        return None
    found = evaluate(node, facts.grid)
    faults.report([fault for fault in found.faults if facts.kept(fault.index)], facts.problems)
    reader = _Reader(name, setting.value.span, node, facts)
    table = _completed(reader, found)
    return None if _averaged(table.axes, name, setting, facts) else table


def _averaged(axes: Iterable[str], name: str, setting: Setting, facts: Facts) -> bool:
    """True, reported, when there are axes of seeds among those that a theory depends on."""
    draft = facts.scope.draft
    assert draft is not None
    for column in draft.columns.values():
        if column.kind == "replicate" and column.dimension in axes:
            why = "an expected value is the same for every seed"
            _depends(name, setting, f"`{column.spelling}`", why, facts)
            return True
    return False


def _completed(reader: _Reader, found: Evaluated) -> Table[Theory]:
    """The theory at every kept point of what it reads and of what it is taken from."""
    facts = reader.facts
    draft = facts.scope.draft
    assert draft is not None
    in_steps = any(column.name == "steps" for column in draft.columns.values())
    unit: Unit = "steps" if in_steps else "epochs"
    parts = [squeezed(facts.parts[name].found.table, facts.grid) for name in PARTS]
    memo: dict[tuple[int, ...], Theory | None] = {}
    values: list[Any] = []
    together = joined((found.table, *parts), lambda *all_: all_, facts.grid)
    for index, whole in zip(facts.grid.points(together.axes), together.values, strict=True):
        if whole is None or not facts.kept(index):
            values.append(None)
            continue
        key = tuple(map(id, whole))
        if key not in memo:
            theory, dataset, architecture, terms, train = whole
            case = Case(dataset, architecture, terms, train, unit)
            memo[key] = reader.complete(theory, case, index)
        values.append(memo[key])
    return squeezed(Table(together.axes, tuple(values)), facts.grid)


def _differ(written: Any, said: Any) -> bool:
    if isinstance(written, int | float) and isinstance(said, int | float):
        return abs(written - said) > CLOSE * max(abs(written), abs(said))
    return bool(written != said)


def _spelled(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_spelled, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _depends(name: str, setting: Setting, what: str, why: str, facts: Facts) -> None:
    facts.problems.report(
        "DD607",
        f"theory `{name}` cannot depend on {what}",
        Label(setting.value.span, why),
        help=["let it depend on the axes that are not averaged over or tuned"],
    )


def _taken(name: str, variable: str, span: Span, facts: Facts) -> None:
    facts.problems.report(
        "DD516",
        f"theory `{name}` would record `{variable}`, which the result has already",
        Label(span, "another name is needed"),
        help=["give one of the two another name"],
    )
