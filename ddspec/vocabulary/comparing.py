"""What measures across cells record of each, and how they compare it; loads no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from ddspec.vocabulary.measure import Measure, OfClasses, OfOutputs

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed

LOSSES = ("squared", "kohavi", "domingos")


@attrs.frozen(kw_only=True, slots=False)
class Residuals(OfOutputs):
    """What is predicted less what is wanted, (samples, outputs): of a loss over classes,
    probabilities less one-hot labels.
    """

    def shape(self, outputs: int) -> tuple[int, ...]:
        return (self.samples or 0, outputs)

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import shares, wanted

        predicted = shares(model, outputs)
        return predicted - wanted(predicted, model.targets)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        return each


@attrs.frozen(kw_only=True, slots=False)
class Choices(OfClasses):
    """By how many classes the predicted one lies after the label, (samples,): 0 where it is met."""

    def shape(self, outputs: int) -> tuple[int, ...]:
        return (self.samples or 0,)

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import labels

        return (outputs.argmax(dim=-1) - labels(model.targets)) % outputs.shape[-1]

    def total(self, model: Observed, each: Tensor) -> Tensor:
        return each


def recorded(loss: str, of: str, samples: int) -> Measure:
    """What is recorded of each cell for the decomposition of a loss."""
    return (Residuals if loss == "squared" else Choices)(of=of, samples=samples)


def variance(loss: str, values: np.ndarray) -> np.ndarray:
    """The variance over cells, (), of what was recorded of them, (cells, samples, ...)."""
    import numpy as np

    if loss == "squared":
        return np.asarray(values.astype(np.float64).var(axis=0, ddof=1).mean())
    if loss == "kohavi":
        return impurity(values)
    return np.asarray(1 - _shares(values).max(axis=0).mean())


def bias(loss: str, values: np.ndarray) -> np.ndarray:
    """The bias over cells, (), of what was recorded of them, (cells, samples, ...)."""
    import numpy as np

    if loss == "squared":
        return np.asarray(np.square(values.astype(np.float64)).mean() - variance(loss, values))
    if loss == "kohavi":
        return np.asarray((values != 0).mean() - impurity(values))
    return np.asarray((_shares(values).argmax(axis=0) != 0).mean())


def impurity(values: np.ndarray) -> np.ndarray:
    """Half the share of pairs of cells that choose differently, (), of choices (cells, samples):
    the unbiased (1 - sum p^2) / 2.
    """
    import numpy as np

    cells = len(values)
    alike = np.square(_shares(values)).sum(axis=0).mean()
    return np.asarray((1 - alike) / 2 * cells / (cells - 1))


def _shares(values: np.ndarray) -> np.ndarray:
    """The share of the cells that make each choice, (choices, samples); 0 is to meet the label."""
    import numpy as np

    choices = np.arange(int(values.max(initial=0)) + 1)
    return np.asarray((values[None] == choices[:, None, None]).mean(axis=1))
