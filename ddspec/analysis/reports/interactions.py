"""`interactions`: whether regularizers do more, or less, in company."""

from __future__ import annotations

from ddspec.analysis.composition.changes import Table, change, corrected
from ddspec.analysis.composition.effects import effects
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.interactions import Interactions


def find(evidence: Evidence, word: Interactions) -> Finding:
    """The interactions of two to `order` terms, the largest first."""
    data = effects(
        evidence.risk, word.of, word.over, order=word.order, lowest=2, correct=word.correct
    )
    table = Table(data, "effect", "term", word.of)
    lines = [
        table.line(
            place, change(f"the interaction {table.items()[place]}", word.of, table.overall(place))
        )
        for place in table.largest()
    ]
    title = f"interactions of the terms of {word.over} in {word.of}, beyond what each does alone"
    return Finding(title, data, (*lines, *table.notes(), *corrected(data)))
