"""`argmax`: where a risk is largest."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import text


@word
class Argmax(Report):
    """The value of an axis at which a quantity, averaged over seeds, is largest; trained risks
    are taken at the last recorded epoch.

    Source: Belkin et al., "Reconciling modern machine learning practice", 2019 (the peak).
    Example: argmax(test_error, along: width)
    """

    of: str = text("a variable of the dataset", refers="quantity")
    along: str = text("an axis of the experiment", refers="axis")
