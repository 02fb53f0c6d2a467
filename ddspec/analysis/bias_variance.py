"""Recorded predictions to bias, variance and noise over training sets."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
import xarray as xr
from scipy.special import softmax
from scipy.stats import t as student

from ddspec.analysis.decompositions import LOSSES, jackknifed
from ddspec.analysis.ends import ends, replicates
from ddspec.analysis.recorded import argument, one_recorded, recorded
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
ADVICE: Final = (
    "add `said: predictions(samples: 500)` and `true: targets(samples: 500)` to `measure { }`",
    "or, for estimates without intervals, `prediction_bias()` and `prediction_variance()`",
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
    `zero_one`: bias is the error of the vote; see `ddspec.analysis.decompositions.zero_one`. It is
    not corrected for N.

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
    said = _aligned(dataset, loss)
    found = _decomposed(said, loss, noise, level)
    found.attrs |= {
        "method": f"{loss}: jackknife over {said.unit}, Student's t",
        "replicates": " ".join(said.names),
        "samples": int(said.predicted.shape[-2]),
        "level": level,
    }
    return found


@attrs.frozen(eq=False)
class _Said:
    """predicted (design..., replicates..., samples, outputs) and wanted (design..., samples,
    outputs); `design` is a dataset with the design coordinates only; names: the replicate axes,
    training sets first.
    """

    predicted: np.ndarray
    wanted: np.ndarray
    design: xr.Dataset
    dims: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def unit(self) -> str:
        return self.names[0]


def _aligned(dataset: xr.Dataset, loss: str) -> _Said:
    predictions = one_recorded(dataset, "predictions", *ADVICE)
    targets = one_recorded(dataset, "targets", *ADVICE)
    said, true = ends(dataset, predictions), ends(dataset, targets)
    inner = tuple(map(str, said.dims[-2:]))
    if inner != true.dims[-2:]:
        raise DdspecError(
            f"`{predictions}` is of {inner[0]}, `{targets}` of {true.dims[-2]}",
            "record both of the same samples",
        )
    names = tuple(
        name
        for name in _data_first(replicates(dataset))
        if name in said.dims and said.sizes[name] > 1
    )
    if not names:
        raise DdspecError(
            "bias and variance need two training runs that differ in nothing but their seed",
            "sweep `seed in 0..<10`, or `seed.data in 0..<10` for training sets alone",
        )
    alone = [n for n in replicates(dataset) if n in said.dims and n not in names]
    said, true = said.isel(dict.fromkeys(alone, 0)), _isel(true, alone)
    dims = tuple(str(name) for name in said.dims if name not in (*names, *inner))
    said = said.transpose(*dims, *names, *inner).astype(np.float64)
    true = true.broadcast_like(said).transpose(*said.dims).astype(np.float64)
    _shared(true.values, len(dims), len(names), names)
    values = _on_scale(said.values, argument(dataset, predictions, "scale"), inner, loss)
    wanted = _first_finite(true.values, len(dims), len(names))
    return _Said(values, wanted, _design(dataset, dims), dims, names)


def _decomposed(said: _Said, loss: str, noise: float, level: float) -> xr.Dataset:
    shape = said.predicted.shape[: len(said.dims)]
    inner = tuple(range(1, said.predicted.ndim - len(shape)))
    found: dict[str, np.ndarray] = {}
    runs = np.zeros(shape, np.int64)
    for where in np.ndindex(*shape):
        there = np.isfinite(said.predicted[where]).all(axis=inner)
        there &= np.isfinite(said.wanted[where]).all()
        runs[where] = there.sum()
        if runs[where] < 2:  # noqa: PLR2004 - one run does not vary
            continue
        values, errors = jackknifed(
            loss, said.predicted[where][there], said.wanted[where], said.names
        )
        reach = student.ppf((1 + level) / 2, runs[where] - 1)
        for name, value in _without_noise(values, noise, loss).items():
            error = reach * errors.get(name, 0.0)
            for part, number in _bounds(name, value, error):
                found.setdefault(part, np.full(shape, np.nan))[where] = number
    if not found:
        raise DdspecError("no design point has two training runs with predictions")
    data = {name: (said.dims, values, _about(name)) for name, values in found.items()}
    about = {"long_name": f"{said.unit} with a value of every sample", "units": "1"}
    return said.design.assign({**data, "runs": (said.dims, runs, about)})


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
        raise DdspecError(f"the dataset has no predictions to decompose {loss} loss of", *ADVICE)
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


def _data_first(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: name != "seed_data"))


def _isel(values: xr.DataArray, names: list[str]) -> xr.DataArray:
    return values.isel({name: 0 for name in names if name in values.dims})


def _design(dataset: xr.Dataset, dims: tuple[str, ...]) -> xr.Dataset:
    """The dataset's coordinates along design dimensions, no variable."""
    kept = [name for name in dataset.coords if set(dataset[name].dims) <= set(dims)]
    return xr.Dataset(coords={name: dataset[name].variable for name in kept})


def _shared(true: np.ndarray, before: int, count: int, names: tuple[str, ...]) -> None:
    """Raise DdspecError when replicates are not asked about the same samples."""
    first = _first_finite(true, before, count)
    again = np.expand_dims(first, tuple(range(before, before + count)))
    if not (np.isnan(true) | (true == again)).all():
        raise DdspecError(
            f"the test targets differ along {', '.join(names)}: the dataset draws its problem and"
            " its test samples anew for every seed, and predictions for different samples have no"
            " bias and no variance",
            "take a dataset whose test samples stay: a corpus, or a file (`npz`, `csv`, `netcdf`)",
        )


def _first_finite(true: np.ndarray, before: int, count: int) -> np.ndarray:
    """Targets of the first replicate that has them, (design..., samples, outputs)."""
    flat = true.reshape(*true.shape[:before], -1, *true.shape[before + count :])
    place = np.isfinite(flat).all(axis=(-1, -2)).argmax(axis=before)
    taken: np.ndarray = np.take_along_axis(flat, place[..., None, None, None], axis=before)
    return np.squeeze(taken, axis=before)


def _on_scale(
    values: np.ndarray, scale: str | None, inner: tuple[str, ...], loss: str
) -> np.ndarray:
    """Outputs of classes as probabilities; real outputs as they are."""
    if inner[1] != "class":
        if loss != "squared":
            raise DdspecError(f"{loss} loss is of classes: the predictions are real numbers")
        return values
    made: np.ndarray = softmax(values, axis=-1) if scale == "outputs" else values
    if loss == "cross_entropy" and not _distributions(made):
        raise DdspecError("the predictions are no distributions over classes: no cross-entropy")
    return made


def _distributions(values: np.ndarray) -> bool:
    there = values[np.isfinite(values).all(axis=-1)]
    return bool((there >= 0).all() and np.allclose(there.sum(axis=-1), 1, atol=1e-3))
