"""`disagreement_estimate`: the test error told from how seeds disagree, beside the real one."""

from __future__ import annotations

from ddspec.vocabulary.kinds import Report, word


@word
class DisagreementEstimate(Report):
    """How often two seeds disagree on test samples, which takes no label, beside their test error.
    The two are equal when the vote of the seeds is calibrated, aggregated over classes: the
    difference is how far it is not. Of regression E (f - f')^2 = 2 Var f: half of it is the
    variance, and the risk holds bias and noise beside. With intervals by the jackknife over seeds
    where predictions are recorded.

    Needs `said: predictions()` and `true: targets()` of the same samples in `measure { }`, or
    `differ: disagreement()`.

    Source: Nakkiran & Bansal, "Distributional generalization", 2020; Jiang et al., "Assessing
    generalization of SGD via disagreement", 2022; Kirsch & Gal, "A note on 'Assessing
    generalization of SGD via disagreement'", 2022 (calibration fails with it under shift).
    Example: disagreement_estimate()
    """
