"""`main_effects`: what each regularizer does on average over its company."""

from __future__ import annotations

from ddspec.analysis.composition.changes import Table, change, corrected
from ddspec.analysis.composition.effects import effects
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.main_effects import MainEffects


def find(evidence: Evidence, word: MainEffects) -> Finding:
    """The main effect of every term, the largest first, and along the design axes."""
    data = effects(evidence.risk, word.of, word.over, order=1, correct=word.correct)
    table = Table(data, "effect", "term", word.of)
    places = table.largest()
    lines = [table.line(place, change(table.items()[place], word.of, table.overall(place)))
             for place in places]  # fmt: skip
    along = [line for place in places for line in table.by_axis(place, table.items()[place])]
    title = f"main effects of the terms of {word.over} on {word.of}"
    return Finding(title, data, (*lines, *along, *table.notes(), *corrected(data)))
