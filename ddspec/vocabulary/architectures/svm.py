"""`svm`: the linear classifier of largest margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.linear_estimator import LinearEstimator
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Svm(LinearEstimator):
    """min mean_i h_i + (strength / 2) |W|^2 with the hinge loss of Crammer & Singer,
    h_i = max(0, 1 + max over c other than y_i of (w_c - w_(y_i)) . a_i), which is also the loss
    that is recorded. At strength 0 the limit: the hard margin, min |W|^2 subject to every h_i = 0,
    exactly; where samples cannot be separated, the least mean hinge loss, by a linear program.
    A class without training samples has weights 0.

    Source: Crammer & Singer, "On the algorithmic implementation of multiclass kernel-based vector
    machines", 2001; Soudry et al., "The implicit bias of gradient descent on separable data", 2018.
    Example: svm(of: random_features(features: width))
    """

    needs_classes: ClassVar[bool] = True

    strength: float = number("strength of the squared penalty", default=0, at_least=0)

    def losses(self, outputs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        import numpy as np

        own = (outputs * wanted).sum(axis=1)
        rivals = np.where(wanted > 0, -np.inf, outputs).max(axis=1)
        loss: np.ndarray = (1 + rivals - own).clip(min=0)
        return loss

    def solved(
        self, features: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> np.ndarray:
        import numpy as np

        from ddspec.vocabulary.margins import Machine, largest_margin

        present, labels = np.unique(wanted.argmax(axis=1), return_inverse=True)
        weights = np.zeros((features.shape[1], wanted.shape[1]))
        if len(present) > 1:
            machine = Machine(features, labels, counts, draws.key("svm") % 2**32)
            found = machine.soft(self.strength) if self.strength else largest_margin(machine)
            weights[:, present] = found
        return weights
