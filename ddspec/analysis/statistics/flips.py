"""What noise alone does to a curve: its seeds, centered and with signs flipped, whole ones at once.

The residuals of a seed along a curve are not independent, and their spread is not the same
everywhere: multiplying the whole seed by a random sign keeps both. The curve of means is taken to
be flat, the least favorable curve for findings of rises.

Source: Davidson & Flachaire, "The wild bootstrap, tamed at last", 2008 (random signs).
"""

from __future__ import annotations

from typing import Final

import numpy as np

ROUNDING: Final = 1e-7  # of a value: what float32 cannot tell from equal


def pooled_error(curve: np.ndarray) -> float:
    """The standard error of the difference of two means of a curve, (seeds, places).

    s sqrt(2 / seeds), s pooled over places after the seed means and the place means are taken off:
    a seed that is above the others everywhere has no part in it. At least two of each are needed.
    """
    residual = curve - curve.mean(axis=0) - curve.mean(axis=1, keepdims=True) + curve.mean()
    seeds, places = curve.shape
    variance = (residual**2).sum() / ((seeds - 1) * (places - 1))
    error = float(np.sqrt(2 * variance / seeds))
    return error if error > ROUNDING * np.abs(curve).max() else 0.0


def noise_means(curve: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Means of a flat curve with the noise of `curve`, in units of `pooled_error`: (draws, places).

    Curves of as many seeds get the same signs: what is found in them is paired.
    """
    seeds, places = curve.shape
    centered = curve - curve.mean(axis=0)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (draws, seeds))
    means = signs @ centered / seeds
    # the sum of squares about row and column means, without making every draw's table
    rows = centered.mean(axis=1)
    around = (centered**2).sum() - places * (rows**2).sum()
    about = seeds * ((means - means.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    variance = np.maximum(around - about, 0.0) / ((seeds - 1) * (places - 1))
    error = np.sqrt(2 * variance / seeds)[:, None]
    enough = error > ROUNDING * np.abs(curve).max()
    return np.asarray(np.divide(means, error, out=np.zeros_like(means), where=enough))


def in_errors(size: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Differences of means in units of their error: infinite where seeds do not differ at all."""
    error = pooled_error(curve)
    if error:
        return size / error
    real = np.abs(size) > ROUNDING * np.abs(curve).max()
    return np.where(real, np.copysign(np.inf, size), 0.0)


def share_above(noise: np.ndarray, size: np.ndarray) -> np.ndarray:
    """p-values: how often noise (draws,) is at least `size`, counting what was seen as a draw."""
    above = (noise >= np.asarray(size)[..., None] - 1e-12).sum(axis=-1)
    return np.asarray((1 + above) / (1 + len(noise)))


def greatest_rise(means: np.ndarray) -> np.ndarray:
    """The largest later minus earlier value of each curve, (..., places) to (...)."""
    return np.asarray((means - np.minimum.accumulate(means, axis=-1)).max(axis=-1))


def greatest_hump(means: np.ndarray) -> np.ndarray:
    """The largest prominence of each curve, (..., places) to (...): how far a value stands above
    both the least value before it and the least after it.
    """
    before = np.minimum.accumulate(means, axis=-1)
    after = np.minimum.accumulate(means[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray((means - np.maximum(before, after)).max(axis=-1))
