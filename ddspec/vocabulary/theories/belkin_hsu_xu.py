"""`belkin_hsu_xu`: least squares on some of the inputs that generate the targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.regression import (
    doubt_of_data,
    doubt_of_linear,
    doubt_of_training,
    equal_variances,
    features_of,
)
from ddspec.vocabulary.schema import integer, number
from ddspec.vocabulary.theories.ridgeless import Ridgeless
from ddspec.vocabulary.theory import Case, Theory
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class BelkinHsuXu(Theory):
    """Least squares of least norm on p of D standard normal inputs, chosen at random, that all
    generate y: exact for every n, p and D.

    With |b|^2 the signal of all D inputs and s2 the noise, what is not seen is noise as well: s =
    s2 + |b|^2 (1 - p/D). Below n the test loss is s (1 + p / (n - p - 1)), above it is |b|^2 (p/D)
    (1 - n/p) + s (1 + n / (p - n - 1)), infinite for |n - p| <= 1; the training loss is s (1 -
    p/n)_+.

    Source: Belkin, Hsu & Xu, "Two models of double descent for weak features", 2020, theorem 1 and
    corollary 1.
    Example: belkin_hsu_xu(samples: 40, features: 60, inputs: 100, signal: 1, noise_variance: 0.25)
    """

    gives: ClassVar[tuple[str, ...]] = Ridgeless.gives
    needed: ClassVar[tuple[str, ...]] = (
        *("samples", "features", "inputs"),
        *("signal", "noise_variance"),
    )

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    features: int | None = integer(
        "inputs that the model sees", default=None, at_least=1, unit="features"
    )
    inputs: int | None = integer("inputs that generate y", default=None, at_least=1)
    signal: float | None = number(
        "squared norm of the coefficients of all inputs", default=None, at_least=0
    )
    noise_variance: float | None = number(
        "variance of y given all inputs", default=None, at_least=0
    )

    def told(self, case: Case) -> Mapping[str, Any]:
        data, seen = case.dataset, features_of(case)
        found: dict[str, Any] = {"samples": data.samples}
        if seen is not None:
            found["features"] = seen
        if isinstance(data, LinearGaussian) and equal_variances(data):
            found |= {
                "inputs": data.features + data.unseen,
                "signal": data.signal_norm**2,
                "noise_variance": data.noise_std**2,
            }
        return found

    def doubt(self, case: Case) -> str:
        return (
            doubt_of_data(case, equal=True)
            or doubt_of_linear(case)
            or doubt_of_training(case, penalized=False)
        )

    @property
    def impossible(self) -> str:
        if (self.features or 1) <= (self.inputs or 1):
            return ""
        return f"{self.features} of {self.inputs} inputs cannot be seen"

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        assert self.features is not None
        assert self.inputs is not None
        assert self.signal is not None
        assert self.noise_variance is not None
        share = self.features / self.inputs
        noise = self.noise_variance + (1 - share) * self.signal
        seen = Ridgeless(
            samples=self.samples,
            features=self.features,
            signal=share * self.signal,
            noise_variance=noise,
        )
        return seen.risks(points)
