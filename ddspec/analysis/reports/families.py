"""`families`: model-dependent against data-dependent regularizers."""

from __future__ import annotations

from ddspec.analysis.composition.changes import Table, comparison, number
from ddspec.analysis.composition.families import families
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.families import Families

WORDS = {"none": "none", "model": "model-dependent terms", "data": "data-dependent terms",
         "model + data": "both together", "trajectory": "trajectory terms"}  # fmt: skip

SIDES = ("lower", "higher")


def find(evidence: Evidence, word: Families) -> Finding:
    """The families in pairs: by the best of each, then by their means."""
    data = families(evidence.risk, word.of, word.over, word.select)
    lines = []
    for kind in ("best", "mean"):
        table = Table(data, f"{kind}_difference", "pair", word.of)
        for place, pair in enumerate(table.items()):
            first, second = (f"the {kind} of {WORDS.get(n, n)}" for n in pair.split(" - "))
            told = comparison(first, second, word.of, table.overall(place))
            lines.append(table.line(place, told.replace(f"the {kind} of none", "none"), SIDES))
    for kind in ("best", "mean"):
        table = Table(data, kind, "family", word.of)
        values = [
            f"{name}: {number(table.overall(place).value, word.of)}"
            for place, name in enumerate(table.items())
        ]
        lines.append(f"{kind} {word.of}{table.unit()} of each family: {'; '.join(values)}")
    counts = ", ".join(
        f"{n} {name}" for n, name in zip(data.compositions.values, data.family.values, strict=True)
    )
    notes = Table(data, "best_difference", "pair", word.of).notes()
    said = f"compositions: {counts}; the best chosen {data.attrs['chosen']}"
    title = f"{word.of} by what the terms of {word.over} depend on"
    return Finding(title, data, (*lines, *notes, said))
