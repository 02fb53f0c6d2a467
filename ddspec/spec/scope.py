"""Names: what a name stands for where it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar

import attrs

from ddspec.errors import Span
from ddspec.language.tree import Attribute, Call, Expression, Identifier, Name, Statement
from ddspec.spec.problems import Problems
from ddspec.vocabulary.schema import Parameter

V = TypeVar("V")
UNNAMED = "="  # for a statement whose name nobody wrote
NAMELESS = re.compile(r"=|in\b|\w+\s*=")  # how such a statement begins: `dataset = mnist1d()`
Sort = Literal["number", "symbol", "composition"]
ColumnKind = Literal["design", "replicate", "tuned", "trajectory"]


@attrs.frozen(eq=False)
class Declaration:
    """A name a file introduces. `kind` is `let`, `experiment` or a kind of word.

    `value` is its expression, or the statements of its block. `home` has the names its free names
    are looked up in.
    """

    name: Identifier
    kind: str
    parameters: tuple[Identifier, ...]
    value: Expression | tuple[Statement, ...]
    home: Namespace
    span: Span
    amends: Name | Attribute | None = None


def _may_declare(unread: Iterable[str], name: str) -> bool:
    """A statement that mentions a name may declare it; one that lost its name, any."""
    return any(name in text or NAMELESS.match(text) for text in unread)


@attrs.define(eq=False)
class Namespace:
    """The names of one file. `unread` are the texts of statements nobody could read."""

    source: str
    declarations: dict[str, Declaration] = attrs.field(factory=dict)
    modules: dict[str, Namespace] = attrs.field(factory=dict)
    unread: list[str] = attrs.field(factory=list)

    def might_declare(self, name: str) -> bool:
        """True when a statement that could not be read may be the one that declares the name."""
        return _may_declare(self.unread, name)


@attrs.frozen(eq=False)
class Thunk:
    """An expression with the scope its names belong to: what a parameter or a let stands for."""

    value: Expression
    scope: Scope


@attrs.frozen(eq=False)
class Item:
    """One point of an axis: a number, or an expression read as what its reader needs."""

    span: Span
    number: Decimal | None = None
    thunk: Thunk | None = None
    fraction: bool = False  # written with a point or as a percentage


@attrs.define(eq=False)
class Column:
    """A named list of values along a dimension of the grid.

    `dimension` is its own name except for the later axes of a zip. A `conditional` column has one
    more level, the one of cells it does not exist in. `recipes` are the alternatives of an axis
    over compositions, known once every axis of the sweep is. `nodes`: its points as read, by sort.
    """

    name: str
    spelling: str
    dimension: str
    kind: ColumnKind
    sort: Sort
    span: Span
    domain: Thunk
    items: tuple[Item, ...] = ()
    unit: str = ""
    conditional: bool = False
    recipes: tuple[Any, ...] | None = None
    nodes: dict[str, tuple[Any, ...]] = attrs.field(factory=dict)
    criterion: str = ""
    across: tuple[str, ...] = ()
    halving: int = 0
    select_on: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Its points, the absent level not counted."""
        return len(self.items) if self.recipes is None else len(self.recipes)


@attrs.define(eq=False)
class Draft:
    """An experiment while it is being checked.

    `columns` by spelling, in sweep order; `lets` are its derived quantities; `read` the spellings
    of the columns something reads; `unread` the texts of statements nobody could read; `blind` is
    set when an unknown name may stand for any reading. `parameters` is the node of the number of
    trained parameters, once it is known; `samples` and `batch` are the largest training set and the
    minibatch, for messages about lengths.
    """

    name: str
    span: Span
    columns: dict[str, Column] = attrs.field(factory=dict)
    lets: dict[str, Declaration] = attrs.field(factory=dict)
    tuned: dict[object, Column] = attrs.field(factory=dict)
    read: set[str] = attrs.field(factory=set)
    unread: list[str] = attrs.field(factory=list)
    blind: bool = False
    parameters: Any = None
    samples: int | None = None
    batch: int | None = None

    def might_declare(self, name: str) -> bool:
        """True when a statement that could not be read may be the one that declares the name."""
        return _may_declare(self.unread, name)


