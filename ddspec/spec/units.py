"""Units: names after a number, checked and never guessed."""

from __future__ import annotations

from ddspec.errors import Label, Span
from ddspec.language.tree import Identifier
from ddspec.spec.problems import label, listed
from ddspec.spec.scope import Scope
from ddspec.spec.spelling import replacement, similar

UNITS = ("samples", "epochs", "steps", "features", "parameters")
PLURAL = {unit.removesuffix("s"): unit for unit in UNITS}


def known_unit(unit: Identifier, scope: Scope) -> str:
    """The unit's name; of one there is not, reported, the one probably meant or none."""
    if unit.text in UNITS:
        return unit.text
    near = PLURAL.get(unit.text) or similar(unit.text, UNITS)
    scope.problems.report(
        "DD202",
        f"`{unit.text}` is not a unit",
        Label(unit.span, "no unit of this name"),
        help=[f"units are {listed(UNITS)}"],
        fix=replacement(unit.span, unit.text, near),
    )
    return near or ""


def clash(first: tuple[str, Span], second: tuple[str, Span], scope: Scope, doing: str) -> None:
    """Report two units that do not go together."""
    scope.problems.report(
        "DD202",
        f"{first[0]} and {second[0]} cannot be {doing}",
        Label(second[1], f"in {second[0]}"),
        also=[label(first[1], f"in {first[0]}")],
        help=["write both in the same unit; a plain number goes with any unit"],
    )
