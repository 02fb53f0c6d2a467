"""`peaks`: where risk peaks, how high, and how often it falls."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import choice, text


@word
class Peaks(Report):
    """The peaks of a quantity along an axis that noise alone would not make, any number of them:
    place, height and prominence, with intervals over seeds, and the number of falls (two are double
    descent). A peak's prominence, its height above the higher valley beside it, is compared with
    those of flat curves whose seeds' signs are flipped, all peaks of a curve at 5 % together;
    intervals are reflected bootstrap intervals of whole seeds.

    Source: Belkin et al., "Reconciling modern machine learning practice", 2019; d'Ascoli et al.,
    "Triple descent and the two kinds of overfitting", 2020.
    Example: peaks(test_error, along: width)
    """

    fewest_seeds: ClassVar[int] = 3  # without which it has no bands

    of: str = text(
        "a quantity, or test_loss where no errors are", default="test_error", refers="quantity"
    )
    along: str = text(
        "an axis, or the first of numbers where no width is", default="width", refers="axis"
    )
    at: Literal["end", "best"] = choice(
        "which reading of each run: best is on validation", "end", "best", default="end"
    )
