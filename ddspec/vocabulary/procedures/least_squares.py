"""`least_squares`: the exact minimizer of the squared error."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import Procedure, word


@word
class LeastSquares(Procedure):
    """The exact minimizer of mean squared error + (l2 / 2) |w|^2 in float64; without l2 the
    minimizer of least norm. Needs an architecture that is linear in its parameters.

    Source: Hastie et al., "Surprises in high-dimensional ridgeless least squares", 2022, section 2.
    Example: least_squares()
    """

    traits: ClassVar[frozenset[str]] = frozenset({"closed_form"})
    streams: ClassVar[frozenset[str]] = frozenset({"data", "init"})
