"""`gap_correlation`: which recorded measures rank models as their generalization gap does."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word
from ddspec.vocabulary.schema import choice


@word
class GapCorrelation(Report):
    """The rank correlation, over all models of a seed, of the generalization gap, test less train
    at the end of training, with every measure of one number a model that the dataset holds, and
    with the number of parameters: Kendall's tau over all pairs; granulated, over pairs that differ
    along one axis, mean over axes; and the axis with the largest sign error, the share of its pairs
    that a measure puts in the wrong order. Means over seeds, with intervals.

    Source: Jiang et al., "Fantastic generalization measures and where to find them", 2020, section
    2; Dziugaite et al., "In search of robust measures of generalization", 2020.
    Example: gap_correlation(risk: error)
    """

    risk: str = choice(
        "which risk: `auto` is the error where it is recorded", "auto", "error", "loss",
        default="auto",
    )  # fmt: skip
