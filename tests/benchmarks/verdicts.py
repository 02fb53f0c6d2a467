"""How often curves are called non-monotone, or monotone, by rules and tests: level and power.

    python -m tests.benchmarks.verdicts [--quick]

Simulated curves whose truth is known, in units of the standard deviation of a run. Ours is
`ddspec.analysis.phenomena.verdicts`; the common practice calls a curve non-monotone where some
later mean is above an earlier one and their error bars, 1.96 standard errors, do not overlap.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator, default_rng

from ddspec.analysis.phenomena.verdicts import MONOTONE, NOT_MONOTONE, verdicts
from tests.benchmarks.table import Table, alone

PLACES = 12
SEEDS = (3, 5, 10, 20)
DELTA = 2.0  # standard deviations of a run
LEVEL = 0.05
ALONG = np.linspace(0.0, 1.0, PLACES)
GROWING = np.linspace(0.3, 2.1, PLACES)
BUMP = 4.0 * np.exp(-0.5 * ((ALONG - 0.5) / 0.08) ** 2) - 5.0 * ALONG
RISING = -10.0 * ALONG + (DELTA + 10.0 / (PLACES - 1)) * (ALONG > 0.5)  # in one step
# The mean along the axis, the spread along it, and whether it is correlated along it.
CASES = {
    "flat": (0 * ALONG, 1 + 0 * ALONG, False),
    "flat, spread grows 7-fold": (0 * ALONG, GROWING, False),
    "flat, spread shrinks 7-fold": (0 * ALONG, GROWING[::-1], False),
    "flat, correlated along": (0 * ALONG, 1 + 0 * ALONG, True),
    "slope of 5": (-5 * ALONG, 1 + 0 * ALONG, False),
    "slope of 50": (-50 * ALONG, 1 + 0 * ALONG, False),
    "slope of 50, spread shrinks": (-50 * ALONG, GROWING[::-1], False),
    "bump": (BUMP, 1 + 0 * ALONG, False),
    "bump, spread grows 7-fold": (BUMP, GROWING, False),
    "rise of delta": (RISING, 1 + 0 * ALONG, False),
    "rise of delta, spread grows": (RISING, GROWING, False),
}


def simulated(case: str, seeds: int, count: int, generator: Generator) -> np.ndarray:
    """Curves of a case, (count, seeds, places); runs of a seed have a common part."""
    mean, spread, correlated = CASES[case]
    noise = generator.standard_normal((count, seeds, PLACES))
    if correlated:
        for place in range(1, PLACES):
            noise[..., place] = 0.8 * noise[..., place - 1] + 0.6 * noise[..., place]
    return np.asarray(mean + spread * noise + generator.standard_normal((count, seeds, 1)))


def bars_apart(curves: np.ndarray) -> np.ndarray:
    """Where some later mean's error bar is above that of an earlier mean, (count,)."""
    means = curves.mean(axis=1)
    reach = 1.96 * curves.std(axis=1, ddof=1) / np.sqrt(curves.shape[1])
    lowest = np.minimum.accumulate(means + reach, axis=1)
    return np.asarray((means - reach > lowest).any(axis=1))


def largest_rise(mean: np.ndarray) -> float:
    """Of a true curve."""
    return float((mean - np.minimum.accumulate(mean)).max())


def measure(*, quick: bool = False) -> Table:
    """Rates of every case and number of seeds, in percent."""
    count, generator, rows = 200 if quick else 1_000, default_rng(0), []
    for case, (mean, _, _) in CASES.items():
        for seeds in SEEDS:
            curves = simulated(case, seeds, count, generator)
            complete = np.zeros(count, bool)
            found = verdicts(curves, complete, DELTA, LEVEL, resamples=1023, seed=0)
            rise = largest_rise(mean)
            rates = (
                bars_apart(curves),
                found["p_value"] <= LEVEL,
                found["verdict"] == NOT_MONOTONE,
                found["verdict"] == MONOTONE,
                found["violation_low"] <= rise,
                found["violation_high"] >= rise,
            )
            shares = [f"{100 * rate.mean():.1f}" for rate in rates]
            rows.append([case, f"{seeds}", f"{rise:.1f}", *shares])
    return Table(
        title="Verdicts on monotonicity, percent of simulated curves",
        header=[
            *("curve", "seeds", "true rise", "bars do not overlap", "p <= 5 %"),
            *("not monotone", "monotone", "low covers", "high covers"),
        ],
        rows=rows,
        note=(
            f"{count:,} curves a line, {PLACES} places, in standard deviations of a run; delta is "
            f"{DELTA:g}, the level {100 * LEVEL:g} %. Where the true rise is 0, the columns of "
            "overlap and p are errors of the first kind; where it is delta or more, so is "
            "`monotone`. With 3 seeds no curve can be rejected."
        ),
    )


if __name__ == "__main__":
    alone(measure)
