"""`critical_regime`: where models are as complex as their training sets are large."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import number, text


@word
class CriticalRegime(Report):
    """The regime of every model and training set: effective model complexity over samples, EMC / n,
    is under-parametrized below 1 / factor, critical up to `factor`, over-parametrized above.

    Source: Nakkiran et al., "Deep double descent", 2019, hypothesis 1.
    Example: critical_regime(epsilon: 10%, factor: 2)
    """

    along: str = text("the axis of training samples", default="samples", refers="axis")
    epsilon: float = number("training error that counts as fitted", default=0.1, at_least=0)
    factor: float = number("how far from 1 the ratio is critical", default=2.0, above=1)
