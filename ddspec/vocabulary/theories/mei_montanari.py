"""`mei_montanari`: ridge regression on random features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.regression import doubt_of_data, doubt_of_training, penalty_of
from ddspec.vocabulary.schema import ACTIVATIONS, choice, integer, number
from ddspec.vocabulary.theory import Case, Theory
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class MeiMontanari(Theory):
    """Ridge regression on N random features activation(W x / sqrt(d)) of d inputs, rows of W and x
    uniform on the sphere of radius sqrt(d) or normal, y = x.b + e, for n, N, d -> infinity.

    With a1 = E g(z) z, a2^2 = E g(z)^2 - (E g(z))^2 - a1^2 of the activation g, z = (a1/a2)^2, N/d
    and n/d, the test loss is |b|^2 B + s2 V + s2, where B and V are rational functions of z, N/d,
    n/d and the product c of two resolvents, which solves (N/d - q)(n/d - q) = c (N/d)(n/d) t d / (N
    a2^2), q = c + z c / (1 + z c), t = strength / 2; training loss = (1 - q d/n)^2 times the test
    loss. Infinite at strength 0 and N = n.

    Source: Mei & Montanari, "The generalization error of random features regression", 2022, theorem
    2 (there with a penalty of N/d times theirs, and -c in place of c).
    Example: mei_montanari(samples: 300, inputs: 100, features: 600, signal: 1, noise_variance: 0.1,
             activation: relu, strength: 0.001)
    """

    needed: ClassVar[tuple[str, ...]] = (
        *("samples", "inputs", "features"),
        *("signal", "noise_variance", "activation", "strength"),
    )

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    inputs: int | None = integer("inputs", default=None, at_least=1)
    features: int | None = integer("random features", default=None, at_least=1, unit="features")
    signal: float | None = number("squared norm of the coefficients", default=None, at_least=0)
    noise_variance: float | None = number("variance of y given x", default=None, at_least=0)
    activation: str | None = choice("nonlinearity of each feature", *ACTIVATIONS, default=None)
    strength: float | None = number("strength of `l2`", default=None, at_least=0)

    def told(self, case: Case) -> Mapping[str, Any]:
        data, network = case.dataset, case.architecture
        found: dict[str, Any] = {"samples": data.samples, "strength": penalty_of(case)}
        found["inputs"] = data.inputs
        if isinstance(network, RandomFeatures):
            found |= {"features": network.features, "activation": network.activation}
        if isinstance(data, LinearGaussian) and not data.unseen:
            found |= {"signal": data.signal_norm**2, "noise_variance": data.noise_std**2}
        return found

    def doubt(self, case: Case) -> str:
        data, network = case.dataset, case.architecture
        if not isinstance(network, RandomFeatures):
            return f"of `random_features`, the architecture is `{network.name()}`"
        if isinstance(data, LinearGaussian) and data.unseen:
            return "of inputs that are all shown, some are `unseen`"
        return doubt_of_data(case, equal=True) or doubt_of_training(case, penalized=True)

    @property
    def impossible(self) -> str:
        return "features of `identity` are linear" if self.activation == "identity" else ""

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from ddspec.vocabulary.featured import featured, moments

        assert self.samples is not None
        assert self.inputs is not None
        assert self.features is not None
        assert self.activation is not None
        assert self.strength is not None
        assert self.signal is not None
        assert self.noise_variance is not None
        linear, rest = moments(self.activation)
        ratios = self.features / self.inputs, self.samples / self.inputs
        found = featured(ratios, self.strength / 2, linear**2, rest)
        if found is None:
            return {"test_loss": float("inf"), "train_loss": 0.0}
        bias, variance, left = found
        test = self.signal * bias + self.noise_variance * (1 + variance)
        return {"test_loss": test, "train_loss": left**2 * test}
