"""`mse`: the mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word

if TYPE_CHECKING:
    from torch import Tensor


@word
class Mse(Loss):
    """The squared error averaged over outputs, without a factor 1/2; classes are one-hot targets,
    and a distribution over classes is a target as it is.

    Source: Hui & Belkin, "Evaluation of neural architectures trained with square loss", 2021.
    Example: mse
    """

    native: ClassVar[bool] = True

    def formula(self) -> str:
        return r"\frac{1}{k} \lVert f(x) - y \rVert_2^2"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        import torch

        wanted = targets if targets.dim() > 1 else targets[:, None]
        if not targets.is_floating_point():  # one-hot; torch's own looks at values, so cannot map
            wanted = wanted == torch.arange(outputs.shape[-1], device=outputs.device)
        return (outputs - wanted.to(outputs.dtype)).square().mean(dim=-1)
