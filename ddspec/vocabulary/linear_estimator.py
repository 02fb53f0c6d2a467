"""Linear estimators: weights of a model that is linear in them, found without steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.estimator import Estimator, Fitted
from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape
from ddspec.vocabulary.schema import word_of

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@attrs.frozen(kw_only=True, slots=False)
class LinearEstimator(Estimator):
    """Weights W, (p, k), of outputs A W: A has the features of a model linear in its parameters,
    the model `of`; a bias of that model is a weight like any other.
    """

    passes: ClassVar[float] = 1000.0  # over the design matrix that finding the weights takes

    of: Architecture = word_of(
        "architecture", "the model, linear in its parameters, whose weights are found",
        default=Linear(),
    )  # fmt: skip

    @property
    def basis(self) -> Architecture:
        return self.of

    @property
    def random(self) -> bool:  # type: ignore[override]  # only the model's features are drawn
        """Whether anything is drawn."""
        return self.of.random

    @property
    def least_inputs(self) -> int:
        return self.of.least_inputs

    @property
    def least_shape(self) -> Shape:  # type: ignore[override]
        """The least shape of samples that the model takes."""
        return self.of.least_shape

    def unfit(self, shape: Shape) -> str:
        return self.of.unfit(shape)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.of.parameters(shape, outputs)

    def work(self, samples: int, inputs: int, outputs: int) -> float:
        features = self.of.parameters((inputs,), outputs) // outputs
        return self.passes * samples * features * outputs

    def solved(
        self, features: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> np.ndarray:
        """The weights, (p, k), for features (n, p) and targets (n, k)."""
        raise NotImplementedError

    def fitted(
        self, inputs: np.ndarray, wanted: np.ndarray, counts: np.ndarray | None, draws: Draws
    ) -> Fitted:
        weights = self.solved(inputs, wanted, counts, draws)
        return Fitted(lambda rows: rows @ weights, {"weight": weights})
