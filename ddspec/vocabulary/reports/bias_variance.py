"""`bias_variance`: the risk in parts, over the runs that replicates make."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import choice, number


@word
class BiasVariance(Report):
    """Bias, variance and noise of the predictions at the end of training: risk = bias + variance
    + noise, with intervals by the jackknife over training sets. `squared`: (f - y)^2, bias
    unbiased by variance / N; the variance is split where replicates are (`seed.data`, `seed.init`,
    `seed.order`). `cross_entropy`: about the normalized geometric mean of the predicted
    probabilities. `zero_one`: about the class that most runs choose. `noise`: the variance of the
    noise in test targets, when it is known; otherwise it is part of the bias.

    Needs `said: predictions()` and `true: targets()` of the same samples in `measure { }`, or
    `prediction_bias()` and `prediction_variance()`, which give no interval.

    Source: Geman, Bienenstock & Doursat, "Neural networks and the bias/variance dilemma", 1992;
    Neal et al., "A modern take on the bias-variance tradeoff in neural networks", 2018; Yang et
    al., "Rethinking bias-variance trade-off for generalization of neural networks", 2020; Domingos,
    "A unified bias-variance decomposition and its applications", 2000.
    Example: bias_variance(loss: squared)
    """

    fewest_seeds: ClassVar[int] = 3  # without which it has no bands

    loss: str = choice(
        "the loss that is decomposed", "squared", "cross_entropy", "zero_one", default="squared"
    )
    noise: float = number(
        "variance of the noise in test targets (squared loss)", default=0.0, at_least=0
    )
