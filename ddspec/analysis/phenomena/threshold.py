"""Where interpolation begins or ends: the smallest model, or the most samples, that is fitted."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import xarray as xr

from ddspec.analysis.curves import axis_name, risk_name, seed_curves
from ddspec.analysis.ends import averaged, ends
from ddspec.analysis.reduction import At
from ddspec.analysis.seeds import SEED
from ddspec.analysis.statistics.crossing import (
    BEFORE,
    BEYOND,
    CROSSING,
    INSIDE,
    UNKNOWN,
    crossing,
    direction_of,
)
from ddspec.errors import DdspecError

EPSILON: Final = 0.01
SIDES: Final = {
    "flag_values": np.asarray([BEFORE, INSIDE, BEYOND, UNKNOWN], np.int8),
    "flag_meanings": "below_the_axis on_the_axis above_the_axis unknown",
}


def interpolation_threshold(
    dataset: xr.Dataset, along: str = "width", epsilon: float = EPSILON
) -> xr.DataArray:
    """The value of a numeric axis at which the training set is just fitted.

    That is the smallest value that fits where larger values fit more easily (width), and the
    largest where they are harder to fit (samples, label noise): where the smallest value of the
    axis fits and the largest does not. Fitted means: the training error at the end of training,
    label noise included and averaged over replicates, is at most `epsilon`. Where only losses are
    recorded, the training loss is at most `epsilon` times its largest value along the axis. The
    result has the remaining design dimensions; NaN where no value of the axis fits.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1: the effective model
    complexity is the number of samples fitted to an error of at most epsilon (there 0.1), and the
    critical point is where it is the number of training samples.
    Raises DdspecError when the dataset has no such numeric axis.
    """
    if along not in dataset.dims or dataset[along].dtype.kind not in "if":
        raise DdspecError(f"the dataset has no numeric axis `{along}`")
    if "train_error" in dataset:
        risk = averaged(dataset, ends(dataset, "train_error"))
        fitted = risk <= epsilon
    else:
        risk = averaged(dataset, ends(dataset, "train_loss"))
        fitted = risk <= epsilon * risk.max(along)
    places = dataset[along].astype(np.float64).where(fitted)
    ends_at = dataset[along].sortby(along).dropna(along).values[[0, -1]]
    harder = fitted.sel({along: ends_at[0]}) & ~fitted.sel({along: ends_at[1]})
    found = xr.DataArray(places.min(along)).where(~harder, places.max(along))
    found = found.drop_vars(along, errors="ignore")
    found.attrs = {
        "long_name": f"interpolation threshold: {along} with {risk.name} <= {epsilon:g}",
        "units": dataset[along].attrs.get("units", "1"),
    }
    found.name = "interpolation_threshold"
    return found


def thresholds(
    dataset: xr.Dataset,
    along: str = "",
    epsilon: float = EPSILON,
    *,
    of: str = "",
    at: At | Literal["every"] = "end",
    level: float = 0.95,
) -> xr.Dataset:
    """Where training begins or ceases to interpolate, between axis values and with intervals.

    The mean over seeds of `of`, `train_error` by default and `train_loss` where there are no
    errors, is made monotone along the axis (falling or rising, whichever is nearer) and
    interpolated to where it is `epsilon`; of a loss, to `epsilon` times the largest mean. at: which
    reading of each run, see `reduced`; `"every"` keeps them all: the threshold as it moves with
    training. along: `width`, or the first numeric axis.

    `threshold` is NaN where it is off the axis, and `side` says on which side. `low` and `high`
    hold it with confidence `level` (see `crossing`), infinite where the axis ends first.
    `parameters_n` and `parameters_nk` are the places, on the axis, where as many parameters are
    trained as there are training samples, and as many as samples times outputs: what is predicted
    for networks of one output and of several. They are there where the dataset knows its
    `parameters`, `samples` (an axis, or the attribute `train_samples`) and attribute `outputs`.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1; Belkin et al., "Reconciling
    modern machine learning practice", 2019, section 2 (parameters = n, and n times classes).
    Raises DdspecError when the dataset has no such variable or numeric axis.
    """
    axis, name = axis_name(dataset, along), of or _fitted_by(dataset)
    curves = seed_curves(dataset, risk_name(dataset, name), axis, at)
    level_of, told = levels(curves, epsilon, name)
    places = curves[axis].values.astype(np.float64)
    outputs = xr.apply_ufunc(
        lambda curve, at_most: crossing(curve, places, at_most, direction_of(curve), level),
        curves.drop_vars(axis),
        level_of,
        input_core_dims=[[SEED, axis], []],
        output_core_dims=[[]] * len(CROSSING),
        vectorize=True,
    )
    found = xr.Dataset(dict(zip(CROSSING, outputs, strict=True)))
    found = found.rename(place="threshold").assign(predicted(dataset, axis))
    units = str(dataset[axis].attrs.get("units", "1"))
    for key, words in {
        "threshold": f"{axis} at which {told}",
        "low": "lower end of the threshold",
        "high": "upper end of the threshold",
        "first_tried": f"first {axis} with values",
        "last_tried": f"last {axis} with values",
        "tried_before": f"{axis} tried before the threshold",
        "tried_after": f"{axis} tried after the threshold",
    }.items():
        found[key].attrs = {"long_name": words, "units": units}
    return sided(found, name, axis, epsilon, level)


def sided(found: xr.Dataset, of: str, along: str, epsilon: float, level: float) -> xr.Dataset:
    """The dataset of a crossing with `side` as flags, and told how it was found."""
    about = {"long_name": "on which side of the axis it is", "units": "1", **SIDES}
    found["side"] = found.side.fillna(UNKNOWN).astype(np.int8).assign_attrs(about)
    found["seeds"].attrs = {"long_name": "seeds with values all along", "units": "1"}
    found.attrs = {
        "of": of,
        "along": along,
        "epsilon": epsilon,
        "level": level,
        "method": "isotonic fit of the mean over seeds, interpolated; t interval of the mean",
    }
    return found


def levels(
    curves: xr.DataArray, epsilon: float, of: str, scale: float | None = None
) -> tuple[xr.DataArray, str]:
    """The value at which each curve is fitted, over the design dimensions, and in words.

    Of an error `epsilon` itself; of a loss `epsilon` times `scale`, by default the largest mean.
    """
    largest = curves.mean(SEED).max(str(curves.dims[-1]))
    if of.endswith("error"):
        return xr.full_like(largest, epsilon), f"{of} <= {epsilon:g}"
    if scale is not None:
        return xr.full_like(largest, epsilon * scale), f"{of} <= {epsilon * scale:g}"
    return epsilon * largest, f"{of} <= {epsilon:g} of its largest"


def predicted(dataset: xr.Dataset, along: str) -> dict[str, xr.DataArray]:
    """Places on the axis where parameters are as many as samples, and samples times outputs."""
    samples = dataset.coords.get("samples", dataset.attrs.get("train_samples"))
    if "parameters" not in dataset.coords or samples is None:
        return {}
    found = {"parameters_n": _where_parameters(dataset, along, samples, 1)}
    outputs = int(dataset.attrs.get("outputs", 1))
    if outputs > 1:
        found["parameters_nk"] = _where_parameters(dataset, along, samples, outputs)
    for name, words in {"parameters_n": "samples", "parameters_nk": f"{outputs} x samples"}.items():
        if name in found:
            about = f"{along} with as many parameters as {words}"
            units = str(dataset[along].attrs.get("units", "1"))
            found[name].attrs = {"long_name": about, "units": units}
    return found


def _where_parameters(
    dataset: xr.Dataset, along: str, samples: xr.DataArray | int, each: int
) -> xr.DataArray:
    """The place where parameters = each x samples, interpolated on logarithmic axes; NaN off it."""
    low, high = dataset[along].min().item(), dataset[along].max().item()
    if along == "samples":
        place: xr.DataArray = (dataset.parameters / each).drop_vars("parameters", errors="ignore")
        return place.where((place >= low) & (place <= high))
    wanted = xr.DataArray(samples) * each
    known = dataset.parameters.drop_vars("parameters").sortby(along)
    if along not in known.dims:
        return xr.full_like(wanted, np.nan, dtype=np.float64)
    places = known[along].values.astype(np.float64)
    found: xr.DataArray = xr.apply_ufunc(
        lambda counts, count: _place(counts, places, count),
        known.drop_vars(along),
        wanted,
        input_core_dims=[[along], []],
        vectorize=True,
    )
    return found


def _place(counts: np.ndarray, places: np.ndarray, wanted: float) -> float:
    there = (counts > 0) & (places > 0)
    if not there.any():
        return np.nan
    x, y = np.log(counts[there]), np.log(places[there])
    return float(np.exp(np.interp(np.log(wanted), x, y, left=np.nan, right=np.nan)))


def _fitted_by(dataset: xr.Dataset) -> str:
    return "train_error" if "train_error" in dataset else "train_loss"
