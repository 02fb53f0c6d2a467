"""Risks to scaling laws: how they fall with width or samples, and where that ends."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.ends import ends
from ddspec.analysis.seeds import SEED, curves
from ddspec.analysis.statistics.descents import Repeated, last_descent, repeated, rises
from ddspec.analysis.statistics.law_fits import Bounds, Curves, bounds, holding, misfit
from ddspec.analysis.statistics.power_law import Laws
from ddspec.errors import DdspecError

FEWEST: Final = 5  # places of a law of three numbers
FEWEST_JOINT: Final = 8  # places of a law of five
VERDICTS: Final = ("law", "misfit", "peak", "flat", "few")
ENDS: Final = ("", "_low", "_high")


def scaling_law(
    dataset: xr.Dataset,
    of: str = "test_error",
    along: str = "width",
    *,
    jointly: str | None = None,
    coordinate: str | None = None,
    resample: str = "seeds",
    resamples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> xr.Dataset:
    """The law R(x) = floor + amplitude x^-exponent of a risk at the end of training, and its range.

    along: a numeric axis, x; with `jointly`, a second one, R(x, z) = floor + A x^-a + B z^-b.
    coordinate: what x is instead of the axis's own values, `parameters` say; it must depend on the
    axis alone. The result has the design dimensions that remain, and `axis` where there are two:

    `verdict`: `law`; `misfit`, a law was fitted, and the means are further from it than seeds vary
    (F test, 5 %); `peak`, `flat` or `few`, nothing was fitted: too few places (5; 8 jointly) after
    the last peak, no decrease that seeds confirm, or too few places with values. No law is fitted
    across a peak: only places after the last rise that noise does not explain (paired seeds, pooled
    noise, 1 % for all pairs), and of them those from `holds_from` on where residuals are noise.
    `exponent`, `floor`, `amplitude`, each with `_low` and `_high` at `level`; `misfit`, that
    probability; `places`, how many were fitted; `seeds`, those with all of them.
    `foretold`, `foretold_low`, `foretold_high`: the risk at the largest places as the law of the
    others gives it, at the very largest; `seen`, what it was.

    Huber's loss (1.345 standard errors) of log residuals. Intervals: whole seeds are drawn anew,
    the same at all places (`resample` "both": places as well, which is wider: it covers 100 % where
    95 % was asked), stretched for few seeds. They say nothing of what the law leaves out.

    Source: Hestness et al., "Deep learning scaling is predictable, empirically", 2017; Hoffmann et
    al., "Training compute-optimal large language models", 2022, approach 3; Besiroglu et al.,
    "Chinchilla scaling: a replication attempt", 2024 (intervals and early stops).
    Raises DdspecError when there is no such quantity or numeric positive axis.
    """
    asked = _Asked(of, along, jointly, resample, resamples, level, seed)
    values, logs, labels = _arranged(dataset, asked, coordinate)
    found = _laws(values, logs, labels, asked)
    found.attrs = {
        "method": "Huber's loss of log residuals; F test of the misfit",
        "resampled": "whole seeds and places" if resample == "both" else "whole seeds",
        "resamples": resamples,
        "resampling_seed": seed,
        "level": level,
    }
    return found


@attrs.frozen
class _Asked:
    of: str
    along: str
    jointly: str | None
    resample: str
    resamples: int
    level: float
    seed: int

    @property
    def axes(self) -> tuple[str, ...]:
        return (self.along,) if self.jointly is None else (self.jointly, self.along)


def _arranged(
    dataset: xr.Dataset, asked: _Asked, coordinate: str | None
) -> tuple[xr.DataArray, np.ndarray, dict[str, np.ndarray]]:
    """Values (design..., seeds, [jointly,] along), logarithms of the places (places, variables),
    and the labels of each axis.
    """
    if asked.of not in dataset.data_vars:
        raise DdspecError(
            f"the dataset has no variable `{asked.of}`",
            f"it has {', '.join(map(str, dataset.data_vars))}",
        )
    values = ends(dataset, asked.of)
    for axis in asked.axes:
        curves(dataset, values, axis)  # complains of an axis that is not there
        values = values.sortby(axis)
    labels = {axis: _labels(dataset, values, axis, coordinate, asked) for axis in asked.axes}
    whole = curves(dataset, values, asked.along).transpose(..., SEED, *asked.axes)
    if any(not (each > 0).all() for each in labels.values()):
        raise DdspecError(f"a power law needs positive values of {', '.join(asked.axes)}")
    grid = np.meshgrid(*labels.values(), indexing="ij")
    return whole, np.log(np.stack([each.ravel() for each in grid], axis=1)), labels


def _labels(
    dataset: xr.Dataset, values: xr.DataArray, axis: str, coordinate: str | None, asked: _Asked
) -> np.ndarray:
    if coordinate is None or axis != asked.along:
        return np.asarray(values[axis].values, np.float64)
    if coordinate not in dataset.coords or dataset[coordinate].dims != (axis,):
        raise DdspecError(f"`{coordinate}` is no coordinate along `{axis}` alone")
    return np.asarray(dataset[coordinate].sortby(axis).values, np.float64)


def _laws(
    values: xr.DataArray, logs: np.ndarray, labels: dict[str, np.ndarray], asked: _Asked
) -> xr.Dataset:
    inner = len(asked.axes)
    dims = tuple(map(str, values.dims[: -1 - inner]))
    shape = tuple(values.sizes[name] for name in dims)
    flat = values.values.reshape(-1, *values.shape[-1 - inner :])
    sizes = tuple(len(each) for each in labels.values())
    made = [_chosen(each, sizes) for each in flat]
    whole = Curves(logs, tuple(c for c, _, _ in made), np.stack([used for _, used, _ in made]))
    verdicts = np.array([verdict for _, _, verdict in made], dtype="<U6")
    places = np.tile(labels[asked.along], len(logs) // sizes[-1])
    columns = _fitted(whole, verdicts, asked, places)
    columns["verdict"] = verdicts
    columns["seeds"] = np.array([len(curve.values) for curve in whole.curves])
    kept = [n for n in values.coords if set(values[n].dims) <= set(dims)]
    found = xr.Dataset(coords={name: values[name].variable for name in kept})
    if inner > 1:
        found = found.assign_coords(axis=list(asked.axes))
    for name, column in columns.items():
        over = (*dims, "axis") if column.ndim > 1 else dims
        about = {"long_name": _title(name, asked), "units": "1"}
        found[name] = (over, column.reshape((*shape, *column.shape[1:])), about)
    return found


def _chosen(values: np.ndarray, sizes: tuple[int, ...]) -> tuple[Repeated, np.ndarray, str]:
    """The curve of (seeds, places...), the places after its last peaks, and a verdict so far."""
    curve = repeated(values.reshape(len(values), -1))
    fewest = FEWEST if len(sizes) == 1 else FEWEST_JOINT
    if curve.there.sum() < fewest:
        return curve, curve.there, "few"
    used = curve.there & _falling(curve, sizes)
    if used.sum() < fewest:
        return curve, used, "peak"
    down = attrs.evolve(curve, logs=np.where(used, curve.logs, np.nan)[::-1])
    return curve, used, "law" if rises(down).any() else "flat"


def _falling(curve: Repeated, sizes: tuple[int, ...]) -> np.ndarray:
    """True at the places that lie after the last peak along every axis, (places,)."""
    numbers = np.arange(len(curve.logs)).reshape(sizes)
    found = np.ones(sizes, bool)
    for axis in range(len(sizes)):
        for line in np.moveaxis(numbers, axis, -1).reshape(-1, sizes[axis]):
            start = last_descent(attrs.evolve(curve, logs=curve.logs[line]))
            found.reshape(-1)[line[:start]] = False
    return found.reshape(-1)


def _fitted(
    whole: Curves, verdicts: np.ndarray, asked: _Asked, places: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns over curves; the verdict of those that no law describes is changed in place."""
    some = np.flatnonzero(verdicts == "law")
    columns = _empty(len(verdicts), len(asked.axes))
    if not len(some):
        return columns
    used = whole.used[some]
    if asked.jointly is None:
        start, _ = holding(whole.take(some, used), FEWEST)
        used &= np.arange(used.shape[1]) >= start[:, None]
    fitted = whole.take(some, used)
    laws = fitted.law()
    chance = misfit(fitted, laws)
    verdicts[some[chance < 0.05]] = "misfit"  # noqa: PLR2004 - as `holding` has it
    told = _bounded(fitted, laws, asked)
    for name, each in _columns(fitted, laws, told, asked, places).items():
        columns[name][some] = each
    columns["misfit"][some] = chance
    for name, each in _foretold(fitted, asked).items():
        columns[name][some] = each
    return columns


