"""Predictions of replicates at one design point to the parts of their risk, a loss at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ddspec.analysis.statistics.random_effects import Factors, components

Parts = dict[str, float]
TINY: Final = float(np.finfo(np.float32).tiny)  # probabilities are recorded in float32


def squared(predicted: np.ndarray, wanted: np.ndarray, names: tuple[str, ...]) -> Parts:
    """Squared error, mean over samples and outputs: risk = bias + variance, both unbiased.

    predicted (n_1, ..., n_k, samples, outputs) over the replicate axes `names`, each with two
    levels; wanted (samples, outputs). With several axes the variance is split: `variance_NAME` is
    what the axis makes alone, `variance_together` what only several make together.
    """
    found = {some: float(each.mean()) for some, each in components(predicted, len(names)).items()}
    risk = float(np.square(predicted - wanted).mean())
    variance = sum(found.values())
    parts = {"risk": risk, "bias": risk - variance, "variance": variance}
    return parts | (_split(found, names) if len(names) > 1 else {})


def cross_entropy(predicted: np.ndarray, wanted: np.ndarray, _: tuple[str, ...] = ()) -> Parts:
    """Cross-entropy, mean over samples: risk = bias + variance exactly, both plug-in estimates.

    predicted, probabilities (..., samples, classes), all leading axes replicates; wanted, a
    distribution over classes for each sample (samples, classes). The center is their normalized
    geometric mean c: variance = E KL(c || p), bias = the cross-entropy of c.

    Source: Heskes, "Bias/variance decompositions for likelihood-based estimators", 1998; Yang et
    al., "Rethinking bias-variance trade-off for generalization of neural networks", 2020.
    """
    logs = np.log(np.maximum(_flat(predicted), TINY))
    mean = logs.mean(axis=0)
    highest = mean.max(axis=-1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(mean - highest).sum(axis=-1))
    bias = -(wanted * (mean - normalizer[:, None])).sum(axis=-1)
    risk = -(wanted * mean).sum(axis=-1)
    each = {"risk": risk, "bias": bias, "variance": -normalizer * wanted.sum(axis=-1)}
    return {name: float(values.mean()) for name, values in each.items()}


def zero_one(predicted: np.ndarray, wanted: np.ndarray, _: tuple[str, ...] = ()) -> Parts:
    """Classification error, mean over samples: risk = bias + variance_unbiased - variance_biased.

    The main prediction is the class that most replicates choose; of several, each counts in part.
    bias: how often it is not the label. variance_unbiased: how often a replicate leaves it where it
    is right; variance_biased: how often one is right where it is not. `variance`, their
    difference, is negative where single replicates are right more often than their vote.

    Source: Domingos, "A unified bias-variance decomposition and its applications", 2000, sections
    2 and 3.
    """
    chosen = _flat(predicted).argmax(axis=-1)
    label = wanted.argmax(axis=-1)
    votes = (chosen[:, :, None] == np.arange(wanted.shape[-1])).mean(axis=0)
    first = votes == votes.max(axis=-1, keepdims=True)
    rows = np.arange(len(label))
    right = first[rows, label] / first.sum(axis=-1)
    met = votes[rows, label]
    parts = {
        "risk": 1 - met,
        "bias": 1 - right,
        "variance": right - met,
        "variance_unbiased": right * (1 - met),
        "variance_biased": (1 - right) * met,
    }
    return {name: float(values.mean()) for name, values in parts.items()}


LOSSES: Final[dict[str, Callable[[np.ndarray, np.ndarray, tuple[str, ...]], Parts]]] = {
    "squared": squared,
    "cross_entropy": cross_entropy,
    "zero_one": zero_one,
}
FEWEST: Final = 3  # replicates of which one can be left out
# What the jackknife also rids of its bias in the number of replicates: smooth, and not unbiased.
CORRECTED: Final = frozenset({"cross_entropy"})


def jackknifed(
    loss: str, predicted: np.ndarray, wanted: np.ndarray, names: tuple[str, ...]
) -> tuple[Parts, Parts]:
    """The parts of the risk, and the standard error of each, over the first replicate axis.

    Standard errors are those of leaving one level of that axis out, NaN with fewer than three.
    Cross-entropy's parts are corrected by the same means, so that their error falls as 1 / n^2.

    Source: Efron & Stein, "The jackknife estimate of variance", 1981; Quenouille, "Notes on bias
    in estimation", 1956.
    """
    whole, count = LOSSES[loss](predicted, wanted, names), len(predicted)
    if count < FEWEST:
        return whole, dict.fromkeys(whole, np.nan)
    left = [LOSSES[loss](np.delete(predicted, n, 0), wanted, names) for n in range(count)]
    without = {name: np.array([each[name] for each in left]) for name in whole}
    errors = {name: float(np.sqrt((count - 1) * values.var())) for name, values in without.items()}
    if loss in CORRECTED:
        whole = {n: count * v - (count - 1) * float(without[n].mean()) for n, v in whole.items()}
    return whole, errors


def _flat(predicted: np.ndarray) -> np.ndarray:
    """Replicates (n, samples, classes), whatever their axes."""
    return predicted.reshape(-1, *predicted.shape[-2:])


def _split(found: dict[Factors, float], names: tuple[str, ...]) -> Parts:
    alone = {f"variance_{name}": found[(place,)] for place, name in enumerate(names)}
    return alone | {"variance_together": sum(v for some, v in found.items() if len(some) > 1)}
