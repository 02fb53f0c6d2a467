"""Bodies of experiments: statements sorted by what they say, misplaced ones reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ddspec.errors import Label, Span
from ddspec.language.tree import (
    Axis,
    Block,
    Define,
    Edition,
    Expression,
    Filter,
    Hole,
    Let,
    Setting,
    Statement,
    When,
    Zip,
)
from ddspec.spec import calls, names
from ddspec.spec.calls import Callee
from ddspec.spec.problems import Problems, article, label, listed
from ddspec.spec.scope import Declaration, Namespace, Scope
from ddspec.spec.spelling import replacement, similar

SETTINGS = ("dataset", "architecture", "regularizer", "train")
BLOCKS = ("sweep", "measure", "report", "theory")


@attrs.frozen(eq=False)
class Lane:
    """Axes that run in step (one, unless they stand in a `zip`), under a `when` condition or not.

    `home` has the names of the file they are written in.
    """

    axes: tuple[Axis, ...]
    home: Namespace
    condition: Expression | None = None
    span: Span | None = None


@attrs.frozen(eq=False)
class Homed:
    """A statement with the names of its file."""

    statement: Setting | Let | Filter
    home: Namespace


@attrs.define(eq=False)
class Body:
    """What an experiment says, its own statements or its base's too."""

    settings: dict[str, Homed] = attrs.field(factory=dict)
    lanes: list[Lane] = attrs.field(factory=list)
    lets: dict[str, Homed] = attrs.field(factory=dict)
    filters: list[Homed] = attrs.field(factory=list)
    measures: dict[str, Homed] = attrs.field(factory=dict)
    reports: dict[str, Homed] = attrs.field(factory=dict)
    theories: dict[str, Homed] = attrs.field(factory=dict)
    unread: list[str] = attrs.field(factory=list)

    def named(self, kind: str) -> dict[str, Homed]:
        """The lines of a block of named words."""
        return {"measure": self.measures, "report": self.reports, "theory": self.theories}[kind]

    def amended(self, child: Body) -> Body:
        """The body with what a child says instead and besides."""
        return Body(
            {**self.settings, **child.settings},
            _amended_lanes(self.lanes, child.lanes),
            {**self.lets, **child.lets},
            [*self.filters, *child.filters],
            {**self.measures, **child.measures},
            {**self.reports, **child.reports},
            {**self.theories, **child.theories},
            [*self.unread, *child.unread],
        )


def _amended_lanes(base: list[Lane], child: list[Lane]) -> list[Lane]:
    """A child's single axis takes its namesake's place; other lanes of the child come last."""
    lanes = list(base)
    for lane in child:
        here = {axis.name.text for axis in lane.axes}
        if len(lane.axes) == 1 and lane.condition is None:
            swapped = [_swapped(old, lane) for old in lanes]
            if swapped != lanes:
                lanes = swapped
                continue
        lanes = [kept for old in lanes if (kept := _without(old, here)) is not None]
        lanes.append(lane)
    return lanes


def _swapped(old: Lane, lane: Lane) -> Lane:
    (new,) = lane.axes
    if new.name.text not in {axis.name.text for axis in old.axes}:
        return old
    if len(old.axes) == 1:
        return attrs.evolve(old, axes=lane.axes, home=lane.home)
    axes = tuple(new if axis.name.text == new.name.text else axis for axis in old.axes)
    return attrs.evolve(old, axes=axes)


def _without(old: Lane, names_gone: set[str]) -> Lane | None:
    axes = tuple(axis for axis in old.axes if axis.name.text not in names_gone)
    return attrs.evolve(old, axes=axes) if axes else None


# --- reading statements -----------------------------------------------------------------------


