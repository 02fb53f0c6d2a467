"""`path_sgd`: steps that do not see how a network is scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Optimizer, Schedule, word
from ddspec.vocabulary.schema import word_of

if TYPE_CHECKING:
    from torch import Tensor


@word
class PathSgd(Optimizer):
    """w_e = w_e - lr g_e / k_e, with k_e the sum over all paths through e, from an input or a bias
    to an output, of the product of the other weights' squares: the derivative of the squared path
    norm by w_e^2. With rectified units the function that is learned does not change when a unit's
    incoming weights are multiplied and its outgoing ones divided by a number. A weight that no path
    goes through stays.

    For chains of affine layers and elementwise activations as they are, without layers that a
    composition adds.

    Source: Neyshabur, Salakhutdinov & Srebro, "Path-SGD", 2015, section 4 (p = 2).
    Example: path_sgd(lr: 0.01)
    """

    needs: ClassVar[frozenset[str]] = frozenset({"feedforward", "bare"})

    lr: Schedule = word_of("schedule", "learning rate, a number or a schedule", lift="constant")

    def start(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return {}

    def step(
        self,
        weights: dict[str, Tensor],
        gradients: dict[str, Tensor],
        state: dict[str, Tensor],
        rate: Tensor,
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        import torch

        from ddspec.vocabulary.paths import weight_paths

        new, paths = {}, weight_paths(weights)
        for name, w in weights.items():
            through = paths[name]
            safe = torch.where(through > 0, through, 1)
            new[name] = w - rate * torch.where(through > 0, gradients[name] / safe, 0)
        return new, state
