"""`tuning_needed`: whether risk is monotone only when strengths are tuned."""

from __future__ import annotations

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import number, text
from ddspec.vocabulary.tuning import Tuning


@word
class TuningNeeded(Tuning):
    """Is risk non-increasing along an axis when strengths are tuned (chosen anew at each of its
    values, see `tuned_envelope`), and at each fixed strength, the same at all of its values? The
    verdicts are those of `monotone`, with `delta` and `level`. A composition

    - needs tuning: monotone when tuned, and not at some fixed strength that was tried;
    - is monotone without tuning: at every fixed strength that was tried;
    - is not monotone even tuned; or it is undecided.

    Says at which strengths it is monotone, and what tuning gains: the mean over the axis of the
    risk at the middle of the candidates less the tuned risk.

    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021.
    Example: tuning_needed(test_error, along: width, delta: 1%)
    """

    along: str = text(
        "a numeric axis; the first there is where it is not swept", refers="axis", default="width"
    )
    delta: float = number(
        "the smallest rise that matters, in units of the risk: to be chosen before one looks",
        default=0.01,
        above=0,
    )
    level: float = number(
        "the chance of calling a monotone curve not monotone", default=0.05, above=0, below=1
    )
