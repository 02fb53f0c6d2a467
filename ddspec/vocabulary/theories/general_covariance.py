"""`general_covariance`: ridge regression on inputs of unequal variances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.regression import (
    doubt_of_data,
    doubt_of_linear,
    doubt_of_training,
    features_of,
    penalty_of,
)
from ddspec.vocabulary.schema import choice, integer, number
from ddspec.vocabulary.theory import Case, Theory
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np

TAKEN = ("covariance", "decay", "alignment")


@word
class GeneralCovariance(Theory):
    """Ridge regression, or least norm at strength 0, on normal inputs of unequal variances v_i and
    with coefficients of unequal squares b_i^2: the deterministic equivalent, for n, p -> infinity.

    With t = strength / 2, k solves k (1 - sum v_i / (v_i + k) / n) = t. Test loss = [k^2 sum b_i^2
    v_i / (v_i + k)^2 + s2] / (1 - sum (v_i / (v_i + k))^2 / n), training loss = (t / k)^2 times
    that. At strength 0 and p < n - 1 features the exact s2 (1 + p / (n - p - 1)) and s2 (1 - p/n),
    whatever the variances.

    Variances and coefficients are those of `linear_gaussian`, averaged over its coefficients:
    `inputs` of which the first `features` are seen; the others count as noise.

    Source: Dobriban & Wager 2018; Wu & Xu, "On the optimal weighted l2 regularization in
    overparameterized linear regression", 2020; Hastie et al., "Surprises in high-dimensional
    ridgeless least squares interpolation", 2022, theorems 2 and 5.
    Example: general_covariance(samples: 40, features: 100, inputs: 100, covariance: power,
             decay: 1.5, alignment: 0, signal: 1, noise_variance: 0.25, strength: 0.001)
    """

    needed: ClassVar[tuple[str, ...]] = (
        *("samples", "features", "inputs", "signal", "noise_variance", "strength"),
        *TAKEN,
    )

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    features: int | None = integer(
        "inputs that the model sees, the first ones", default=None, at_least=1, unit="features"
    )
    inputs: int | None = integer("inputs that generate y", default=None, at_least=1)
    covariance: str | None = choice(
        "how variances fall, as in `linear_gaussian`",
        "isotropic",
        "geometric",
        "power",
        default=None,
    )
    decay: float | None = number("ratio (geometric) or exponent (power)", default=None, at_least=0)
    alignment: float | None = number(
        "power of an input's variance that its coefficient has for variance", default=None
    )
    signal: float | None = number(
        "squared norm of the coefficients of all inputs", default=None, at_least=0
    )
    noise_variance: float | None = number(
        "variance of y given all inputs", default=None, at_least=0
    )
    strength: float | None = number("strength of `l2`", default=None, at_least=0)

    def told(self, case: Case) -> Mapping[str, Any]:
        data, seen = case.dataset, features_of(case)
        found: dict[str, Any] = {"samples": data.samples, "strength": penalty_of(case)}
        if seen is not None:
            found["features"] = seen
        if isinstance(data, LinearGaussian):
            found |= {name: getattr(data, name) for name in TAKEN}
            found["inputs"] = data.features + data.unseen
            found |= {"signal": data.signal_norm**2, "noise_variance": data.noise_std**2}
        return found

    def doubt(self, case: Case) -> str:
        data = case.dataset
        if isinstance(data, LinearGaussian) and data.active and data.alignment:
            return "of coefficients none of which is 0, these are `active` in some places"
        return (
            doubt_of_data(case, equal=False)
            or doubt_of_linear(case)
            or doubt_of_training(case, penalized=True)
        )

    @property
    def impossible(self) -> str:
        if (self.features or 1) <= (self.inputs or 1):
            return ""
        return f"{self.features} of {self.inputs} inputs cannot be seen"

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from ddspec.vocabulary.equivalent import equivalent, expected_squares

        same: dict[str, Any] = {name: getattr(self, name) for name in TAKEN}
        same |= {"samples": 1, "features": self.inputs}
        data = LinearGaussian(**same)
        assert self.samples is not None
        assert self.signal is not None
        assert self.noise_variance is not None
        assert self.strength is not None
        variances, seen = data.variances(), self.features
        squares = self.signal * expected_squares(variances ** float(self.alignment or 0))
        explained = variances * squares
        noise = self.noise_variance + float(explained[seen:].sum())
        test, train = equivalent(
            variances[:seen], squares[:seen], self.samples, noise, self.strength / 2
        )
        return {"test_loss": test, "train_loss": train}
