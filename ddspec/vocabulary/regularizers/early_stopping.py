"""`early_stopping`: the network of the time when it was best on validation samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import Duration, choice, duration, integer, number
from ddspec.vocabulary.watch import Watch

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Tensors

ONE_EPOCH = Duration(1, "epochs")


@word
class EarlyStopping(Regularizer):
    """Keeps the weights of the time at which a validation risk was lowest, and ends training once
    `patience` looks in a row have brought no improvement; without `patience` it only keeps. It
    looks before the first step and then `every` so often. What is read at a time t is the network
    that early stopping would return at t: that of the best look so far. An improvement is a risk
    lower than the lowest by more than `least`.

    Source: Prechelt, "Early stopping: but when?", 1998, section 2.2 (criterion UP, and the best
    weights returned).
    Example: early_stopping(patience: 10, every: 5 epochs)
    """

    acts: ClassVar[Literal["trajectory"]] = "trajectory"
    native: ClassVar[bool] = True  # what it does is done between steps

    patience: int | None = integer(
        "looks without improvement that end training; without, it goes on",
        default=None,
        at_least=1,
    )
    every: Duration = duration("time between looks", default=ONE_EPOCH)
    minimise: str = choice(
        "what is looked at", "validation_loss", "validation_error", default="validation_loss"
    )
    least: float = number("improvement that does not count", default=0.0, at_least=0)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in time."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Samples to look at, and classes for an error."""
        errors = {"classes"} if self.minimise == "validation_error" else set()
        return frozenset({"validation", *errors})

    def watch(self) -> Watch:
        judge = _Judge(self.least, self.patience, self.every.count)
        return Watch(quantity=self.minimise, every=self.every, best=True, judge=judge)


@attrs.frozen
class _Judge:
    """Keeps the best; over once `patience` looks, `apart` in time, were no better."""

    least: float
    patience: int | None
    apart: int

    def __call__(
        self, risk: Tensor, noted: Tensors, passed: Tensor
    ) -> tuple[Tensor, Tensor, Tensors]:
        import torch

        lowest = noted.get("lowest", torch.full_like(risk, torch.inf))
        since = noted.get("since", torch.zeros_like(risk))
        better = risk < lowest - self.least
        since = torch.where(better, passed.to(risk.dtype), since)
        over = torch.zeros_like(better)
        if self.patience is not None:
            over = passed - since >= self.patience * self.apart
        return better, over, {"lowest": torch.where(better, risk, lowest), "since": since}
