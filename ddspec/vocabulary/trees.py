"""What estimators made of trees share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ddspec.vocabulary.draws import Draws

# What a split looks at, and scikit-learn's name for it.
LOOKED_AT: Final[Mapping[str, str | float]] = {"sqrt": "sqrt", "all": 1.0}
# What it takes to sort a sample by an input, and to weigh a cut behind it for one output, in
# operations of a factorization: measured with 2,000 samples of 784 inputs.
SORTED, WEIGHED = 700.0, 120.0


def state(draws: Draws, *place: str | int) -> int:
    """A seed that scikit-learn takes, of the stream `draws`."""
    return draws.key(*place) % 2**32


def growing(samples: int, inputs: int, outputs: int, leaves: int, looks_at: str) -> float:
    """Operations that growing one tree takes, were its splits even."""
    looked = math.sqrt(inputs) if looks_at == "sqrt" else inputs
    levels = math.log2(min(leaves, samples) + 1)
    return samples * levels * looked * (SORTED + WEIGHED * outputs)
