"""`weight_averaging`: what is read is an average of the weights over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import choice, integer, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from ddspec.vocabulary.seen import Taken, Tensors


@word
class WeightAveraging(Regularizer):
    """Trains as without, and reads the network of averaged weights: `swa`, the plain mean, or
    `ema`, a <- decay a + (1 - decay) w, of the weights after steps start + every, start + 2 every,
    ... The first of them is the average as it begins; before, the weights themselves are read.
    Running averages of batch normalization are averaged like weights, as torch's AveragedModel does
    with use_buffers.

    Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization",
    2018, algorithm 1; Polyak & Juditsky, 1992.
    Example: weight_averaging(swa, start: 1_000 steps, every: 100)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    separable: ClassVar[bool] = True
    rank: ClassVar[int] = 150

    mean: str = choice("plain mean or exponential moving average", "swa", "ema", default="swa")
    decay: float = number(
        "what `ema` keeps of the average in a step",
        default=0.999,
        at_least=0,
        below=1,
        stacked=True,
    )
    after: int = integer(
        "steps before averaging",
        default=0,
        at_least=0,
        unit="steps",
        name="start",
        stacked=True,
    )
    every: int = integer(
        "steps between averaged weights", default=1, at_least=1, unit="steps", stacked=True
    )

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    def start(self, weights: Tensors, buffers: Tensors) -> Tensors:
        import torch

        averages = {f"mean:{name}": weight.clone() for name, weight in weights.items()}
        averages |= {f"buffer:{name}": tensor.clone() for name, tensor in _averaged(buffers)}
        some = next(iter(weights.values()))
        none = torch.zeros((), dtype=torch.float64, device=some.device)
        return {**averages, "steps": none, "averaged": none.clone()}

    def settle(self, taken: Taken) -> tuple[Tensors, Tensors]:
        import torch

        steps, averaged = taken.held["steps"] + 1, taken.held["averaged"]
        late = steps - self.after
        due = (late > 0) & (late % self.every == 0)
        share = 1 / (averaged + 1)
        if self.mean == "ema":
            share = torch.where(averaged == 0, 1.0, 1 - self.decay)
        share = torch.where(due, share, 0.0)
        held = {"steps": steps, "averaged": averaged + due}
        now = {f"mean:{name}": weight for name, weight in taken.after.items()}
        now |= {f"buffer:{name}": tensor for name, tensor in _averaged(taken.buffers)}
        for name, value in now.items():
            old = taken.held[name]
            held[name] = old + share.to(old.dtype) * (value - old)
        return taken.after, held

    def shown(self, weights: Tensors, buffers: Tensors, held: Tensors) -> tuple[Tensors, Tensors]:
        import torch

        begun = held["averaged"] > 0
        means = {n: torch.where(begun, held[f"mean:{n}"], w) for n, w in weights.items()}
        seen = {n: torch.where(begun, held[f"buffer:{n}"], b) for n, b in _averaged(buffers)}
        return means, buffers | seen


def _averaged(buffers: Tensors) -> Iterator[tuple[str, Tensor]]:
    """The buffers that training moves: running averages."""
    for name, tensor in buffers.items():
        if name.rpartition(".")[2] in ("running_mean", "running_var"):
            yield name, tensor
