"""Generalization gaps beside complexity measures: which of them order models alike."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.ends import ends, replicates, trajectory
from ddspec.analysis.seeds import SEED, whole_seeds
from ddspec.analysis.statistics.ranks import granulated, kendall
from ddspec.analysis.statistics.several_means import Interval, largest_mean, mean_interval
from ddspec.errors import DdspecError

LEVEL: Final = 0.95
# Not measures of complexity: of the run, or of the risk itself.
BOOKKEEPING: Final = {"status", "seconds", "stop_epoch", "stop_step"}
OF_RISK: Final = {"accuracy", "bleu", "class_error", "error", "loss", "prediction_bias",
                  "worst_group_error"}  # fmt: skip
RISKS: Final = tuple(f"{u}_{r}" for u in ("train", "validation", "test") for r in ("loss", "error"))
ADVICE: Final = (
    "record some in `measure { }`: `norm: weight_norm()`, `paths: path_norm()`, `margin: margin()`,"
    " `flat: sharpness()`; `ddspec words measure` lists them"
)


def gap_correlation(dataset: xr.Dataset, risk: str = "auto", *, level: float = LEVEL) -> xr.Dataset:
    """Rank correlations of the generalization gap with measures, (measure,) and (measure, axis).

    The gap is the test risk less the train risk at the end of training; risk: `error`, `loss`, or
    `auto`, the error where it is recorded. Measures are the recorded quantities of one number a
    model, beside risks, and `parameters`. Models are the design points; each seed has its own
    correlations, so that seeds are never compared with each other.

    `tau`: Kendall's tau-b over all pairs. `agreement` (measure, axis): over the pairs that differ
    along one axis alone, the mean of sign(measure difference) sign(gap difference). `granulated`:
    its mean over axes. `sign_error`: (1 - agreement) / 2 at the worst axis, `worst_axis`; 0.5 is
    chance. Each is a mean over seeds, with `_low` and `_high` at `level` by Student's t (of the
    worst axis such that they hold for a maximum), for this grid of models. `constant` is 1 for a
    measure that is the same for all models: it has no correlation. `models`: those with a gap.

    Source: Jiang et al., "Fantastic generalization measures and where to find them", 2020, section
    2; Dziugaite et al., "In search of robust measures of generalization", 2020, section 3.
    Raises DdspecError without risks, without measures, or with fewer than three models.
    """
    gap = whole_seeds(dataset, _gap(dataset, risk))
    dims = tuple(str(name) for name in gap.dims if name != SEED)
    found = {
        name: _spread(whole_seeds(dataset, values), gap)
        for name, values in _measures(dataset, set(dims) | set(replicates(dataset))).items()
    }
    if not found:
        raise DdspecError("the dataset has no measure to compare the gap with", ADVICE)
    if np.isfinite(gap.values).any(axis=-1).sum() < 3:  # noqa: PLR2004 - one pair is no order
        raise DdspecError("ranks take three models with risks: sweep a design axis, `width` say")
    axes = tuple(name for name in dims if gap.sizes[name] > 1)
    compared = [_compared(values.values, gap.values, level) for values in found.values()]
    made = _dataset(tuple(found), axes, compared, [n for n, d in enumerate(dims) if d in axes])
    made.attrs = {
        "gap": str(gap.attrs["gap"]),
        "method": "Kendall's tau; Student's t over whole seeds",
        "models": int(np.isfinite(gap.values).any(axis=-1).sum()),
        "seeds": int(gap.sizes[SEED]),
        "level": level,
    }
    return made


def _spread(values: xr.DataArray, gap: xr.DataArray) -> xr.DataArray:
    """Values over the dimensions of the gap; what no seed changes is the same for all."""
    if values.sizes[SEED] != gap.sizes[SEED]:
        values = values.isel({SEED: 0})
    return values.broadcast_like(gap).transpose(*gap.dims)


@attrs.frozen(eq=False)
class _Compared:
    tau: Interval
    agreement: Interval
    granulated: Interval
    sign_error: Interval
    worst: int
    constant: bool


def _gap(dataset: xr.Dataset, risk: str) -> xr.DataArray:
    there = [r for r in ("error", "loss") if {f"train_{r}", f"test_{r}"} <= set(dataset)]
    chosen = there[0] if risk == "auto" and there else risk
    if chosen not in there:
        raise DdspecError(
            f"no generalization gap: the dataset has no train and test {chosen}",
            f"it has {', '.join(map(str, dataset.data_vars))}",
        )
    gap = ends(dataset, f"test_{chosen}") - ends(dataset, f"train_{chosen}")
    return gap.rename("gap").assign_attrs(gap=f"test_{chosen} - train_{chosen}")


def _measures(dataset: xr.Dataset, dims: set[str]) -> dict[str, xr.DataArray]:
    """Quantities of one number a model, at the end of training."""
    along = trajectory(dataset)
    found = {}
    for name, values in dataset.data_vars.items():
        word, at, _ = str(values.attrs.get("comment", "")).partition("@")
        ours = bool(at) or "axes" not in dataset.attrs
        kept = not ({word, str(name)} & (BOOKKEEPING | OF_RISK)) and not str(name).endswith(RISKS)
        numeric = values.dtype.kind in "if" and set(map(str, values.dims)) - {along} <= dims
        if ours and kept and numeric:
            found[str(name)] = ends(dataset, str(name)).astype(np.float64)
    if "parameters" in dataset.coords and set(map(str, dataset["parameters"].dims)) <= dims:
        found["parameters"] = dataset["parameters"].astype(np.float64)
    return found


def _compared(measure: np.ndarray, gap: np.ndarray, level: float) -> _Compared:
    """Of values (design..., seeds)."""
    measure = np.where(np.isfinite(gap), measure, np.nan)
    there = measure[np.isfinite(measure)]
    constant = not there.size or bool(np.ptp(there) == 0)
    seeds = range(gap.shape[-1])
    tau = np.array([kendall(measure[..., k].ravel(), gap[..., k].ravel()) for k in seeds])
    along = np.stack([granulated(measure[..., k], gap[..., k]) for k in seeds])
    agreement = mean_interval(along, level)
    several = np.isfinite(along)
    counted = several.sum(axis=1)
    total = np.where(several, along, 0.0).sum(axis=1)
    means = np.where(counted > 0, total / np.maximum(counted, 1), np.nan)
    worst, error = _worst((1 - along) / 2, level)
    return _Compared(
        mean_interval(tau, level), agreement, mean_interval(means, level), error, worst, constant
    )


def _worst(errors: np.ndarray, level: float) -> tuple[int, Interval]:
    """The axis with the largest sign error, and that error; -1 where no seed has all axes."""
    kept = np.flatnonzero(np.isfinite(errors).any(axis=0))
    errors = errors[:, kept]
    errors = errors[np.isfinite(errors).all(axis=1)]
    if not errors.size:
        return -1, Interval(*[np.asarray(np.nan)] * 3)
    return int(kept[errors.mean(axis=0).argmax()]), largest_mean(errors, level)


def _dataset(
    names: tuple[str, ...], axes: tuple[str, ...], compared: list[_Compared], kept: list[int]
) -> xr.Dataset:
    found = xr.Dataset(coords={"measure": list(names), "axis": list(axes)})
    titles = {
        "tau": "Kendall's tau with the generalization gap, all pairs of models",
        "granulated": "agreement with the gap, mean over axes",
        "sign_error": "share of pairs put in the wrong order along the worst axis",
    }
    for name, title in titles.items():
        for end, bound in (("value", ""), ("low", "lower bound of "), ("high", "upper bound of ")):
            least = 0 if name == "sign_error" else -1
            column = [np.clip(getattr(getattr(c, name), end), least, 1) for c in compared]
            about = {"long_name": f"{bound}{title}", "units": "1"}
            found[name if end == "value" else f"{name}_{end}"] = ("measure", column, about)
    along = np.stack([each.agreement.value[kept] for each in compared])
    about = {"long_name": "agreement with the gap along one axis", "units": "1"}
    found["agreement"] = (("measure", "axis"), along, about)
    worst = [axes[kept.index(each.worst)] if each.worst >= 0 else "" for each in compared]
    about = {"long_name": "axis along which a measure misleads most", "units": "1"}
    found["worst_axis"] = ("measure", worst, about)
    constant = np.array([each.constant for each in compared], np.int8)
    about = {"long_name": "1 where the measure is the same for all models", "units": "1"}
    found["constant"] = ("measure", constant, about)
    return found
