"""`least_squares_complexity`: how many samples least squares fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.regression import Regression, doubt_of_training
from ddspec.vocabulary.schema import integer, number
from ddspec.vocabulary.theory import Case, Theory
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class LeastSquaresComplexity(Theory):
    """The effective model complexity of least squares with p features, the most samples n that are
    fitted to an expected training loss of at most epsilon: p / (1 - epsilon / s2), since the
    training loss is s2 (1 - p/n)_+; infinite from epsilon = s2 on. Exact, whatever the inputs.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1 (there epsilon = 0.1).
    Example: least_squares_complexity(epsilon: 0.1, features: 20, noise_variance: 1)
    """

    gives: ClassVar[tuple[str, ...]] = ("effective_complexity",)
    needed: ClassVar[tuple[str, ...]] = ("features", "noise_variance")

    features: int | None = integer(
        "inputs that the model sees", default=None, at_least=1, unit="features"
    )
    noise_variance: float | None = number(
        "variance of y given the inputs it sees, those it does not see included",
        default=None,
        at_least=0,
    )
    epsilon: float = number("training loss that counts as fitted", default=0.1, at_least=0)

    def told(self, case: Case) -> Mapping[str, Any]:
        found = Regression().told(case)
        return {name: found[name] for name in self.needed if name in found}

    def doubt(self, case: Case) -> str:
        return doubt_of_training(case, penalized=False)

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        assert self.features is not None
        assert self.noise_variance is not None
        if self.epsilon >= self.noise_variance:
            return {"effective_complexity": float("inf")}
        return {"effective_complexity": self.features / (1 - self.epsilon / self.noise_variance)}
