"""`orthogonal_descent`: gradient descent with inputs of several scales, all orthogonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.regression import Descent, descent_told, doubt_of_linear, doubt_of_steps
from ddspec.vocabulary.schema import integer, integers, number, numbers
from ddspec.vocabulary.theory import Case
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np


@word
class OrthogonalDescent(Descent):
    """Full-batch gradient descent from zero on the mean squared error, inputs orthogonal over the
    training set: X'X/n is diagonal. Exact after every number k of steps.

    Block j has `sizes`[j] inputs of variance v_j = `variances`[j], coefficients of squared norm
    `signals`[j], and shrinks its error by c_j = 1 - 2 lr v_j. Test loss = s2 + sum_j [v_j signal_j
    c_j^2k + size_j (s2/n) (1 - c_j^k)^2]. One scale gives a U shape; a fast block that overfits and
    a slow one that is still learning give epoch-wise double descent.

    Source: Heckel & Yilmaz, "Early stopping in deep networks: double descent and how to eliminate
    it", 2021, theorem 1.
    Example: orthogonal_descent(samples: 400, variances: [1, 0.01], sizes: [200, 20],
             signals: [2, 300], noise_variance: 4, lr: 0.025, updates: 1, length: 1_000)
    """

    needed: ClassVar[tuple[str, ...]] = ("samples", "lr", "updates", "length")

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    variances: tuple[float, ...] = numbers("variance of the inputs of each block", above=0)
    sizes: tuple[int, ...] = integers("inputs of each block", at_least=1)
    signals: tuple[float, ...] = numbers(
        "squared norm of the coefficients of each block", at_least=0
    )
    noise_variance: float = number("variance of y given x", at_least=0)

    def told(self, case: Case) -> Mapping[str, Any]:
        return {"samples": case.dataset.samples, **descent_told(case)}

    def doubt(self, case: Case) -> str:
        return doubt_of_linear(case) or doubt_of_steps(case)

    @property
    def impossible(self) -> str:
        if not len(self.variances) == len(self.sizes) == len(self.signals):
            return "`variances`, `sizes` and `signals` are not of the same length"
        if self.samples is not None and sum(self.sizes) > self.samples:
            return f"{sum(self.sizes)} inputs cannot be orthogonal over {self.samples} samples"
        return ""

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        import numpy as np

        assert self.lr is not None
        assert self.samples is not None
        variances, sizes = np.asarray(self.variances), np.asarray(self.sizes)
        noise = self.noise_variance / self.samples
        with np.errstate(over="ignore", invalid="ignore"):  # a rate that diverges
            left = (1 - 2 * self.lr * variances) ** self.steps(points)[:, None]
            explained = variances * np.asarray(self.signals)
            test = self.noise_variance + left**2 @ explained + (1 - left) ** 2 @ (sizes * noise)
            train = left**2 @ (explained + sizes * noise)
        return {"test_loss": test, "train_loss": train + noise * (self.samples - sizes.sum())}
