"""`threshold`: where training begins to interpolate."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import number, text


@word
class Threshold(Report):
    """The interpolation threshold: where along an axis the expected training error, noisy labels
    included, is `epsilon` (of a loss: `epsilon` times its largest mean), from a monotone fit of the
    mean over seeds, with an interval; beside it, where parameters are as many as samples, and as
    samples times outputs.

    Source: Nakkiran et al., "Deep double descent", 2019, definition 1; Belkin et al., "Reconciling
    modern machine learning practice", 2019.
    Example: threshold(along: width, epsilon: 1%)
    """

    along: str = text(
        "an axis, or the first of numbers where no width is", default="width", refers="axis"
    )
    epsilon: float = number("training error that counts as fitted", default=0.01, at_least=0)
