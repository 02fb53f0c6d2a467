"""`more_data_hurts`: where risk rises with more samples, or more training."""

from __future__ import annotations

from typing import ClassVar, Literal

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import choice, text


@word
class MoreDataHurts(Report):
    """Pairs of sample sizes of which the larger has the greater risk, and by how much, with
    intervals over seeds that hold for all pairs together. Along epochs the largest rise is the
    epoch-wise gap, max_t { max_{s > t} risk(s) - min_{s <= t} risk(s) }.

    Source: Nakkiran et al., "Deep double descent", 2019, section 7; Heckel & Yilmaz, "Early
    stopping in deep networks", 2021.
    Example: more_data_hurts(test_error)
    """

    fewest_seeds: ClassVar[int] = 3  # without which it has no bands

    of: str = text(
        "a quantity, or test_loss where no errors are", default="test_error", refers="quantity"
    )
    along: str = text("an axis of more data or training", default="samples", refers="axis")
    at: Literal["end", "best"] = choice(
        "which reading of each run: best is on validation", "end", "best", default="end"
    )
