"""`tuned_envelope`: the risk when every strength is tuned on validation samples."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import text
from ddspec.vocabulary.tuning import Tuning


@word
class TunedEnvelope(Tuning):
    """The risk along an axis when strengths are chosen anew at each of its values: at the strength
    s(w) with the least mean validation risk over seeds, R(w) = mean over seeds k of the test risk
    of seed k at the s(w) that the other seeds choose, so that no seed's luck is in both. Test
    samples never choose. Says where the choice lies at the end of what was tried.

    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021; Cawley &
    Talbot, "On over-fitting in model selection", 2010 (select and report apart).
    Example: tuned_envelope(test_error, along: width)
    """

    fewest_seeds: ClassVar[int] = 3  # without which it has no bands

    along: str = text(
        "a numeric axis; the first there is where it is not swept", refers="axis", default="width"
    )
