"""A cell: one training run with every value resolved."""

from __future__ import annotations

import attrs

from ddspec.spec.model import Composition, Seed
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure


@attrs.frozen
class Cell:
    """One training run. Two cells are the same run exactly when their ids are equal.

    before: the cell whose trained weights it starts from; None where it draws its own.
    """

    id: str
    dataset: Dataset
    architecture: Architecture
    regularizer: Composition
    train: Procedure
    seed: Seed
    before: Cell | None = None