def _bounded(fitted: Curves, laws: Laws, asked: _Asked) -> Bounds:
    return bounds(
        fitted,
        laws,
        resample=asked.resample,
        resamples=asked.resamples,
        level=asked.level,
        seed=asked.seed,
    )


def _columns(
    fitted: Curves, laws: Laws, told: Bounds, asked: _Asked, places: np.ndarray
) -> dict[str, np.ndarray]:
    exponents = np.concatenate([laws.exponent[..., None], told.exponent], axis=-1)
    amplitudes = np.exp(np.concatenate([laws.scale[..., None], told.scale], axis=-1))
    floors = np.concatenate([np.exp(laws.floor[:, None]), told.floor], axis=-1)
    found: dict[str, np.ndarray] = {}
    single = asked.jointly is None
    for n, end in enumerate(ENDS):
        found[f"exponent{end}"] = exponents[:, 0, n] if single else exponents[..., n]
        found[f"amplitude{end}"] = amplitudes[:, 0, n] if single else amplitudes[..., n]
        found[f"floor{end}"] = floors[:, n]
    found["holds_from"] = np.where(fitted.used, places, np.inf).min(axis=1)
    found["holds_to"] = np.where(fitted.used, places, -np.inf).max(axis=1)
    found["places"] = fitted.used.sum(axis=1).astype(np.float64)
    return found


