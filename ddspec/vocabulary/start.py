"""A start: where a run takes its first weights from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.word import Word

if TYPE_CHECKING:
    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.seen import Tensors


class Start(Word):
    """Where a run takes its first weights from: its own draws, or the trained weights of the cell
    before it along the axis `over`.
    """

    kind = "start"
    over: str = ""

    def applies(self, parameters: int) -> bool:
        """Whether a network of so many parameters starts from the one before."""
        raise NotImplementedError

    def grown(self, own: Tensors, trained: Tensors, draws: Draws) -> Tensors:
        """The first weights by name, from a network's own and the trained ones of the one before.

        Raises DdspecError where they do not fit.
        """
        raise NotImplementedError
