"""Recorded predictions to bias, variance and noise over training sets."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr
from scipy.stats import t as student

from ddspec.analysis.ends import ends, replicates
from ddspec.analysis.laws.aligned import ADVICE, Said, aligned
from ddspec.analysis.laws.decompositions import LOSSES, jackknifed
from ddspec.analysis.laws.recorded import argument, recorded
from ddspec.errors import DdspecError

LEVEL: Final = 0.95
PARTS: Final = {
    "risk": "risk: its mean over training runs",
    "bias": "bias: what remains of the risk when runs are averaged",
    "variance": "variance: how much runs differ",
    "noise": "noise of the targets, as given",
    "variance_unbiased": "variance where the main prediction is right",
    "variance_biased": "variance where the main prediction is wrong, which lowers the risk",
    "variance_together": "variance that only several replicate axes make together",
}
ROUNDING: Final = 1e-3  # of probabilities that sum to 1
COMPARED: Final = (
    "or, for estimates without intervals, `prediction_bias()` and `prediction_variance()`"
)


def bias_variance(
    dataset: xr.Dataset, loss: str = "squared", *, noise: float = 0.0, level: float = LEVEL
) -> xr.Dataset:
    """Bias, variance and noise of the runs that replicates make, over the design dimensions.

    Needs what the measures `predictions` and `targets` record of some samples, with at least two
    replicates; without them, `prediction_bias` and `prediction_variance` of the same loss. Values
    are those at the end of training. risk = bias + variance (+ noise), in the units of the loss:

    `squared`: (f - y)^2, mean over outputs; of classes f are probabilities. bias = mean
    (f_mean - y)^2 - variance / N, variance with N - 1: unbiased for any N. Where replicates are
    split (`seed.data`, `seed.init`, `seed.order`), `variance_seed_data` and so on are what each
    makes alone and `variance_together` the rest (crossed random effects). `noise`, the variance of
    the noise in the targets of these samples, when it is known, is taken out of the bias.
    `cross_entropy`: the center is the normalized geometric mean of the predicted distributions c,
    variance = E KL(c || p), bias = -log c[y]; corrected for N by the jackknife.
    `zero_one`: bias is the error of the vote; see `decompositions.zero_one`. It is not corrected
    for N.

    `NAME_low` and `NAME_high` bound each part at `level`: the estimate +- Student's t times the
    jackknife standard error over training sets (over whole seeds, where replicates are not split),
    for these samples and these first weights; NaN with fewer than three. `runs` is the number of
    training sets used: those with a value of every sample.

    Source: Geman, Bienenstock & Doursat, "Neural networks and the bias/variance dilemma", 1992;
    Neal et al., "A modern take on the bias-variance tradeoff in neural networks", 2018 (the split);
    Yang et al. 2020 (cross-entropy); Domingos 2000 (zero-one).
    Raises DdspecError when predictions are not recorded, when there is one replicate, and when
    replicates are tested on different samples, which have no variance to speak of.
    """
    if loss not in LOSSES:
        raise DdspecError(f"there is no decomposition `{loss}`", f"there are {', '.join(LOSSES)}")
    if not (recorded(dataset, "predictions") and recorded(dataset, "targets")):
        return _compared(dataset, loss, noise)
    said = aligned(dataset)
    _suited(said, loss)
    found = _decomposed(said, loss, noise, level)
    found.attrs |= {
        "method": f"{loss}: jackknife over {said.unit}, Student's t",
        "replicates": " ".join(said.names),
        "samples": int(said.predicted.shape[-2]),
        "level": level,
    }
    return found


def _decomposed(said: Said, loss: str, noise: float, level: float) -> xr.Dataset:
    found: dict[str, np.ndarray] = {}
    for where, there in said.points():
        predicted = said.predicted[where][there]
        values, errors = jackknifed(loss, predicted, said.wanted[where], said.names)
        reach = student.ppf((1 + level) / 2, there.sum() - 1)
        for name, value in _without_noise(values, noise, loss).items():
            for part, number in _bounds(name, value, reach * errors.get(name, 0.0)):
                found.setdefault(part, np.full(said.shape, np.nan))[where] = number
    if not found:
        raise DdspecError("no design point has two training runs with predictions")
    data = {name: (said.dims, values, _about(name)) for name, values in found.items()}
    return said.design.assign({**data, "runs": said.counted()})


def _suited(said: Said, loss: str) -> None:
    if loss != "squared" and not said.of_classes:
        raise DdspecError(f"{loss} loss is of classes: the predictions are real numbers")
    there = said.predicted[np.isfinite(said.predicted).all(axis=-1)]
    whole = (there >= 0).all() and np.allclose(there.sum(axis=-1), 1, atol=ROUNDING)
    if loss == "cross_entropy" and not whole:
        raise DdspecError("the predictions are no distributions over classes: no cross-entropy")


def _without_noise(values: dict[str, float], noise: float, loss: str) -> dict[str, float]:
    if not noise or loss != "squared":
        return values
    return values | {"bias": values["bias"] - noise, "noise": noise}


def _bounds(name: str, value: float, error: float) -> tuple[tuple[str, float], ...]:
    if name == "noise":
        return ((name, value),)
    return ((name, value), (f"{name}_low", value - error), (f"{name}_high", value + error))


def _about(name: str) -> dict[str, str]:
    for end in ("_low", "_high"):
        if name.endswith(end):
            bound = "lower" if end == "_low" else "upper"
            return {"long_name": f"{bound} bound of {name.removesuffix(end)}", "units": "1"}
    made = f"variance that {name.removeprefix('variance_')} makes alone"
    return {"long_name": PARTS.get(name, made), "units": "1"}


def _compared(dataset: xr.Dataset, loss: str, noise: float) -> xr.Dataset:
    """From the measures that compare cells themselves: estimates without intervals."""
    asked = {"squared": "squared", "zero_one": "domingos"}.get(loss)
    names = {
        word: [n for n in recorded(dataset, word)
               if (argument(dataset, n, "loss") or "squared") == asked]
        for word in ("prediction_bias", "prediction_variance")
    }  # fmt: skip
    if asked is None or not all(names.values()):
        raise DdspecError(
            f"the dataset has no predictions to decompose {loss} loss of", *ADVICE, COMPARED
        )
    bias, variance = (_over_replicates(dataset, each[0]) for each in names.values())
    found = xr.Dataset({"bias": bias - noise, "variance": variance})
    if loss == "squared":
        found = found.assign(risk=bias + variance)
    if noise:
        found = found.assign(noise=noise)
    for name in found.data_vars:
        found[name].attrs = _about(str(name))
    along = argument(dataset, names["prediction_variance"][0], "along") or "seed"
    method = f"{loss}: prediction_bias and prediction_variance along {along}, no intervals"
    found.attrs = {"method": method, "replicates": along}
    return found


def _over_replicates(dataset: xr.Dataset, name: str) -> xr.DataArray:
    values = ends(dataset, name)
    return values.mean([n for n in replicates(dataset) if n in values.dims])
