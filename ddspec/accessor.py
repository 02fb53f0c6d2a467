"""`dataset.dd`: what ddspec finds in a dataset, as methods of it.

    risk = ddspec.open("runs/quickstart")
    risk.dd.monotone(along="width").verdict
    risk.dd.plot("model_wise")

`ddspec.open` and `ddspec.run` bring it along; for a dataset opened by xarray alone,
`import ddspec.accessor`. Each method is a function of `ddspec.analysis` with the dataset given, and
takes its other arguments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import xarray as xr

from ddspec.analysis.bands import band
from ddspec.analysis.composition.best import best_composition
from ddspec.analysis.composition.effects import effects
from ddspec.analysis.composition.shapley import shapley
from ddspec.analysis.ends import ends
from ddspec.analysis.laws.scaling import scaling_law
from ddspec.analysis.phenomena.complexity import effective_complexity
from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.analysis.phenomena.more_data import more_data_hurts
from ddspec.analysis.phenomena.peaks import peaks
from ddspec.analysis.phenomena.threshold import thresholds
from ddspec.analysis.reduction import reduced
from ddspec.analysis.tuning.envelope import envelope
from ddspec.analysis.tuning.sensitivity import sensitivity
from ddspec.analysis.tuning.tuning_needed import tuning_needed
from ddspec.figures.catalogue import drawer

P = ParamSpec("P")
R = TypeVar("R")


def _method(
    function: Callable[Concatenate[xr.Dataset, P], R],
) -> Callable[Concatenate[Found, P], R]:
    """A function of a dataset as a method of what holds one."""

    @functools.wraps(function)
    def method(self: Found, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(self.dataset, *args, **kwargs)

    return cast("Callable[Concatenate[Found, P], R]", method)


@xr.register_dataset_accessor("dd")  # type: ignore[no-untyped-call]
class Found:
    """What is found in a dataset of risk."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset

    end = _method(ends)
    reduced = _method(reduced)
    band = _method(band)
    threshold = _method(thresholds)
    complexity = _method(effective_complexity)
    peaks = _method(peaks)
    monotone = _method(monotone)
    more_data_hurts = _method(more_data_hurts)
    effects = _method(effects)
    shapley = _method(shapley)
    best = _method(best_composition)
    tuned = _method(envelope)
    sensitivity = _method(sensitivity)
    tuning_needed = _method(tuning_needed)
    scaling_law = _method(scaling_law)

    def plot(self, figure: str = "model_wise", **chosen: Any) -> Any:
        """Draw a figure of `ddspec.figures.catalogue` and give it; `ax` draws into given axes.

        Raises DdspecError for a figure that there is not, or that the dataset cannot show.
        """
        return drawer(figure)(self.dataset, **chosen)
