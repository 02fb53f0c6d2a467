"""Rises of risk along an axis where more should help: from where to where, and by how much."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from ddspec.analysis.curves import FEW, filled, on_logarithms, risk_name, seed_curves
from ddspec.analysis.reduction import At
from ddspec.analysis.seeds import SEED
from ddspec.analysis.statistics import flips

WORST: Final = ("worst", "low", "high", "p_value", "from", "to")
RISE: Final = ("rise", "rise_low", "rise_high")


def more_data_hurts(
    dataset: xr.Dataset,
    of: str = "",
    along: str = "samples",
    *,
    at: At = "end",
    log: bool | None = None,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Where a risk rises along an axis of more data (or more training), and by how much.

        rise(i, j) = mean over seeds at place j - mean at place i, for places i < j

    of: `test_error`, or `test_loss` where there is none. along: `samples`; the dimension of
    readings along training, `epochs`, for the epoch-wise gap, max over t of
    max_{s > t} risk(s) - min_{s <= t} risk(s), which is the largest rise. at: which reading of
    each run, see `reduced`.

    `rise` of all pairs has intervals `rise_low` and `rise_high` that hold together with
    confidence `level`: the largest deviation of any pair, in units of one pooled error of a
    difference, over curves whose seeds' signs are flipped. `hurts` marks the pairs whose whole
    interval is above zero: that any is marked where risk is flat or falls has a chance of less
    than 1 - level. `worst` is the largest rise, `from` and `to` its pair, `low` and `high` its
    interval, `p_value` the chance of a change as large, up or down, in a flat curve of this noise.
    As a maximum it errs on the high side; its interval holds all the same, as for every pair.

    log: whether the means are those of logarithms, so that rises are factors, 1 where nothing
    rises; by default of losses that span more than a factor of ten.

    With fewer than three seeds nothing is told from noise: rises only. The result has the
    remaining design dimensions, and, for pairs, `along` (the first) and `along` + `_to`.
    Source: Nakkiran et al., "Deep double descent", 2019, section 7 (more samples hurt); Heckel &
    Yilmaz, "Early stopping in deep networks", 2021 (epoch-wise).
    Raises DdspecError when the dataset lacks the variable or the axis.
    """
    of = risk_name(dataset, of)
    curves = seed_curves(dataset, of, along, at)
    log = on_logarithms(curves, log)
    found = _all(xr.apply_ufunc(np.log, curves) if log else curves, level, resamples, seed)
    if log:
        found = found.assign(
            {name: np.exp(found[name]) for name in ("worst", "low", "high", *RISE)}
        )
    found.attrs = {"of": of, "along": along, "scale": "logarithmic" if log else "linear"}
    found.attrs |= {"level": level, "resamples": resamples, "seed": seed}
    return _described(found, dataset)


def _all(curves: xr.DataArray, level: float, resamples: int, seed: int) -> xr.Dataset:
    """The rises of every curve."""
    along = str(curves.dims[-1])
    later = f"{along}_to"
    places = curves[along].values.astype(np.float64)
    worst, pairs, seeds, used = xr.apply_ufunc(
        lambda curve: _of_curve(curve, places, level, resamples, seed),
        curves.drop_vars([n for n in curves.coords if along in curves[n].dims]),
        input_core_dims=[[SEED, along]],
        output_core_dims=[["moment"], ["bound", along, later], [], []],
        vectorize=True,
    )
    found = xr.Dataset({name: worst.isel(moment=n) for n, name in enumerate(WORST)})
    found = found.assign({name: pairs.isel(bound=n) for n, name in enumerate(RISE)})
    found = found.assign(seeds=seeds, places=used, hurts=found.rise_low > 0)
    axis = curves[along]
    about = {"long_name": f"the later {along}", "units": axis.attrs.get("units", "1")}
    return found.assign_coords({along: axis.variable, later: (later, axis.values, about)})


def _described(found: xr.Dataset, dataset: xr.Dataset) -> xr.Dataset:
    """The same with names and units of its numbers, and the method."""
    of, along = found.attrs["of"], found.attrs["along"]
    factors = found.attrs["scale"] == "logarithmic"
    size = "1" if factors else str(dataset[of].attrs.get("units", "1"))
    place = str(dataset[along].attrs.get("units", "1"))
    words = {
        "worst": ("largest rise", size),
        "low": ("lower end of the largest rise", size),
        "high": ("upper end of the largest rise", size),
        "p_value": ("chance of a change as large in a flat curve of this noise", "1"),
        "from": ("where the largest rise begins", place),
        "to": ("where the largest rise ends", place),
        "rise": (f"later {'over' if factors else 'minus'} earlier mean", size),
        "rise_low": ("lower end of the rise", size),
        "rise_high": ("upper end of the rise", size),
        "hurts": ("whether the rise is more than noise", "1"),
        "seeds": ("seeds with values all along", "1"),
        "places": ("axis values with values", "1"),
    }
    for name, (about, units) in words.items():
        found[name].attrs = {"long_name": f"{of} along {along}: {about}", "units": units}
    found.attrs["method"] = "largest pair in pooled errors, against sign flips of whole seeds"
    return found


def _of_curve(
    curve: np.ndarray, places: np.ndarray, level: float, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """The largest rise in the order of WORST, (3, places, places) of all pairs, seeds, places."""
    worst = np.full(len(WORST), np.nan)
    pairs = np.full((3, len(places), len(places)), np.nan)
    table, kept = filled(curve)
    seeds = len(table)
    if not seeds or len(kept) <= 1:
        return worst, pairs, float(seeds), float(len(kept))
    means = table.mean(axis=0)
    rise = np.where(
        np.triu(np.ones((len(kept), len(kept)), bool), 1), means - means[:, None], np.nan
    )
    reach = np.nan
    if seeds >= FEW:
        noise = flips.noise_means(table, draws, seed)
        widest = noise.max(axis=1) - noise.min(axis=1)
        reach = float(np.quantile(widest, level)) * flips.pooled_error(table)
        largest = flips.in_errors(np.nanmax(rise), table)
        worst[3] = flips.share_above(widest, largest)
    grid = np.ix_(kept, kept)
    for n, bound in enumerate((0.0, -reach, reach)):
        pairs[n][grid] = rise + bound
    first, last = np.unravel_index(int(np.nanargmax(rise)), rise.shape)
    worst[:3] = rise[first, last] + np.asarray([0.0, -reach, reach])
    worst[4:] = places[kept[[first, last]]]
    return worst, pairs, float(seeds), float(len(kept))
