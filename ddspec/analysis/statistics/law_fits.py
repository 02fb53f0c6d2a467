"""Repeated curves to the law that each follows, from where on, and how sure that is."""

from __future__ import annotations

from typing import Final

import attrs
import numpy as np
from scipy.stats import f as fisher
from scipy.stats import norm
from scipy.stats import t as student

from ddspec.analysis.statistics.descents import Repeated
from ddspec.analysis.statistics.power_law import Laws, fit

UNKNOWN: Final = 0.05  # the noise of a log risk that one seed is taken to have
MISFIT: Final = 0.05  # the probability below which residuals are more than noise


@attrs.frozen(eq=False)
class Curves:
    """logs (places, variables) of the coordinates; curves, each over these places; used (curves,
    places): which of them a law is fitted to.
    """

    logs: np.ndarray
    curves: tuple[Repeated, ...]
    used: np.ndarray

    @property
    def unknowns(self) -> int:
        """The numbers that are fitted: the floor, and a scale and an exponent each variable."""
        return 1 + 2 * int(self.logs.shape[1])

    @property
    def noise(self) -> np.ndarray:
        """(curves,)."""
        noise = np.array([curve.noise for curve in self.curves])
        return np.asarray(np.where(np.isfinite(noise), noise, UNKNOWN))

    @property
    def free(self) -> np.ndarray:
        """Degrees of freedom of the noise, (curves,)."""
        return np.array([curve.free for curve in self.curves])

    @property
    def risks(self) -> np.ndarray:
        """Logarithms of the mean risk, (curves, places); 0 where there is none."""
        return np.asarray(np.nan_to_num(np.stack([curve.logs for curve in self.curves])))

    def take(self, some: np.ndarray, used: np.ndarray) -> Curves:
        """Some of the curves, with other places used."""
        return Curves(self.logs, tuple(self.curves[n] for n in some), used)

    def law(self) -> Laws:
        """The law of each."""
        return fit(self.logs, self.risks, self.used.astype(np.float64), self.noise)


@attrs.frozen(eq=False)
class Bounds:
    """Where the numbers of each law lie at the level asked for, (curves, ..., 2): the floor, the
    logarithm of the scale, the exponent, the log risk at every place. NaN with one seed.
    """

    floor: np.ndarray
    scale: np.ndarray
    exponent: np.ndarray
    levels: np.ndarray


def misfit(curves: Curves, laws: Laws) -> np.ndarray:
    """The probability of residuals as large as these if only seeds made them, (curves,).

    Fisher's F: the mean square of what the law leaves of the means over the noise between seeds.
    NaN without noise to compare with, or no more places than unknowns.
    """
    residuals = (curves.risks - laws.at(curves.logs)) / curves.noise[:, None]
    total = np.where(curves.used, np.square(residuals), 0.0).sum(axis=1)
    spare = curves.used.sum(axis=1) - curves.unknowns
    known = (spare > 0) & (curves.free > 0)
    spare, free = np.where(known, spare, 1), np.where(known, curves.free, 1)
    return np.where(known, fisher.sf(total / spare, spare, free), np.nan)


def holding(curves: Curves, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    """From which place on a law describes each curve, (curves,), and its misfit there.

    The first place with `fewest` used ones from it on and residuals no larger than the noise; where
    there is none, that of the least misfit, which says so.
    """
    first = curves.used.argmax(axis=1)
    tried = [
        (n, start)
        for n, used in enumerate(curves.used)
        for start in np.flatnonzero(used)
        if used[start:].sum() >= fewest
    ]
    rows = np.array([n for n, _ in tried])
    places = np.arange(curves.used.shape[1])
    begun = np.array([curves.used[n] & (places >= start) for n, start in tried])
    several = curves.take(rows, begun)
    found = misfit(several, several.law())
    start, chance = first.copy(), np.full(len(first), np.nan)
    for n in range(len(first)):
        mine = np.flatnonzero(rows == n)
        fits = [k for k in mine if not found[k] < MISFIT]
        chosen = fits[0] if fits else mine[np.nan_to_num(found[mine]).argmax()]
        start[n], chance[n] = tried[chosen][1], found[chosen]
    return start, chance


def bounds(
    curves: Curves, laws: Laws, *, resample: str, resamples: int, level: float, seed: int
) -> Bounds:
    """Where floors, scales, exponents and log risks at all places lie.

    Whole seeds are drawn anew with replacement, the same for all places, and, with `resample`
    "both", places as well. The percentiles are stretched about the estimate by sqrt(K / (K - 1))
    and by Student's t with K - 1 degrees of freedom over the normal quantile, since K seeds drawn
    from K vary too little.
    """
    generator = np.random.default_rng(seed)
    count = len(curves.curves)
    risks = np.repeat(curves.risks, resamples, axis=0)
    weights = np.repeat(curves.used.astype(np.float64), resamples, axis=0)
    for n, curve in enumerate(curves.curves):
        rows = slice(n * resamples, (n + 1) * resamples)
        risks[rows] = _redrawn(curve, resamples, generator, risks[rows])
        if resample == "both":
            weights[rows] = _placed(curves.used[n], resamples, generator, curves.unknowns + 1)
    near = Laws(*(np.repeat(each, resamples, axis=0) for each in attrs.astuple(laws)))
    drawn = fit(curves.logs, risks, weights, np.repeat(curves.noise, resamples), near)
    stretch = np.array([_stretch(len(curve.values), level) for curve in curves.curves])
    share = np.array([(1 - level) / 2, (1 + level) / 2])

    def between(best: np.ndarray, each: np.ndarray) -> np.ndarray:
        groups = each.reshape(count, resamples, *each.shape[1:])
        ends = np.moveaxis(np.quantile(groups, share, axis=1), 0, -1)
        far = stretch.reshape(-1, *[1] * (ends.ndim - 1))
        return np.asarray(best[..., None] + (ends - best[..., None]) * far)

    return Bounds(
        np.maximum(between(np.exp(laws.floor), np.exp(drawn.floor)), 0.0),
        between(laws.scale, drawn.scale),
        np.maximum(between(laws.exponent, drawn.exponent), 0.0),
        between(laws.at(curves.logs), drawn.at(curves.logs)),
    )


def _redrawn(
    curve: Repeated, resamples: int, generator: np.random.Generator, before: np.ndarray
) -> np.ndarray:
    seeds = len(curve.values)
    if seeds < 2:  # noqa: PLR2004 - nothing to draw from
        return before
    chosen = generator.integers(0, seeds, (resamples, seeds))
    found: np.ndarray = np.nan_to_num(curve.values)[chosen].mean(axis=1)
    return np.where(curve.there, np.log(np.where(curve.there, found, 1.0)), 0.0)


def _placed(
    used: np.ndarray, resamples: int, generator: np.random.Generator, fewest: int
) -> np.ndarray:
    """How often each used place is drawn, (resamples, places), `fewest` different ones."""
    shares = used / used.sum()
    found = generator.multinomial(used.sum(), shares, resamples)
    fewest = min(fewest, int(used.sum()) - 1)
    while (poor := (found > 0).sum(axis=1) < fewest).any():
        found[poor] = generator.multinomial(used.sum(), shares, int(poor.sum()))
    return found.astype(np.float64)


def _stretch(seeds: int, level: float) -> float:
    if seeds < 2:  # noqa: PLR2004 - one seed tells nothing of others
        return float("nan")
    tail = (1 + level) / 2
    return float(np.sqrt(seeds / (seeds - 1)) * student.ppf(tail, seeds - 1) / norm.ppf(tail))
