"""How much risk depends on the strength: at multiples of the optimum, and how wide the basin is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr
from scipy import stats

from ddspec.analysis.tuning.envelope import choose
from ddspec.analysis.tuning.tried import Tried, tried

DECADES: Final = 1.0  # multiples of the optimum from 1/10 to 10
FIGURES: Final = 4  # of a multiple: 3.000 and 2.9999997 are one
FEWEST: Final = 3  # seeds of an interval
NEAR: Final = 1e-9  # of a logarithm: a multiple at the end of the grid is on it


def sensitivity(
    dataset: xr.Dataset,
    over: str | Sequence[str] = (),
    select: str = "",
    of: str = "",
    across: str = "seed",
    *,
    factors: Sequence[float] | None = None,
    within: float = 0.05,
    delta: float | None = None,
    level: float = 0.05,
) -> xr.Dataset:
    """The risk at multiples of the best strength, relative to the risk at it, for each of `over`.

    over, select, of, across: as of `envelope`. The optimum is the strength that validation chooses,
    averaged over all seeds; the other axes of `over` stay at theirs. factors: multiples c of the
    optimum at which risk is read, interpolated linearly in the logarithm of the strength; by
    default those from 1/10 to 10 that the candidates have, nothing interpolated. A basin is the
    strengths around the optimum at which the mean risk is at most `1 + within` times the optimum's,
    or at most `delta` above it; its ends are candidates, or with `factors` interpolated.

    Variables over the design dimensions that remain and `strength` (the names of `over`):
    `relative_risk` (..., factor), mean over seeds of risk at c x the optimum over the mean at the
    optimum, 1 at c = 1, with `relative_low` and `relative_high`, a t interval of the ratio of
    means, paired by seed, of level 1 - `level` (NaN for fewer than three seeds); `optimum`;
    `basin_low`, `basin_high`, `basin_decades`, their distance in powers of ten; `basin_open`, int8
    flags: the basin reaches the end of what was tried and may be wider. NaN where the grid has no
    such multiple, a candidate diverged, or a composition does not read the strength; strengths of
    zero have no multiples.

    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021 (risk around
    the optimal strength); Cochran, "Sampling techniques", 1977, section 6.3 (ratios of means).
    Raises DdspecError when an axis or a quantity is missing, or test samples are to select.
    """
    table = tried(dataset, over, select, of, across)
    wanted = _multiples(table.grids) if factors is None else np.asarray(sorted(factors), float)
    lines = [_line(table, number) for number in range(len(table.over))]
    limit = (lambda best: best * (1 + within)) if delta is None else (lambda best: best + delta)
    exact = factors is None
    found = [line.relative(wanted, level, exact) | line.basin(limit, exact) for line in lines]
    dims = (*table.design, "strength")
    data: dict[str, Any] = {}
    for name in found[0]:
        values = np.stack([each[name] for each in found], axis=len(table.design))
        data[name] = ((*dims, "factor") if name.startswith("relative") else dims, values)
    labels = {n: values for n, values in table.labels.items() if table.unit not in values.dims}
    made = xr.Dataset(data, labels | {"strength": list(table.over), "factor": wanted})
    told = f"{100 * within:g} %" if delta is None else f"{delta:g} (absolute)"
    return _described(made, table, told, level, exact=exact)


def _multiples(grids: Sequence[np.ndarray]) -> np.ndarray:
    """The ratios of two values of a grid, from 1/10 to 10."""
    found = [np.ones(1)]
    for grid in grids:
        positive = grid[grid > 0]
        found.append((positive[:, None] / positive).reshape(-1))
    ratios = _rounded(np.concatenate(found))
    return np.unique(ratios[np.abs(np.log10(ratios)) <= DECADES + NEAR])


def _rounded(values: np.ndarray) -> np.ndarray:
    """To FIGURES significant figures."""
    return np.asarray([float(f"{value:.{FIGURES}g}") for value in np.ravel(values)])


@attrs.frozen(eq=False)
class Line:
    """Risks along one axis of strengths, the others at their optimum.

    grid: its strengths above zero, increasing. risk: (*design, seeds, values), NaN where the axis
    is not read. seeds: (*design, seeds), those there are. at: (*design), the place of the optimum;
    -1 where there is none.
    """

    grid: np.ndarray
    risk: np.ndarray
    seeds: np.ndarray
    at: np.ndarray

    def relative(self, wanted: np.ndarray, level: float, exact: bool) -> dict[str, np.ndarray]:
        """Risks at multiples of the optimum over the risk at it, and the optimum."""
        read = np.full((*self.risk.shape[:-1], len(wanted)), np.nan)
        base = np.full((*self.risk.shape[:-1], 1), np.nan)
        optimum = np.full(self.at.shape, np.nan)
        for place in np.ndindex(*self.at.shape):
            if self.at[place] >= 0:
                optimum[place] = self.grid[self.at[place]]
                at = _at if exact else _between
                read[place] = at(wanted, self.grid / optimum[place], self.risk[place])
                base[place] = self.risk[place][:, self.at[place], None]
        ratio, half = _ratio(read, base, self.seeds, level)
        return {
            "relative_risk": ratio,
            "relative_low": ratio - half,
            "relative_high": ratio + half,
            "optimum": optimum,
        }

    def basin(self, limit: Callable[[float], float], exact: bool) -> dict[str, np.ndarray]:
        """The ends of the strengths at which the mean risk is within the limit, and the width."""
        low, high = np.full(self.at.shape, np.nan), np.full(self.at.shape, np.nan)
        ends = np.zeros(self.at.shape, np.int8)
        for place in np.ndindex(*self.at.shape):
            if (at := int(self.at[place])) >= 0:
                mean = self.risk[place][self.seeds[place]].mean(axis=0)
                most, points = limit(float(mean[at])), np.log(self.grid)
                down = _reach(points[at::-1], mean[at::-1], most, exact)
                up = _reach(points[at:], mean[at:], most, exact)
                low[place], high[place] = np.exp(down[0]), np.exp(up[0])
                ends[place] = down[1] + 2 * up[1]
        width = np.maximum(np.log10(high) - np.log10(low), 0.0)
        return {"basin_low": low, "basin_high": high, "basin_decades": width, "basin_open": ends}


def _line(table: Tried, number: int) -> Line:
    """The line along the axis of that number through the strengths that all seeds choose."""
    seeds, able = table.wins()
    best = choose(table.worth, seeds, able)
    flat = np.arange(np.prod(table.sizes)).reshape(table.sizes)
    lines = np.moveaxis(flat, number, -1).reshape(-1, table.sizes[number])
    through = np.empty(flat.size, np.int64)  # which line each candidate is on
    through[lines] = np.arange(len(lines))[:, None]
    chosen = np.maximum(best, 0)
    risk = np.take_along_axis(table.risk, lines[through[chosen]][..., None, :], axis=-1)
    grid = table.grids[number]
    order = np.argsort(grid)
    order = order[grid[order] > 0]
    place = np.unravel_index(chosen, table.sizes)[number]
    there = (best >= 0) & table.reads[..., number] & np.isin(place, order)
    at = np.full(place.shape, -1)
    if len(order):  # not all strengths are zero
        at = np.where(there, (order == place[..., None]).argmax(axis=-1), -1)
    return Line(grid[order], risk[..., order], seeds, at)


def _at(wanted: np.ndarray, multiples: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """Risks (seeds, values) at the wanted ones of the multiples; NaN where there is none."""
    same = wanted[:, None] == _rounded(multiples)
    return np.where(same.any(axis=1), risk[:, same.argmax(axis=1)], np.nan)


def _between(wanted: np.ndarray, multiples: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """Risks (seeds, values) at the wanted multiples, linear in their logarithm; NaN outside."""
    at, points = np.log(wanted), np.log(multiples)
    inside = (at >= points[0] - NEAR) & (at <= points[-1] + NEAR)
    return np.where(inside, np.stack([np.interp(at, points, row) for row in risk]), np.nan)


def _ratio(
    read: np.ndarray, base: np.ndarray, seeds: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Ratios of means over seeds, (..., seeds, factors) to (..., factors), and half intervals."""
    count = seeds.sum(axis=-1)[..., None]
    n = np.maximum(count, 1)
    there = seeds[..., None]
    top = np.where(there, read, 0.0).sum(axis=-2) / n
    bottom = np.where(there, base, 0.0).sum(axis=-2) / n
    known = (bottom != 0) & (count > 0)
    ratio = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=np.isfinite(top) & known)
    left = np.where(there, read - ratio[..., None, :] * base, 0.0)
    error = np.sqrt((left**2).sum(axis=-2) / np.maximum(n - 1, 1) / n)
    reach = stats.t.ppf(1 - level / 2, np.maximum(n - 1, 1)) * error
    half = np.divide(reach, np.abs(bottom), out=np.full(top.shape, np.nan), where=known)
    return ratio, np.where(count >= FEWEST, half, np.nan)


