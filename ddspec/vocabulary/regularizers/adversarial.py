"""`adversarial`: training on inputs perturbed against the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import choice, flag, integer, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class Adversarial(Regularizer):
    """Trains on x + d in place of x, where d, |d| <= radius, raises the loss of each sample by
    projected gradient ascent: `steps` times d <- P(d + step sign(dL/dx)) in the maximum norm, or
    P(d + step g / |g|), g = dL/dx, in the `l2` norm, where P takes d back within the radius and,
    where `low` and `high` are given, every input within them. d starts from 0, or uniformly at
    random within the radius. One step, of the radius itself, is the fast gradient sign method. The
    network is attacked as it trains, dropped units included.

    Source: Goodfellow, Shlens & Szegedy, "Explaining and harnessing adversarial examples", 2015,
    section 4; Madry et al., "Towards deep learning models resistant to adversarial attacks", 2018,
    section 2.1.
    Example: adversarial(8 / 255, steps: 7, random: true)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "radius"
    rank: ClassVar[int] = 60

    radius: float = number("largest norm of a perturbation", at_least=0, stacked=True)
    steps: int = integer("steps of ascent", default=1, at_least=1)
    step: float | None = number(
        "length of a step; without, the radius, or 2.5 / steps of it", default=None, above=0
    )
    norm: str = choice("norm of perturbations", "max", "l2", default="max")
    random: bool = flag("whether ascent starts at random", default=False)
    low: float | None = number("smallest input", default=None)
    high: float | None = number("largest input", default=None)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Inputs that have slopes."""
        return frozenset({"numbers"})

    @property
    def neutral(self) -> bool:
        return bool(self.radius == 0)

    def alter(self, seen: Examples, network: Network) -> Examples:
        import torch

        def loss(moved: Tensor) -> Tensor:
            each = network.loss(network(seen.inputs + moved), seen.targets)
            return (each * (seen.weights > 0)).sum()

        length = self.step if self.step is not None else self._length()
        moved = self._start(seen)
        for _ in range(self.steps):
            slope = torch.func.grad(loss)(moved)
            moved = self._within(moved + (length * self._direction(slope)).to(moved.dtype), seen)
        return attrs.evolve(seen, inputs=(seen.inputs + moved).detach())

    def _length(self) -> float:
        return self.radius if self.steps == 1 else 2.5 * self.radius / self.steps

    def _direction(self, slope: Tensor) -> Tensor:
        if self.norm == "max":
            return slope.sign()
        return slope / slope.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-30)

    def _start(self, seen: Examples) -> Tensor:
        import torch

        if not self.random:
            return torch.zeros_like(seen.inputs)
        from ddspec.vocabulary.counters import normal, stream, uniform

        rows, columns = seen.inputs.shape
        if self.norm == "max":
            drawn = uniform(seen.key, stream("adversarial", "start"), rows, columns) * 2 - 1
        else:  # uniform in the ball
            drawn = normal(seen.key, stream("adversarial", "start"), rows, columns)
            share = uniform(seen.key, stream("adversarial", "length"), rows, 1) ** (1 / columns)
            drawn = drawn / drawn.square().sum(dim=1, keepdim=True).sqrt() * share
        return self._within((self.radius * drawn).to(seen.inputs.dtype), seen)

    def _within(self, moved: Tensor, seen: Examples) -> Tensor:
        import torch

        if self.norm == "max":
            bound = (moved.new_ones(()) * self.radius).to(moved.dtype)
            moved = torch.minimum(torch.maximum(moved, -bound), bound)
        else:
            length = moved.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-30)
            moved = moved * (self.radius / length).clamp(max=1).to(moved.dtype)
        if self.low is None and self.high is None:
            return moved
        return (seen.inputs + moved).clamp(self.low, self.high) - seen.inputs
