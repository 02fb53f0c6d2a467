"""`pruning`: small weights set to zero for good, the others perhaps set back in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import choice, integer, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Taken, Tensors


@word
class Pruning(Regularizer):
    """After every `every` steps, `rounds` times, sets to zero the share of the weights that are
    left and smallest in magnitude, and keeps them zero: after round r, 1 - (1 - share)^r of all
    weights, rounded to a whole number. They are the smallest of the network or, `within: layer`, of
    each layer. With `rewind` the others are set to what they were after that many steps (0: the
    first weights), and train on from there. Biases and scales are not pruned. The state of the
    optimizer and its schedules run on. `parameters` stays the number of the dense network.

    Source: Frankle & Carbin, "The lottery ticket hypothesis", 2019, section 1; Frankle et al.,
    "Linear mode connectivity and the lottery ticket hypothesis", 2020 (rewinding).
    Example: pruning(80%, every: 1_000 steps, rewind: 0 steps)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    strength_field: ClassVar[str] = "share"
    rank: ClassVar[int] = 140

    share: float = number("share that a round sets to zero", at_least=0, at_most=1, stacked=True)
    every: int = integer("steps before each round", at_least=1, unit="steps", stacked=True)
    rounds: int = integer("times it prunes", default=1, at_least=1, stacked=True)
    within: str = choice("among which weights", "network", "layer", default="network")
    rewind: int | None = integer(
        "time to which the others return; without, they stay",
        default=None,
        at_least=0,
        unit="steps",
    )

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.share == 0) and self.rewind is None

    def start(self, weights: Tensors, buffers: Tensors) -> Tensors:
        import torch

        some = next(iter(weights.values()))
        held = {"steps": torch.zeros((), dtype=torch.float64, device=some.device)}
        held |= {f"left:{n}": torch.ones_like(w) for n, w in weights.items() if w.dim() > 1}
        if self.rewind is not None:
            held |= {f"early:{name}": weight.clone() for name, weight in weights.items()}
        return held

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        steps = taken.held["steps"] + 1
        weights, held = dict(taken.after), {**taken.held, "steps": steps}
        number = steps / self.every
        due = (number == number.floor()) & (number <= self.rounds)
        self._prune(weights, held, (due, number))
        if self.rewind is not None:
            self._rewind(weights, held, due)
        pruned = {n: w * held[f"left:{n}"] if w.dim() > 1 else w for n, w in weights.items()}
        return pruned, held

    def _prune(self, weights: Tensors, held: Tensors, now: tuple[Tensor, Tensor]) -> None:
        """Let masks go on without the smallest weights, where it is time."""
        import torch

        due, number = now
        sizes = {
            n: (w.abs() * held[f"left:{n}"]).flatten() for n, w in weights.items() if w.dim() > 1
        }
        gone = 1 - (1 - self.share) ** number
        if self.within == "layer":
            kept = {name: _largest(size, gone) for name, size in sizes.items()}
        else:
            parts = [len(size) for size in sizes.values()]
            chosen = torch.split(_largest(torch.cat([*sizes.values()]), gone), parts)
            kept = dict(zip(sizes, chosen, strict=True))
        for name, left in kept.items():
            old = held[f"left:{name}"]
            held[f"left:{name}"] = torch.where(due, left.view(old.shape).to(old.dtype), old)

    def _rewind(self, weights: Tensors, held: Tensors, due: Tensor) -> None:
        """Note the weights of the early time, and go back to them where it is time."""
        import torch

        now = held["steps"].eq(self.rewind)  # type: ignore[arg-type]  # a number here
        for name, weight in weights.items():
            early = torch.where(now, weight, held[f"early:{name}"])
            held[f"early:{name}"] = early
            weights[name] = torch.where(due, early, weight)


def _largest(sizes: Tensor, gone: Tensor) -> Tensor:
    """Which weights of those magnitudes, (n,), stay when a share of all is gone, (n,) bool."""
    order = sizes.argsort(stable=True).argsort()
    return order >= (gone * len(sizes)).round()
