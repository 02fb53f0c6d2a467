"""A watch: what decides during a run which weights are kept and when training ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from ddspec.vocabulary.schema import Duration

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Tensors


class Judge(Protocol):
    """Decides for k models at once, from a risk (k,) and what it noted at the last look."""

    def __call__(
        self, risk: Tensor, noted: Tensors, passed: Tensor
    ) -> tuple[Tensor, Tensor, Tensors]:
        """Whose weights to keep, (k,) bool; whose run is over, (k,) bool; and what to note.

        noted: empty at the first look, then as it was returned, (k,) each. passed: epochs or steps
        since the first look, in the unit of `every`, ().
        """


@attrs.frozen
class Watch:
    """A rule that looks at a risk now and then, keeps the weights of some time, and may end a run.

    quantity: `validation_loss`, `validation_error`, `train_loss` or `train_error`. every: how often
    it looks; it also looks before the first step. best: what is read is what was kept last, from
    the start; otherwise only once the run has ended. judge: see `Judge`.
    """

    quantity: str
    every: Duration
    best: bool
    judge: Judge
