"""`distance_to_init`: a penalty on how far the weights are from where they started."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network, Tensors


@word
class DistanceToInit(Regularizer):
    """Adds (strength / 2) |w - w_0|^2 over all trained parameters, w_0 the first weights.

    Source: Hu, Li & Yu, "Simple and effective regularization methods for training on noisily
    labeled data", 2020, section 3.1 (regularization by the distance to initialization).
    Example: distance_to_init(1e-3)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    rank: ClassVar[int] = 80

    strength: float = number("strength of the penalty", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        return r"\frac{<strength>}{2} \lVert w - w_0 \rVert_2^2"

    def start(self, weights: Tensors, buffers: Tensors) -> Tensors:
        return {name: weight.clone() for name, weight in weights.items()}

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        import torch

        first = network.held
        moved = [(w - first[name]).square().sum() for name, w in network.weights.items()]
        return mean + self.strength / 2 * torch.stack(moved).sum()
