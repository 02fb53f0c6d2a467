"""Rules between the parts of a cell: sizes of datasets, needs of regularizers, fits of losses."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ddspec.spec.named import quantities
from ddspec.spec.parts import Part
from ddspec.spec.scope import Scope
from ddspec.spec.tables import Grid, Kept


@attrs.frozen(eq=False)
class Facts:
    """The parts of an experiment, and which points are kept."""

    parts: Mapping[str, Part]
    grid: Grid
    kept: Kept
    scope: Scope


def check_rules(facts: Facts) -> None:
    """Report what does not go together at points that are kept."""


def recorded(parts: Mapping[str, Part], measures: list[str]) -> list[str]:
    """The variables the experiment records."""
    datasets = [d for d in parts["dataset"].found.table.values if d is not None]
    classes = any(d.classes is not None for d in datasets) or not datasets
    validated = any(d.validation > 0 for d in datasets) or not datasets
    return quantities(measures, classes=classes, validated=validated)
