"""Checks of axes: their names, the order of their points, and which cannot stand together."""

from __future__ import annotations

from decimal import Decimal

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.tree import Axis, Braces, Expression, Number, Quantity
from ddspec.spec import decimals
from ddspec.spec.decimals import plain
from ddspec.spec.problems import article, label, listed
from ddspec.spec.scope import Column, Scope
from ddspec.spec.slots import LARGEST_WHOLE, LONGEST
from ddspec.spec.spelling import replacement, similar

SEEDS: dict[str, tuple[str, ...]] = {
    "seed": ("data", "init", "order"),
    "seed.data": ("data",),
    "seed.init": ("init",),
    "seed.order": ("order",),
}
TIMES = ("epochs", "steps")
RECORDED = (
    *(f"{split}_{risk}" for split in ("train", "test", "validation") for risk in ("loss", "error")),
    *("status", "parameters", "seconds", "stop_epoch"),
)


def twice(axis: Axis, earlier: Column, scope: Scope) -> None:
    """Report an axis that is declared a second time."""
    name = axis.name.text
    quote = scope.problems.quote
    first, second = earlier.domain.value, axis.domain
    union = _union(first, second, scope) or f"{quote(first.span)} | {quote(second.span)}"
    scope.problems.report(
        "DD503",
        f"axis `{name}` is declared twice",
        Label(axis.name.span, "declared again here"),
        also=[label(earlier.span, "first declared here")],
        notes=[f"as written the sweep would be a product of `{name}` with itself"],
        help=[
            f"for the union of both domains write `{name} in {union}`",
            "for two separate curves make a second `experiment ... amends ...`",
        ],
    )


def _union(first: Expression, second: Expression, scope: Scope) -> str | None:
    """Two sets of numbers as one, where both are written in one unit or none."""
    unit = ""
    texts: dict[Decimal, str] = {}
    for domain in (first, second):
        inner = domain
        if isinstance(domain, Quantity):
            inner, unit = domain.value, f" {domain.unit.text}"
        if not isinstance(inner, Braces):
            return None
        for item in inner.items:
            if not isinstance(item, Number) or "e" in item.text.lower():
                return None
            texts[decimals.read(item.text)] = scope.problems.quote(item.span)
    return f"{{{', '.join(texts[number] for number in sorted(texts))}}}{unit}"


def nameable(axis: Axis, scope: Scope) -> bool:
    """False, reported, when no axis can have this name."""
    name = axis.name
    if "." in name.text and name.text not in SEEDS:
        near = similar(name.text, SEEDS)
        scope.problems.report(
            "DD509",
            f"`{name.text}` is no axis",
            Label(name.span, "only `seed` has parts"),
            help=[f"the parts of `seed` are {listed(list(SEEDS)[1:])}"],
            fix=replacement(name.span, name.text, near),
        )
        return False
    if name.text in RECORDED:
        _taken(name.text, name.span, "axis", scope)
    declared = scope.names.declarations.get(name.text)
    if declared is None:
        return True
    scope.problems.report(
        "DD104",
        f"`{name.text}` is an axis here and {article(declared.kind)} of the file",
        Label(name.span, "an axis of the same name"),
        also=[label(declared.name.span, "declared here")],
        help=["give one of them another name: the declaration would hide the axis"],
    )
    return False


def _taken(name: str, span: Span, what: str, scope: Scope) -> None:
    scope.problems.report(
        "DD516",
        f"`{name}` is a variable of every result",
        Label(span, f"cannot be the name of an {what}" if what == "axis" else "already recorded"),
        help=["choose another name"],
    )


def taken(name: str, span: Span, what: str, scope: Scope) -> bool:
    """True, reported, when the result has a variable of this name already."""
    if name in RECORDED:
        _taken(name, span, what, scope)
    return name in RECORDED


def check_numbers(column: Column, scope: Scope) -> None:
    """Report points that seeds, epochs and steps cannot have."""
    name = column.spelling
    if name in SEEDS or name in TIMES:
        for item in column.items:
            assert item.number is not None
            if not decimals.is_whole(item.number) or item.number < 0:
                text = plain(item.number)
                code = "DD203" if item.number >= 0 else "DD302"
                scope.problems.report(
                    code,
                    f"`{name}` cannot be {text}",
                    Label(item.span, "must be a whole number, 0 or more"),
                    help=[f"write whole numbers: `{name} in 0..<5`"],
                )
                column.items = ()
                return
        _refuse_large(column, LONGEST if name in TIMES else LARGEST_WHOLE, scope)
    if name in TIMES and column.unit not in ("", name):
        scope.problems.report(
            "DD202",
            f"the `{name}` axis is not measured in {column.unit}",
            Label(column.domain.value.span, f"in {column.unit}"),
            help=[f"write the points without a unit, or name the axis `{column.unit}`"],
        )
    if column.kind == "trajectory":
        _check_order(column, scope)


def _refuse_large(column: Column, largest: Decimal, scope: Scope) -> None:
    """Report a seed or a time that no machine's numbers hold."""
    beyond = next((item for item in column.items if (item.number or 0) > largest), None)
    if beyond is not None and beyond.number is not None:
        scope.problems.report(
            "DD302",
            f"`{column.spelling}` cannot be {plain(beyond.number)}",
            Label(beyond.span, "larger than a number can be"),
            help=[f"it is at most {int(largest)}"],
        )
        column.items = ()


def _check_order(column: Column, scope: Scope) -> None:
    pairs = zip(column.items, column.items[1:], strict=False)
    wrong = next(((a, b) for a, b in pairs if (a.number or 0) >= (b.number or 0)), None)
    if wrong is None:
        return
    before, after = wrong
    quote = scope.problems.quote
    scope.problems.add(
        Diagnostic(
            "DD504",
            f"the `{column.spelling}` axis must increase",
            Label(after.span, f"comes after {quote(before.span)}"),
            (label(before.span),),
            (
                (
                    f"`{column.spelling}` is read off one training run as it passes each point, so "
                    "the points are visited in order"
                ),
            ),
            fix=_sorted_points(column, scope),
        )
    )


def _sorted_points(column: Column, scope: Scope) -> Fix | None:
    domain = column.domain.value
    span = domain.value.span if isinstance(domain, Quantity) else domain.span
    items = sorted(column.items, key=lambda item: item.number or 0)
    texts = [scope.problems.quote(item.span) for item in items]
    if not isinstance(domain, Braces | Quantity) or any(".." in text for text in texts):
        return None
    return Fix(span, f"{{{', '.join(texts)}}}", "sort the points")


def check_seeds(scope: Scope) -> None:
    """Report seeds that are set twice."""
    assert scope.draft is not None
    columns = scope.draft.columns
    parts = [columns[name] for name in list(SEEDS)[1:] if name in columns]
    if "seed" in columns and parts:
        scope.problems.report(
            "DD509",
            f"`seed` and `{parts[0].spelling}` set the same random stream",
            Label(parts[0].span, "sets it again"),
            also=[label(columns["seed"].span, "sets data, init and order together")],
            help=[
                (
                    "keep `seed` to repeat everything, or write `seed.data`, `seed.init` and "
                    "`seed.order` to vary them apart"
                )
            ],
        )


def check_times(scope: Scope) -> None:
    """Report training time on two axes."""
    assert scope.draft is not None
    found = [scope.draft.columns[name] for name in TIMES if name in scope.draft.columns]
    if len(found) == len(TIMES):
        scope.problems.report(
            "DD517",
            "training time has two axes",
            Label(found[1].span, "counts the same time in steps"),
            also=[label(found[0].span, "counts it in epochs")],
            help=["keep one of the two"],
        )