def _reach(points: np.ndarray, values: np.ndarray, most: float, exact: bool) -> tuple[float, bool]:
    """How far along `points` values stay at most `most`, and whether that is to the end."""
    over = np.flatnonzero(~(values <= most))
    if not len(over):
        return float(points[-1]), True
    last = int(over[0]) - 1
    high = values[last + 1]
    if exact or not np.isfinite(high):
        return float(points[last]), False
    share = (most - values[last]) / (high - values[last])
    return float(points[last] + share * (points[last + 1] - points[last])), False


def _described(
    found: xr.Dataset, table: Tried, limit: str, level: float, *, exact: bool
) -> xr.Dataset:
    """Long names, units and the method."""
    about = f"of the {100 * (1 - level):.4g} % interval of the relative risk, paired by seed"
    names = {
        "relative_risk": f"{table.of} at a multiple of the best strength, relative to that at it",
        "relative_low": f"lower end {about}",
        "relative_high": f"upper end {about}",
        "optimum": f"strength with the least {table.select}, mean over seeds",
        "basin_low": f"smallest strength with {table.of} within {limit} of the optimum's",
        "basin_high": f"largest strength with {table.of} within {limit} of the optimum's",
        "basin_decades": "width of the basin in powers of ten of the strength",
        "basin_open": "whether the basin reaches the end of what was tried",
        "strength": "axis of strengths",
        "factor": "multiple of the best strength",
    }
    for name, long in names.items():
        found[name].attrs = {"long_name": long, "units": "1"}
    flags = {"flag_values": np.arange(4, dtype=np.int8), "flag_meanings": "closed low high both"}
    found["basin_open"].attrs |= flags
    return found.assign_attrs(
        title=f"{table.of} around the best of {', '.join(table.over)}",
        method="optimum by validation averaged over all seeds; ratio of means paired by seed; "
        + ("at the candidates tried" if exact else "interpolated linearly in log strength"),
        selected_by=table.select,
        seeds=table.risk.shape[-2],
        level=level,
    )