def _foretold(fitted: Curves, asked: _Asked) -> dict[str, np.ndarray]:
    """The risk at the largest used place from a law of the smaller ones, a fifth left out."""
    along, used = fitted.logs[:, -1], fitted.used
    if asked.jointly is None:
        held = np.where(used.sum(axis=1) < 2 * FEWEST, 1, used.sum(axis=1) // FEWEST)
        rank = np.cumsum(used[:, ::-1], axis=1)[:, ::-1]  # 1 at the largest used place
        kept = used & (rank > held[:, None])
    else:
        kept = used & (along < np.where(used, along, -np.inf).max(axis=1, keepdims=True))
    enough = kept.sum(axis=1) > fitted.unknowns
    place = used.shape[1] - 1 - used[:, ::-1].argmax(axis=1)
    empty = np.full(len(used), np.nan)
    found = {f"foretold{end}": empty.copy() for end in ENDS} | {"seen": empty.copy()}
    some = np.flatnonzero(enough)
    if not len(some):
        return found
    smaller = fitted.take(some, kept[some])
    laws = smaller.law()
    told, rows = _bounded(smaller, laws, asked), np.arange(len(some))
    best = laws.at(fitted.logs)[rows, place[some]]
    ends_at = told.levels[rows, place[some]]
    own = np.abs(ends_at - best[:, None])
    reach = np.hypot(own, 2 * smaller.noise[:, None])  # what is seen varies as well
    found["foretold"][some] = np.exp(best)
    found["foretold_low"][some] = np.exp(best - reach[:, 0])
    found["foretold_high"][some] = np.exp(best + reach[:, 1])
    found["seen"][some] = np.exp(fitted.risks[some, place[some]])
    return found


def _empty(curves_: int, axes: int) -> dict[str, np.ndarray]:
    names = [
        f"{name}{end}" for name in ("exponent", "amplitude", "floor", "foretold") for end in ENDS
    ]
    names += ["holds_from", "holds_to", "places", "misfit", "seen"]
    double = ("exponent", "amplitude")
    return {
        name: np.full((curves_, axes) if axes > 1 and name.startswith(double) else curves_, np.nan)
        for name in names
    }


def _title(name: str, asked: _Asked) -> str:
    titles = {
        "exponent": f"exponent of {' and '.join(asked.axes)}",
        "amplitude": "amplitude of the power",
        "floor": f"{asked.of} that more {' and '.join(asked.axes)} would leave",
        "foretold": f"{asked.of} at the largest place, from a law of smaller ones",
        "seen": f"{asked.of} at the largest place",
        "holds_from": f"least {asked.along} of the law",
        "holds_to": f"largest {asked.along} of the law",
        "places": "places that the law is fitted to",
        "misfit": "probability of such residuals if only seeds made them",
        "verdict": "whether there is a law: " + ", ".join(VERDICTS),
        "seeds": "whole seeds with a value at all places",
    }
    for end, bound in (("_low", "lower"), ("_high", "upper")):
        if name.endswith(end):
            return f"{bound} bound of the {titles[name.removesuffix(end)]}"
    return titles[name]
