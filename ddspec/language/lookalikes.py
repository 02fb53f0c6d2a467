"""A file → places that are read in another way than they look."""

from __future__ import annotations

from ddspec.errors import Diagnostic, Fix, Label
from ddspec.language import tree


def check_lookalikes(file: tree.File) -> tuple[Diagnostic, ...]:
    """Ranges that start at a logarithm, where a logarithmic range is likely meant (DD008)."""
    ranges = (node for node in tree.walk(file) if isinstance(node, tree.Range))
    calls = (each.low for each in ranges if isinstance(each.low, tree.Call))
    names = (call.callee for call in calls if isinstance(call.callee, tree.Name))
    return tuple(_logarithm(name) for name in names if name.text == "log")


def _logarithm(callee: tree.Name) -> Diagnostic:
    return Diagnostic(
        "DD008",
        "`log(` is the logarithm of one number",
        Label(callee.span, "the range would begin at a logarithm"),
        help=(
            "for equal ratios between the two ends write `log 1..256`, with a space after `log`",
            "for a range that begins at a logarithm write `(log(2))..5`",
        ),
        fix=Fix(callee.span, "log ", "make it a logarithmic range", safe=False),
    )