class Resolve(Protocol):
    """Readers of each sort of expression, known to one another through the scope."""

    def number(self, expression: Expression, scope: Scope) -> Any:
        """A node for a number."""

    def condition(self, expression: Expression, scope: Scope) -> Any:
        """A node for a truth value."""

    def word(self, expression: Expression, kind: str, scope: Scope) -> Any:
        """A node for a word of a kind."""

    def recipes(self, expression: Expression, scope: Scope) -> Any:
        """The alternative compositions an expression of regularizers stands for."""

    def drawn(self, call: Call, scope: Scope) -> Any:
        """The points of `random(...)`."""

    def tuned(self, call: Call, scope: Scope) -> Any:
        """A node for `tune(...)`: the value of a new axis of candidates."""

    def block(self, declaration: Declaration, scope: Scope) -> None:
        """Read a block for its problems."""

    def argument(self, parameter: Parameter, expression: Expression, scope: Scope) -> Any:
        """A node for the value of a parameter."""


@attrs.frozen(eq=False)
class Scope:
    """Where an expression is read: its file's names, its parameters, the experiment's axes.

    `draft` is None for declarations read on their own: free names may then be axes of experiments
    elsewhere. `used` has the ids of the declarations that something read. `trail` are the
    declarations being entered, to catch one that needs itself. `purpose` is the argument being
    read (`l2_strength`). `memo` has what declarations came to, so that each is read once.
    """

    names: Namespace
    problems: Problems
    resolve: Resolve
    used: set[int]
    memo: dict[tuple[object, ...], Any] = attrs.field(factory=dict)
    draft: Draft | None = None
    parameters: Mapping[str, Thunk | None] = attrs.field(factory=dict)
    trail: tuple[Declaration, ...] = ()
    purpose: str = ""

    def find(self, name: str) -> Thunk | Declaration | Column | None:
        """What a bare name stands for: parameter, declaration, derived quantity, axis, in order."""
        if name in self.parameters:
            return self.parameters[name]
        declared = self.names.declarations.get(name)
        if declared is not None and declared.kind != "experiment":
            self.used.add(id(declared))
            return declared
        if self.draft is None:
            return None
        derived = self.draft.lets.get(name)
        return derived if derived is not None else self.draft.columns.get(name)

    def experiment(self, reference: Name | Attribute) -> Declaration | None:
        """The experiment of a name; experiments have names of their own."""
        space: Namespace | None = self.names
        name = reference.text if isinstance(reference, Name) else reference.name.text
        if isinstance(reference, Attribute):
            alias = reference.base.text if isinstance(reference.base, Name) else ""
            space = self.names.modules.get(alias)
        return None if space is None else space.declarations.get(name)

    def member(self, attribute: Attribute) -> Declaration | Column | None:
        """What `module.name` or the axis `seed.data` stands for."""
        if not isinstance(attribute.base, Name):
            return None
        module = self.names.modules.get(attribute.base.text)
        if module is not None:
            declared = module.declarations.get(attribute.name.text)
            if declared is not None:
                self.used.add(id(declared))
            return declared
        spelling = f"{attribute.base.text}.{attribute.name.text}"
        return None if self.draft is None else self.draft.columns.get(spelling)

    def look_up(self, reference: Name | Attribute) -> Thunk | Declaration | Column | None:
        """What a name or a dotted name stands for."""
        self.problems.count()
        return self.find(reference.text) if isinstance(reference, Name) else self.member(reference)

    def enter(
        self, declaration: Declaration, parameters: Mapping[str, Thunk | None] | None = None
    ) -> Scope:
        """The scope a declaration's value is read in."""
        return attrs.evolve(
            self,
            names=declaration.home,
            parameters={} if parameters is None else parameters,
            trail=(*self.trail, declaration),
        )

    def once(self, sort: str, declaration: Declaration, read: Callable[[], V]) -> V:
        """What a declaration without parameters comes to, read as `sort`, for this experiment."""
        known = self.draft is not None and self.draft.parameters is not None
        key = (sort, id(declaration), id(self.draft), known)
        if key not in self.memo:
            self.memo[key] = read()
        found: V = self.memo[key]
        return found

    def open_ended(self, name: str) -> bool:
        """True when an unknown name need not be a mistake: an axis elsewhere, a line unread."""
        if name in self.parameters or self.draft is None:
            return True
        return self.names.might_declare(name) or self.draft.might_declare(name)
