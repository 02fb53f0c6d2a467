"""`best_composition`: whether composing beats the best single regularizer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.composition.best import COMPOSITION, NONE, SINGLE, best_composition
from ddspec.analysis.composition.changes import Table, comparison
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.best_composition import BestComposition

WORDS: Final = {
    COMPOSITION: "the best composition of two or more terms",
    SINGLE: "the best single term",
    NONE: "none",
}

SIDES: Final = ("lower", "higher")


def find(evidence: Evidence, word: BestComposition) -> Finding:
    """The differences between the best composition, the best single term and none."""
    data = best_composition(evidence.risk, word.of, word.over, word.select)
    table = Table(data, "difference", "pair", word.of)
    lines: list[str] = []
    along: list[str] = []
    for place, pair in enumerate(table.items()):
        first, second = (WORDS[name] for name in pair.split(" - "))
        told = comparison(first, second, word.of, table.overall(place))
        lines.append(table.line(place, told, SIDES))
        along += table.by_axis(place, pair)
    said = f"chosen {data.attrs['chosen']}, at each design point"
    title = f"does composing terms of {word.over} beat single ones in {word.of}?"
    return Finding(title, data, (*lines, *_often(data), *along, *table.notes(), said))


def _often(data: xr.Dataset) -> Iterator[str]:
    """What all seeds together choose, and at how many points."""
    for kind in (COMPOSITION, SINGLE):
        if kind not in data.kind:
            continue
        at = data.sel(kind=kind)
        labels = [label for label in np.ravel(at.choice.values).tolist() if label]
        if not labels:
            continue
        counts = ", ".join(f"{label} ({n})" for label, n in Counter(labels).most_common(5))
        many = f", and at how many of {len(labels)} points: {counts}"
        agreed = f"{100 * float(at.agreement.mean()):.0f} %"
        yield (
            f"{WORDS[kind]}{many if at.choice.size > 1 else f': {labels[0]}'}; "
            f"{agreed} of seeds, left out, are given the same"
        )
