"""`effective_complexity`: how many samples a training procedure can fit."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import number, text


@word
class EffectiveComplexity(Report):
    """Effective model complexity, max { n : E train_error_n <= epsilon }: the most samples that are
    fitted, from a fit of the mean over seeds that rises with n, with an interval (of a loss: at
    most `epsilon` times its largest mean).

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1.
    Example: effective_complexity(epsilon: 10%)
    """

    along: str = text("the axis of training samples", default="samples", refers="axis")
    epsilon: float = number("training error that counts as fitted", default=0.1, at_least=0)
