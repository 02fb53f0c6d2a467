"""Conditions on axes to the cells of a plan that lie there: `width=8`, `reg=decay + drop`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from ddspec.plan.plan import Plan
from ddspec.spec.model import Coordinate

Conditions = Mapping[str, Sequence[str]]
NUMBER = re.compile(r"(?<!\w)\d[\d_]*(?:\.\d+)?(?:e-?\d+)?(?!\w)")
ABSENT = "absent"  # the label of a `when` axis where it does not exist


@attrs.frozen
class Placed:
    """A cell of a plan by number, the first of its places in the grid (row-major) that was asked
    for, and at how many of those it lies.
    """

    number: int
    point: int
    places: int


def coordinates_of(plan: Plan) -> dict[str, tuple[int, tuple[Coordinate, ...]]]:
    """What a condition can be on, by name: the place of an axis, and one label a point of it.

    Axes by spelling and by dimension, and the further coordinates along them.
    """
    found: dict[str, tuple[int, tuple[Coordinate, ...]]] = {}
    for place, axis in enumerate(plan.experiment.axes):
        named = {axis.spelling: axis.labels, axis.name: axis.labels, **axis.extras}
        for name, labels in named.items():
            found.setdefault(name, (place, labels))
    return found


def pick(plan: Plan, conditions: Conditions) -> tuple[Placed, ...]:
    """The cells at the points where each name in `conditions` has one of the texts given for it,
    in the order of the plan. Raises KeyError for a name that `coordinates_of` does not have.
    """
    known = coordinates_of(plan)
    kept = plan.index >= 0
    for name, texts in conditions.items():
        place, labels = known[name]
        right = np.array([any(_is(label, text) for text in texts) for label in labels], bool)
        kept &= right.reshape([-1 if at == place else 1 for at in range(kept.ndim)])
    points = np.flatnonzero(kept)
    numbers, first, counts = np.unique(
        plan.index.reshape(-1)[points], return_index=True, return_counts=True
    )
    found = zip(numbers.tolist(), points[first].tolist(), counts.tolist(), strict=True)
    return tuple(Placed(*each) for each in found)


def labels_at(plan: Plan, point: int) -> dict[str, Coordinate]:
    """The labels of a place in the grid, by the spelling of their axes."""
    places = np.unravel_index(point, plan.index.shape)
    pairs = zip(plan.experiment.axes, places, strict=True)
    return {axis.spelling: axis.labels[int(at)] for axis, at in pairs}


def shown(label: Coordinate) -> str:
    """A label as text, as conditions are written."""
    if label != label:  # noqa: PLR0124 - NaN marks where a `when` axis does not exist
        return ABSENT
    return f"{label:.12g}" if isinstance(label, float) else str(label)


def _is(label: Coordinate, text: str) -> bool:
    """Whether a label is what a condition says: numbers as numbers; terms in any order, and each
    also without its arguments.
    """
    if isinstance(label, bool):
        return str(label).lower() == text.strip().lower()
    if isinstance(label, str):
        return _terms(text) in (_terms(label), sorted(map(_bare, _terms(label))))
    number = _number(text)
    if number is None:
        return shown(label) == text.strip()
    return bool(np.isclose(float(label), number, rtol=1e-6, atol=0))


def _terms(text: str) -> list[str]:
    plain = NUMBER.sub(lambda found: f"{float(found[0].replace('_', '')):.12g}", text)
    return sorted("".join(term.split()) for term in plain.split("+"))


def _bare(term: str) -> str:
    return term.partition("(")[0]


def _number(text: str) -> float | None:
    """`1_000`, `15%` and `1e-4` as numbers; None for other texts."""
    plain = text.strip().replace("_", "")
    try:
        return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
    except ValueError:
        return None
