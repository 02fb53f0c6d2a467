"""The kind of words that end training before its time is over; loads no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.watch import Watch
from ddspec.vocabulary.word import Word

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Tensors


class Stopping(Word):
    """When training ends before the length it may take: `until: train_error <= 1%` is a call of the
    word before the sign with the number behind it.
    """

    kind = "stopping"
    needs_classes: ClassVar[bool] = False

    def watch(self) -> Watch:
        """What ends a run, and keeps the weights it then has."""
        raise NotImplementedError


def until(quantity: str, at_most: float, every: Duration) -> Watch:
    """Ends a run at the first look at which a risk is at most a number."""

    def judge(risk: Tensor, noted: Tensors, passed: Tensor) -> tuple[Tensor, Tensor, Tensors]:
        del noted, passed
        over = risk <= at_most
        return over | True, over, {}

    return Watch(quantity, every, best=False, judge=judge)
