"""`scaling_law`: the power of width or samples with which a risk falls."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import choice, integer, text


@word
class ScalingLaw(Report):
    """R(x) = floor + A x^-a along a numeric axis or, with `jointly` a second one,
    R(x, z) = floor + A x^-a + B z^-b, of the mean over seeds at the end of training: by Huber's
    loss of log residuals, with intervals from drawing whole seeds anew (`resample: both`: places as
    well). Never across a peak: only places after the last significant rise count, and of them those
    from where on residuals are noise. Says what the largest place was foretold to be by the others.

    Source: Hestness et al., "Deep learning scaling is predictable, empirically", 2017; Hoffmann et
    al., "Training compute-optimal large language models", 2022, approach 3; Besiroglu et al.,
    "Chinchilla scaling: a replication attempt", 2024.
    Example: scaling_law(test_error, along: width)
    """

    of: str = text("a variable of the dataset", refers="quantity", default="test_loss")
    along: str = text("a numeric axis", refers="axis", default="width")
    jointly: str = text("a second numeric axis, for the joint law", refers="axis", default="")
    against: str = choice(
        "what x is: the axis itself, or the number of parameters", "axis", "parameters",
        default="axis",
    )  # fmt: skip
    resample: str = choice("what is drawn anew for intervals", "seeds", "both", default="seeds")
    resamples: int = integer("how often", default=200, at_least=20)
