"""`returns`: what one regularizer more brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ddspec.analysis.composition.changes import Amount, Table, comparison, number
from ddspec.analysis.composition.returns import returns
from ddspec.analysis.evidence import Evidence, Finding
from ddspec.vocabulary.reports.returns import Returns

SIDES = ("lower", "higher")


def find(evidence: Evidence, word: Returns) -> Finding:
    """Where more terms stop paying, and what each brings: to the best that many, to their mean."""
    data = returns(evidence.risk, word.of, word.over, word.select)
    gains = [kind for kind in ("best", "mean") if kind in data]
    lines = [
        line for kind in gains for line in _lines(Table(data, f"{kind}_gain", "added", word.of))
    ]
    levels = [_levels(Table(data, kind, "terms", word.of)) for kind in gains]
    table = Table(data, "best_gain", "added", word.of)
    stop = _stop([table.overall(place) for place in range(len(table.items()))], table.items())
    said = f"chosen {data.attrs['chosen']}; means {data.attrs['means']}"
    title = f"{word.of} against the number of terms of {word.over}"
    return Finding(title, data, (*stop, *lines, *levels, *table.notes(), said))


def _lines(table: Table) -> Iterator[str]:
    kind = table.name.removesuffix("_gain")
    fewer = table.data.terms.values
    for place, name in enumerate(table.items()):
        first, second = f"the {kind} of {_terms(name)}", f"the {kind} of {_terms(fewer[place])}"
        yield table.line(place, comparison(first, second, table.of, table.overall(place)), SIDES)


def _levels(table: Table) -> str:
    told = [
        f"{_terms(name)}: {number(table.overall(place).value, table.of)}"
        for place, name in enumerate(table.items())
    ]
    return f"{table.name} {table.of}{table.unit()} with {'; '.join(told)}"


def _stop(gains: Sequence[Amount], counts: Sequence[str]) -> Iterator[str]:
    """The number of terms up to which every one more clearly lowers the risk of the best."""
    if not all(each.told for each in gains):
        return
    paid = next((n for n, each in enumerate(gains) if each.way >= 0), len(gains))
    if paid == len(gains):
        yield f"on average the best gains with every term more, up to {_terms(counts[-1])}"
    elif paid == 0:
        yield "on average the best does not clearly gain with the first term more"
    else:
        yield (
            f"on average the best gains with every term more up to {_terms(counts[paid - 1])}, "
            "and does not clearly gain with the next"
        )


def _terms(count: object) -> str:
    return "no term" if str(count) == "0" else f"{count} term{'' if str(count) == '1' else 's'}"
