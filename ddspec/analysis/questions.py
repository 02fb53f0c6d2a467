"""The questions that every dataset is asked, whether its spec has a `report` block or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import xarray as xr

from ddspec.analysis.ends import replicates, trajectory
from ddspec.analysis.evidence import Evidence
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Report

NONE: Final[Mapping[str, Report]] = {}
FEWEST: Final = 3  # values of an axis along which risk can rise after it fell
SEVERAL: Final = ("shapley", "families", "best_composition")  # of what has several terms
TERMS: Final = "terms"  # the coordinate of a composition axis


def questions(evidence: Evidence, own: Mapping[str, Report] = NONE) -> dict[str, Report]:
    """Report words with their defaults, by name, as far as the dataset has what they read.

    Is risk monotone along width, samples and the other numeric axes; where does it peak and where
    does training interpolate; what does each regularizer contribute; is tuning needed? What a
    spec's `own` reports ask, perhaps with other numbers, is not asked again.
    """
    risk = evidence.risk
    of = "test_error" if "test_error" in risk else "test_loss"
    if of not in risk:
        return {}
    asked = {_subject(word) for word in own.values()}
    return {n: word for n, word in _asked(evidence, of) if _subject(word) not in asked}


def numeric_axes(dataset: xr.Dataset) -> list[str]:
    """The design axes with enough numbers to speak of a curve, width and samples first."""
    other = {*replicates(dataset), trajectory(dataset)}
    found = [
        str(name)
        for name in dataset.dims
        if name not in other
        and name in dataset.coords
        and dataset[name].dtype.kind in "if"
        and dataset.sizes[name] >= FEWEST
    ]
    return sorted(found, key=lambda name: (name != "width", name != "samples"))


def composition_axis(dataset: xr.Dataset) -> str | None:
    """The axis of compositions of regularizers, when there are several."""
    if TERMS not in dataset.coords or not dataset[TERMS].dims:
        return None
    (name,) = map(str, dataset[TERMS].dims)
    return name if dataset.sizes[name] > 1 else None


def _asked(evidence: Evidence, of: str) -> Iterator[tuple[str, Report]]:
    axes, over = numeric_axes(evidence.risk), composition_axis(evidence.risk)
    for along in axes:
        yield f"monotone_{along}", _word("monotone", of=of, along=along)
    if axes:
        yield "peaks", _word("peaks", of=of, along=axes[0])
        yield "threshold", _word("threshold", along=axes[0])
    if "samples" in axes:
        yield "effective_complexity", _word("effective_complexity", along="samples")
        yield "more_data_hurts", _word("more_data_hurts", of=of, along="samples")
    if evidence.candidates is not None and over is not None:
        for along in axes[:2]:
            yield f"tuning_needed_{along}", _word("tuning_needed", of=of, along=along, over=over)
    if over is not None:
        composed = int(evidence.risk[TERMS].max()) > 1
        for name in ("main_effects", *(SEVERAL if composed else ())):
            yield name, _word(name, of=of, over=over)


def _subject(word: Report) -> tuple[str, ...]:
    """What a report asks, whatever its numbers are."""
    return (word.name(), *(getattr(word, name, "") for name in ("of", "along", "over")))


def _word(name: str, **arguments: Any) -> Report:
    word = registry.find("report", name)
    assert word is not None
    assert issubclass(word, Report)
    return word(**arguments)
