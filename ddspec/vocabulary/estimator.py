"""An estimator: an architecture that a library fits to all samples at once; loads no library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, NoReturn

import attrs

from ddspec.vocabulary.kinds import Architecture

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@attrs.frozen(eq=False)
class Fitted:
    """A fitted estimator.

    outputs: inputs (n, d) float64 to outputs (n, k) float64. weights: what measures are shown, by
    name; empty where an estimator has none.
    """

    outputs: Callable[[np.ndarray], np.ndarray]
    weights: Mapping[str, np.ndarray] = attrs.field(factory=dict)


class Estimator(Architecture):
    """An architecture that `fit()` fits; it takes no steps and has no epochs."""

    traits: ClassVar[frozenset[str]] = frozenset({"estimator"})
    needs_classes: ClassVar[bool] = False

    @property
    def basis(self) -> Architecture | None:
        """The network whose last layer is fitted: inputs are then its features, (n, p).

        None: the samples themselves.
        """
        return None

    def fitted(
        self, inputs: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> Fitted:
        """The estimator fitted to inputs (n, d) float64 and what they should give (n, k) float64.

        Classes are one-hot. counts: (n,) float64, what each sample counts; None: one each.
        """
        raise NotImplementedError

    def losses(self, outputs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """The loss of each sample, (n,), of outputs (n, k): the squared error, averaged over k."""
        loss: np.ndarray = ((outputs - wanted) ** 2).mean(axis=1)
        return loss

    def work(self, samples: int, inputs: int, outputs: int) -> float:
        """Floating-point operations that fitting takes, roughly."""
        raise NotImplementedError

    def build(self, *_: object) -> NoReturn:
        """An estimator is no network."""
        raise TypeError(f"{self.name()} is fitted, not built")
