"""Points of an axis that are the same: told once, and counted once."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import attrs

from ddspec.errors import Fix, Label, Span
from ddspec.language.tree import Expression, Range
from ddspec.spec.decimals import plain
from ddspec.spec.scope import Item, Scope

TIMES = ("epochs", "steps")
POINTS, READINGS = 1 / 10, 1 / 3  # shares of merged points that are no surprise


def warn_repeated(found: list[Item], written: tuple[Expression, ...], scope: Scope) -> None:
    """Say which points of a set are in it twice; `written` are its parts."""
    ends = {part.span: earlier.span.end for earlier, part in pairwise(written)}
    first: dict[Decimal | None, Item] = {}
    for item in found:
        earlier = first.setdefault(item.number, item)
        if earlier is not item and item.number is not None:
            scope.problems.report(
                "DD511",
                f"{plain(item.number)} is in this set twice",
                Label(item.span, "the same point again"),
                also=[Label(earlier.span, "already here")],
                notes=["it counts once"],
                help=["remove one of the two"],
                fix=_removal(item.span, ends.get(item.span)),
                severity="warning",
            )


def _removal(span: Span, end: int | None) -> Fix | None:
    """The fix that takes a point out of its set, with the comma that stands at `end`."""
    return None if end is None else Fix(attrs.evolve(span, start=end), "", "remove it")


def warn_merged(items: list[Item], expression: Range, scope: Scope) -> None:
    """Say that a log range of whole numbers has fewer points than it asks for: by a tenth, or by a
    third where points are readings of one run and cost nothing.
    """
    seen: dict[Decimal | None, int] = {}
    for item in items:
        seen[item.number] = seen.get(item.number, 0) + 1
    repeated = [plain(v) for v, n in seen.items() if n > 1 and v is not None]
    most = READINGS if scope.purpose in TIMES else POINTS
    if len(items) - len(seen) <= most * len(items):  # small numbers of a log range always merge
        return
    text = scope.problems.quote(expression.span)
    more = " ..." if len(repeated) > 4 else ""  # noqa: PLR2004
    scope.problems.report(
        "DD511",
        f"`{text}` gives {len(seen)} different whole numbers",
        Label(expression.span, f"{len(items)} points are asked for"),
        notes=[f"{', '.join(repeated[:4])}{more} come up more than once after rounding"],
        help=["this is harmless; with fewer points none would coincide"],
        severity="warning",
    )
