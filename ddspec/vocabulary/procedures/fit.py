"""`fit`: an estimator is fitted by a library."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import Procedure, word


@word
class Fit(Procedure):
    """The estimator that the architecture names is fitted to the training samples, in float64 and
    without steps. Losses are squared errors averaged over outputs, classes one-hot,
    |f(x) - y|^2 / k, unless the estimator says otherwise.

    Source: Pedregosa et al., "Scikit-learn: machine learning in Python", 2011.
    Example: fit()
    """

    traits: ClassVar[frozenset[str]] = frozenset({"estimator"})
    streams: ClassVar[frozenset[str]] = frozenset({"data", "init"})
