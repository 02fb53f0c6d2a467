"""`sensitivity`: how much worse risk is beside the best strength."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import number
from ddspec.vocabulary.tuning import Tuning


@word
class Sensitivity(Tuning):
    """For each strength the risk at multiples c of its optimum, from 1/10 to 10, relative to the
    risk at the optimum: s(c) = R(c s*) / R(s*), s* chosen on validation, with intervals paired by
    seed; and the basin, the strengths around s* with s <= 1 + within, in powers of ten. Multiples
    are those that the candidates have.

    Source: Nakkiran et al., "Optimal regularization can mitigate double descent", 2021 (risk around
    the optimal strength).
    Example: sensitivity(test_error, within: 5%)
    """

    fewest_seeds: ClassVar[int] = 3  # without which it has no bands

    within: float = number(
        "what counts as good as the optimum, a share of its risk", default=0.05, above=0
    )
