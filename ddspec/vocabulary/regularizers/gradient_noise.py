"""`gradient_noise`: normal noise on the gradient that dies away."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network, Taken, Tensors


@word
class GradientNoise(Regularizer):
    """Adds N(0, variance / (1 + t)^decay) to every component of the gradient in step t = 0, 1, ...,
    before it is clipped.

    Source: Neelakantan et al., "Adding gradient noise improves learning for very deep networks",
    2015, equation 1.
    Example: gradient_noise(0.01)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "variance"
    rank: ClassVar[int] = 90

    variance: float = number("variance of the noise in the first step", at_least=0, stacked=True)
    decay: float = number("power of time it falls with", default=0.55, at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.variance == 0)

    def start(self, weights: Tensors, buffers: Tensors) -> Tensors:
        import torch

        some = next(iter(weights.values()))
        return {"steps": torch.zeros((), dtype=torch.float64, device=some.device)}

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        """A term noise . w, whose gradient is the noise."""
        from ddspec.vocabulary.counters import normal, stream

        std = (self.variance / (1 + network.held["steps"]) ** self.decay) ** 0.5
        for name, weight in network.weights.items():
            noise = normal(seen.key, stream("gradient_noise", name), 1, weight.numel())
            mean = mean + ((std * noise).view(weight.shape).to(weight.dtype) * weight).sum()
        return mean

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        return taken.after, {"steps": taken.held["steps"] + 1}
