"""Runs that differ in their seed to how often they disagree, beside how often they err."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.ends import averaged, ends
from ddspec.analysis.laws.aligned import ADVICE, Said, aligned
from ddspec.analysis.laws.recorded import argument, recorded
from ddspec.analysis.statistics.jackknife import left_out
from ddspec.errors import DdspecError

LEVEL: Final = 0.95
TITLES: Final = {
    "disagreement": "disagreement of two runs, mean over pairs",
    "risk": "risk of the runs on the same samples",
    "difference": "disagreement less risk",
}


def disagreement_estimate(dataset: xr.Dataset, *, level: float = LEVEL) -> xr.Dataset:
    """The test error as the disagreement of replicates tells it, beside the real one.

    Over the design dimensions, at the end of training. `disagreement`: of classes, the share of
    samples on which two runs choose differently, mean over pairs; of real outputs, E (f - f')^2 =
    2 Var f. `risk`: the error, or mean squared error, of the same runs on the same samples;
    `difference`: disagreement less risk. Each with `_low` and `_high` at `level`, Student's t times
    the jackknife standard error over runs (training sets, where replicates are split), for these
    samples; NaN with two runs. `runs`: how many.

    Needs what `predictions` and `targets` record; without them the measure `disagreement` and the
    whole test set's error are set side by side, without intervals.

    disagreement = 1 - E sum_k v_k^2 and error = 1 - E v_y, v the shares of runs that vote for each
    class: they are equal exactly when E sum_k v_k (1[y = k] - v_k) = 0, which class-aggregated
    calibration of the vote gives. Nothing recorded without labels can tell whether it holds.

    Source: Nakkiran & Bansal, "Distributional generalization", 2020; Jiang et al., "Assessing
    generalization of SGD via disagreement", 2022, theorem 4.2; Kirsch & Gal 2022.
    Raises DdspecError when neither is recorded, or there is one replicate.
    """
    if not (recorded(dataset, "predictions") and recorded(dataset, "targets")):
        return _measured(dataset)
    said = aligned(dataset)
    found = _estimated(said, level)
    found.attrs = {
        "method": f"pairs of runs; jackknife over {said.unit}, Student's t",
        "kind": "classes" if said.of_classes else "real",
        "samples": int(said.predicted.shape[-2]),
        "level": level,
    }
    return found


def _estimated(said: Said, level: float) -> xr.Dataset:
    found = {f"{name}{end}": np.full(said.shape, np.nan)
             for name in TITLES for end in ("", "_low", "_high")}  # fmt: skip
    statistic = _of_classes if said.of_classes else _of_reals
    for where, there in said.points():
        told_by = partial(statistic, wanted=said.wanted[where])
        told = left_out(told_by, said.runs(where, there), level)
        for name, bounds in zip(TITLES, told.T, strict=True):
            for end, number in zip(("", "_low", "_high"), bounds, strict=True):
                found[f"{name}{end}"][where] = number
    data = {name: (said.dims, values, _about(name)) for name, values in found.items()}
    return said.design.assign({**data, "runs": said.counted()})


def _of_classes(runs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Disagreement, error and their difference of (runs, samples, classes)."""
    chosen, count = runs.argmax(axis=-1), len(runs)
    votes = (chosen[..., None] == np.arange(runs.shape[-1])).mean(axis=0)
    alike = np.square(votes).sum(axis=-1).mean()
    apart = (1 - alike) * count / max(count - 1, 1)
    error = (chosen != wanted.argmax(axis=-1)).mean()
    return np.array([apart, error, apart - error])


def _of_reals(runs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    apart = 2 * runs.var(axis=0, ddof=1).mean()
    risk = np.square(runs - wanted).mean()
    return np.array([apart, risk, apart - risk])


def _measured(dataset: xr.Dataset) -> xr.Dataset:
    names = recorded(dataset, "disagreement")
    if not names or "test_error" not in dataset:
        raise DdspecError(
            "the dataset has no predictions whose disagreement could be counted",
            *ADVICE[:1],
            "or, of classes, `differ: disagreement()`, which gives no interval",
        )
    if (argument(dataset, names[0], "of") or "test") != "test":
        raise DdspecError(f"`{names[0]}` is not of test samples", "record `disagreement(of: test)`")
    apart, risk = ends(dataset, names[0]), averaged(dataset, ends(dataset, "test_error"))
    apart = averaged(dataset, apart)
    found = xr.Dataset({"disagreement": apart, "risk": risk, "difference": apart - risk})
    for name in found.data_vars:
        found[name].attrs = _about(str(name))
    along = argument(dataset, names[0], "along") or "seed"
    found.attrs = {"method": f"the measure disagreement along {along}", "kind": "classes"}
    return found


def _about(name: str) -> dict[str, str]:
    for end, bound in (("_low", "lower"), ("_high", "upper")):
        if name.endswith(end):
            return {"long_name": f"{bound} bound: {TITLES[name.removesuffix(end)]}", "units": "1"}
    return {"long_name": TITLES[name], "units": "1"}
