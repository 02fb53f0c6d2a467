"""Reports about tuned numbers: what is read, what chooses, and which axes are of strengths."""

from __future__ import annotations

import attrs

from ddspec.vocabulary.kinds import Report
from ddspec.vocabulary.schema import text


@attrs.frozen(kw_only=True, slots=False)
class Tuning(Report):
    """A report on strengths: those of `tune(...)`, or an axis of strengths that is swept."""

    of: str = text(
        "the risk, a variable of the dataset; test_loss where there are no errors",
        refers="quantity",
        default="test_error",
    )
    strength: str = text(
        "an axis of strengths that is swept; the numbers that `tune` chooses unless said",
        refers="axis",
        default="",
    )
    select: str = text(
        "what a choice minimizes: what `tune` does, or `of` on validation samples, unless said",
        refers="quantity",
        default="",
    )
    over: str = text(
        "the axis of compositions, if there is one: each is told by itself",
        refers="axis",
        default="reg",
    )
