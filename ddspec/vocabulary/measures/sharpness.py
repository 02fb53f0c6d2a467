"""`sharpness`: the largest eigenvalue of the Hessian of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class Sharpness(OfSamples):
    """The largest eigenvalue of d^2 L / dw^2, L the mean loss of the samples in evaluation,
    penalties left out: by `steps` steps of Lanczos' method, each vector made orthogonal to all
    before it.

    Source: Lanczos, "An iteration method for the solution of the eigenvalue problem", 1950; Cohen
    et al., "Gradient descent on neural networks typically occurs at the edge of stability", 2021.
    Example: sharpness(of: train, samples: 1_000)
    """

    steps: int = integer("products with the Hessian", default=20, at_least=2)

    def value(self, model: Observed) -> Tensor:
        from ddspec.vocabulary.counters import normal, stream
        from ddspec.vocabulary.measuring import curvature, joined, largest_eigenvalue

        like = joined(model.weights)
        start = normal(model.key, stream("sharpness"), 1, len(like))[0].to(like.dtype)
        steps = min(self.steps, len(like))
        return largest_eigenvalue(lambda vector: curvature(model, vector), start, steps)
