"""`left_out`: the full composition less each of its regularizers."""

from __future__ import annotations

from ddspec.analysis.composition.changes import Table, change
from ddspec.analysis.composition.left_out import left_out
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.left_out import LeftOut

LOWER = ("lowers", "raises")


def find(evidence: Evidence, word: LeftOut) -> Finding:
    """What taking out each term changes, the largest first."""
    data = left_out(evidence.risk, word.of, word.over)
    table = Table(data, "change", "term", word.of)
    lines = [
        table.line(place, change(f"taking out {name}", word.of, table.overall(place)), LOWER)
        for place in table.largest()
        for name in [table.items()[place]]
    ]
    return Finding(f"{data.attrs['full']} less each term", data, (*lines, *table.notes()))
