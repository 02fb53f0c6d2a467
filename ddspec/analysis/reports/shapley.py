"""`shapley`: the change of risk by all regularizers, shared out among them."""

from __future__ import annotations

from ddspec.analysis.composition.changes import Table, change
from ddspec.analysis.composition.shapley import shapley
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.shapley import Shapley


def find(evidence: Evidence, word: Shapley) -> Finding:
    """The Shapley value of every term, the largest first."""
    data = shapley(evidence.risk, word.of, word.over)
    table = Table(data, "shapley", "term", word.of)
    lines = [
        table.line(place, change(f"the share of {name}", word.of, table.overall(place)))
        for place in table.largest()
        for name in [table.items()[place]]
    ]
    title = f"Shapley values of the terms of {word.over} in {word.of}"
    return Finding(title, data, (*lines, *table.notes()))
