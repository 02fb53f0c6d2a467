"""`dropout`: units left out at random."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import choice, number


@word
class Dropout(Regularizer):
    """Sets each unit to zero with probability `rate` in training and scales the others by
    1 / (1 - rate); does nothing in evaluation. `at: hidden` acts after every hidden activation,
    `at: head` after the last one, `at: input` on the inputs, `at: preactivation` before every
    activation of a network whose layers follow one another and that brings no normalization.

    Source: Srivastava et al., "Dropout", JMLR 2014.
    Example: dropout(20%)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    strength_field: ClassVar[str] = "rate"

    rate: float = number("probability that a unit is dropped", at_least=0, below=1, stacked=True)
    at: str = choice("where it acts", "hidden", "head", "input", "preactivation", default="hidden")

    @property
    def native(self) -> bool:
        return self.at != "preactivation"

    @property
    def needs_here(self) -> frozenset[str]:
        """Traits needed where it acts: input dropout needs no hidden units."""
        if self.at == "input":
            return frozenset({"gradient"})
        between = {"successive"} if self.at == "preactivation" else set()
        return frozenset({"gradient", "hidden_units", *between})

    @property
    def neutral(self) -> bool:
        return bool(self.rate == 0)
