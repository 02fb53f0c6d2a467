"""The syntax tree: one frozen class per shape of the grammar, places outside equality."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, dataclass_transform

import attrs

from ddspec.errors import Span

T = TypeVar("T")
NOWHERE = Span("", 0, 0)


def place() -> Span:
    """The span of a node: kept for messages, ignored by `==` and `repr`."""
    return attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field, place))
def node(cls: type[T]) -> type[T]:
    """A frozen, slotted node."""
    decorate: Callable[[type[T]], type[T]] = attrs.frozen(slots=True)
    return decorate(cls)


@node
class Identifier:
    """A name where it is introduced or used as a key."""

    text: str
    span: Span = place()


# --- expressions -----------------------------------------------------------------------------


@node
class Number:
    """A number as written (`1_000`, `1e-4`): the text is kept so that it prints back."""

    text: str
    span: Span = place()


@node
class Percent:
    """`15%`; `text` is the number before the sign."""

    text: str
    span: Span = place()


@node
class String:
    """`"..."`; `value` is the text between the quotes, escapes as written."""

    value: str
    span: Span = place()


@node
class Name:
    """A name that is read: an axis, a declaration, a word or a choice."""

    text: str
    span: Span = place()


@node
class Quantity:
    """A number, set or group followed by a unit: `500 epochs`, `{1_000, 4_000} samples`."""

    value: Expression
    unit: Identifier
    span: Span = place()


@node
class Listing:
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span = place()


@node
class Braces:
    """`{a, b}`: a set."""

    items: tuple[Expression, ...]
    span: Span = place()


@node
class Group:
    """`(a)`: kept, so that spans and printing are exact."""

    inner: Expression
    span: Span = place()


@node
class Keyword:
    """`name: value` inside a call."""

    name: Identifier
    value: Expression
    span: Span = place()


@node
class Call:
    """`callee(a, b, name: c)`; positional arguments may not follow named ones (checked later)."""

    callee: Expression
    arguments: tuple[Expression | Keyword, ...]
    span: Span = place()


@node
class Attribute:
    """`base.name`."""

    base: Expression
    name: Identifier
    span: Span = place()


@node
class Maybe:
    """`a?`: with or without."""

    inner: Expression
    span: Span = place()


@node
class With:
    """`base with { key: value ... }`."""

    base: Expression
    body: tuple[Statement, ...]
    span: Span = place()


@node
class Unary:
    """`-a` or `not a`."""

    operator: str
    operand: Expression
    span: Span = place()


@node
class Binary:
    """`+ - * / ^`, comparisons, `has`, `is`."""

    operator: str
    left: Expression
    right: Expression
    span: Span = place()


@node
class Chain:
    """Two or more operands of one of `|`, `and`, `or`."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span = place()


@node
class Range:
    """`a..b`, `a..<b`, `a..b by s`, `a..b points k`, each also after `log`."""

    low: Expression
    operator: str
    high: Expression
    by: Expression | None
    points: Expression | None
    log: bool
    span: Span = place()


@node
class Conditional:
    """`if a then b else c`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span = place()


Expression = (
    Number
    | Percent
    | String
    | Name
    | Quantity
    | Listing
    | Braces
    | Group
    | Call
    | Attribute
    | Maybe
    | With
    | Unary
    | Binary
    | Chain
    | Range
    | Conditional
)

# --- statements ------------------------------------------------------------------------------


@node
class Edition:
    """`dd 1`."""

    number: Number
    span: Span = place()


@node
class Use:
    """`use "path.dd" [as name] [sha256:...]`; `digest` is the hexadecimal part of the pin."""

    path: String
    alias: Identifier | None
    digest: str | None
    span: Span = place()


@node
class Let:
    """`let name = value`."""

    name: Identifier
    value: Expression
    span: Span = place()


@node
class Define:
    """`kind name(parameters) = value`."""

    kind: Identifier
    name: Identifier
    parameters: tuple[Identifier, ...]
    value: Expression
    span: Span = place()


@node
class Block:
    """`kind name(parameters) amends base { body }`; `name`, `amends` may be missing."""

    kind: Identifier
    name: Identifier | None
    parameters: tuple[Identifier, ...]
    amends: Name | Attribute | None
    body: tuple[Statement, ...]
    span: Span = place()


@node
class Setting:
    """`name: value`."""

    name: Identifier
    value: Expression
    span: Span = place()


@node
class Axis:
    """`name in domain`; a split replicate axis is written `seed.data in domain`."""

    name: Identifier
    domain: Expression
    span: Span = place()


@node
class Zip:
    """`zip { axes }`: paired axes."""

    body: tuple[Statement, ...]
    span: Span = place()


@node
class When:
    """`when condition { axes }`: axes that exist only where the condition holds."""

    condition: Expression
    body: tuple[Statement, ...]
    span: Span = place()


@node
class Filter:
    """`where condition` (keep = True) or `except condition` (keep = False)."""

    keep: bool
    condition: Expression
    span: Span = place()


@node
class Hole:
    """Where a statement could not be read: `names` occur in it, it may declare one of them."""

    span: Span = place()
    names: tuple[str, ...] = ()


Statement = Edition | Use | Let | Define | Block | Setting | Axis | Zip | When | Filter | Hole


@node
class File:
    """A whole source text."""

    statements: tuple[Statement, ...]
    span: Span = place()


Node = Expression | Statement | File | Identifier | Keyword


def walk(root: object) -> Iterator[object]:
    """Every node below and including `root`, parents first."""
    if isinstance(root, tuple):
        for item in root:
            yield from walk(item)
    elif attrs.has(type(root)) and not isinstance(root, Span):
        yield root
        for field in attrs.fields(type(root)):  # type: ignore[arg-type]
            if field.name != "span":
                yield from walk(getattr(root, field.name))