def read_body(declaration: Declaration, scope: Scope) -> Body:
    """The own statements of an experiment, by what they say."""
    assert isinstance(declaration.value, tuple)
    reader = _Reader(Body(), declaration.home, scope)
    blocks: dict[str, Block] = {}
    for statement in declaration.value:
        match statement:
            case Setting():
                reader.setting(statement)
            case Block(kind=kind) if kind.text in BLOCKS:
                reader.block(statement, kind.text, blocks)
            case Block(kind=kind) if kind.text not in (*SETTINGS, "experiment"):
                meant = reader.unknown_block(statement)
                if meant is not None:
                    reader.block(statement, meant, blocks)
            case Filter():
                reader.body.filters.append(Homed(statement, declaration.home))
            case Hole():
                reader.hole(statement)
            case _:
                reader.misplaced(statement)
    return reader.body


@attrs.frozen(eq=False)
class _Reader:
    body: Body
    home: Namespace
    scope: Scope

    @property
    def problems(self) -> Problems:
        return self.scope.problems

    def hole(self, statement: Hole) -> None:
        self.body.unread.append(self.problems.quote(statement.span))

    def setting(self, statement: Setting) -> None:
        name = statement.name.text
        if name not in SETTINGS:
            names.touch((statement.value,), self.scope)
            meant = self._unknown_setting(statement)
            if meant is not None:
                self.body.settings.setdefault(meant, Homed(statement, self.home))
        elif not self._twice(statement, self.body.settings):
            self.body.settings[name] = Homed(statement, self.home)

    def _unknown_setting(self, statement: Setting) -> str | None:
        """Report a setting there is none of; the one that was probably meant."""
        name = statement.name
        callee = Callee("experiment", "setting", name.span, explained=False)
        return calls.unknown_argument(name, callee, SETTINGS, self.scope)

    def _twice(self, statement: Setting, seen: dict[str, Homed]) -> bool:
        earlier = seen.get(statement.name.text)
        if earlier is None:
            return False
        assert isinstance(earlier.statement, Setting)
        self.problems.report(
            "DD110",
            f"`{statement.name.text}` is set twice",
            Label(statement.name.span, "set again here"),
            also=[label(earlier.statement.name.span, "first set here")],
            help=["keep one of the two; to compare them, make an axis of the values"],
        )
        return True

    def block(self, block: Block, kind: str, seen: dict[str, Block]) -> None:
        if kind in seen:
            self.problems.report(
                "DD110",
                f"this experiment has two `{kind}` blocks",
                Label(block.kind.span, "a second one"),
                also=[label(seen[kind].kind.span, "the first one")],
                help=["put the lines of both into one block"],
            )
        seen.setdefault(kind, block)
        if kind == "sweep":
            for statement in block.body:
                self._sweep(statement)
        else:
            for statement in block.body:
                self._named(statement, self.body.named(kind), kind)

    def _named(self, statement: Statement, named: dict[str, Homed], kind: str) -> None:
        if isinstance(statement, Setting):
            if not self._twice(statement, named):
                named[statement.name.text] = Homed(statement, self.home)
        elif isinstance(statement, Hole):
            self.hole(statement)
        else:
            advice = [f"a line of `{kind}` is `NAME: word(...)`"]
            self._refuse(statement, f"does not belong in `{kind}`", advice)

    def _sweep(self, statement: Statement) -> None:
        match statement:
            case Axis():
                self._lane((statement,), statement.span, None)
            case Zip(body=body):
                self._lane(self._axes(body, "zip"), statement.span, None)
            case When():
                self._when(statement)
            case Filter():
                self.body.filters.append(Homed(statement, self.home))
            case Let():
                self._let(statement)
            case Hole():
                self.hole(statement)
            case _:
                advice = ["a sweep has axes, `zip`, `when`, `let`, `where` and `except`"]
                self._refuse(statement, "does not belong in `sweep`", advice)

    def _let(self, statement: Let) -> None:
        name = statement.name.text
        earlier = self.body.lets.get(name)
        if earlier is None:
            self.body.lets[name] = Homed(statement, self.home)
            return
        assert isinstance(earlier.statement, Let)
        self.problems.report(
            "DD104",
            f"`{name}` is declared twice",
            Label(statement.name.span, "declared again here"),
            also=[label(earlier.statement.name.span, "first declared here")],
            help=["give one of them another name"],
        )

    def _when(self, statement: When) -> None:
        for inner in statement.body:
            match inner:
                case Axis():
                    self._lane((inner,), inner.span, statement.condition)
                case Zip(body=body):
                    self._lane(self._axes(body, "zip"), inner.span, statement.condition)
                case Hole():
                    self.hole(inner)
                case _:
                    self._refuse(inner, "does not belong in `when`", ["`when` has axes and `zip`"])

    def _axes(self, body: Iterable[Statement], inside: str) -> tuple[Axis, ...]:
        axes = []
        for statement in body:
            if isinstance(statement, Axis):
                axes.append(statement)
            elif isinstance(statement, Hole):
                self.hole(statement)
            else:
                advice = [f"`{inside}` has axes only: `NAME in DOMAIN`"]
                self._refuse(statement, f"does not belong in `{inside}`", advice)
        return tuple(axes)

    def _lane(self, axes: tuple[Axis, ...], span: Span, condition: Expression | None) -> None:
        if axes:
            self.body.lanes.append(Lane(axes, self.home, condition, span))

    def misplaced(self, statement: Statement) -> None:
        match statement:
            case Axis(name=name):
                advice = [f"put it into the sweep: `sweep {{ {name.text} in ... }}`"]
                self._refuse(statement, "belongs in `sweep`", advice)
                self._sweep(statement)
            case Zip() | When() | Let():
                self._refuse(statement, "belongs in `sweep`", ["move it into the `sweep` block"])
                self._sweep(statement)
            case Block() | Define():
                advice = ["declare it outside the experiment and name it here"]
                self._refuse(statement, "does not belong in an experiment", advice)
            case Edition():
                pass  # reported with the syntax
            case _:
                advice = ["move it to the beginning of the file"]
                self._refuse(statement, "does not belong in an experiment", advice)

    def unknown_block(self, block: Block) -> str | None:
        """Report a block there is none of; the one that was probably meant."""
        near = similar(block.kind.text, BLOCKS)
        self.problems.report(
            "DD103",
            f"unknown block `{block.kind.text}`",
            Label(block.kind.span, "no block of this name"),
            help=[f"an experiment has the blocks {listed(BLOCKS)}"],
            fix=replacement(block.kind.span, block.kind.text, near),
        )
        if near is None:
            self.body.unread.append(self.problems.quote(block.span))
        return near

    def _refuse(self, statement: Statement, why: str, advice: list[str]) -> None:
        if isinstance(statement, Block | Define):
            self.body.unread.append(self.problems.quote(statement.span))
        self.problems.report("DD109", f"{_named_statement(statement)} {why}",
                             Label(_head(statement), "misplaced"), help=advice)  # fmt: skip


def _named_statement(statement: Statement) -> str:
    kinds: dict[type, Callable[[], str]] = {
        Axis: lambda: "an axis",
        Zip: lambda: "`zip`",
        When: lambda: "`when`",
        Let: lambda: "`let`",
        Filter: lambda: "a filter",
        Setting: lambda: "a setting",
        Block: lambda: article(f"`{statement.kind.text}` block"),  # type: ignore[union-attr]
        Define: lambda: "a declaration",
    }
    return kinds.get(type(statement), lambda: "this statement")()


def _head(statement: Statement) -> Span:
    """The first word of a statement, or all of a short one."""
    if isinstance(statement, Block | Define):
        return statement.kind.span
    if isinstance(statement, Axis | Setting):
        return statement.name.span
    if isinstance(statement, Zip | When):
        width = len("zip") if isinstance(statement, Zip) else len("when")
        return attrs.evolve(statement.span, end=statement.span.start + width)
    return statement.span
