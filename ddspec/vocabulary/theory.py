"""A theory: risks that a formula gives, to be drawn beside those that were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import attrs

from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure, Regularizer
from ddspec.vocabulary.word import Word

if TYPE_CHECKING:
    import numpy as np


Unit = Literal["epochs", "steps"]


@attrs.frozen(eq=False)
class Case:
    """What a cell is made of, for a theory of it. `unit`: of the trajectory, epochs or steps."""

    dataset: Dataset
    architecture: Architecture
    terms: tuple[Regularizer, ...]
    train: Procedure
    unit: Unit = "epochs"


class Theory(Word):
    """Risks that a formula gives. Its arguments may depend on axes; those that are not written are
    taken from the experiment, as far as a theory understands it.

    gives: the quantities of `risks`. needed: fields that must be known, written or taken.
    """

    kind = "theory"
    gives: ClassVar[tuple[str, ...]] = ("test_loss", "train_loss")
    needed: ClassVar[tuple[str, ...]] = ()

    def told(self, case: Case) -> Mapping[str, Any]:
        """What the words of a cell say of its fields, by field; others are absent."""
        return {}

    def doubt(self, case: Case) -> str:
        """Why it need not hold for a cell, after "it is "; empty where nothing is against it."""
        return ""

    @property
    def impossible(self) -> str:
        """Why there cannot be such values together; empty when there can."""
        return ""

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        """The expected value of each quantity: one number, or, where it changes in training, one at
        each of the `points` (in the trajectory's unit), and one at the end when there are none.
        """
        raise NotImplementedError


def changed(theory: Theory, fields: Mapping[str, Any]) -> Theory:
    """The theory with other values of some fields."""
    word: Any = theory
    made: Theory = attrs.evolve(word, **fields)
    return made
