"""Reports on what the terms of a composition axis contribute."""

from __future__ import annotations

import attrs

from ddspec.vocabulary.kinds import Report
from ddspec.vocabulary.schema import choice, text


@attrs.frozen(kw_only=True, slots=False)
class Composing(Report):
    """A report on a quantity along an axis of compositions."""

    of: str = text("a variable of the dataset", refers="quantity", default="test_error")
    over: str = text("the axis of compositions", refers="axis", default="reg")


@attrs.frozen(kw_only=True, slots=False)
class Selecting(Composing):
    """A report that reads a quantity where another one is least."""

    select: str = text(
        "the variable whose least value chooses, none of the test set; by default the validation "
        "risk of the same kind",
        refers="quantity",
        default="",
    )


@attrs.frozen(kw_only=True, slots=False)
class Factorial(Composing):
    """A report of factorial effects."""

    correct: str = choice(
        "what is done where subsets are missing: refuse, or fit by least squares",
        "refuse",
        "ols",
        default="refuse",
    )
