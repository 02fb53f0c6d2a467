"""`fresh`: first weights of its own."""

from __future__ import annotations

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.start import Start


@word
class Fresh(Start):
    """Every network draws its own first weights, as it does without any `start`.

    Source: Glorot & Bengio, "Understanding the difficulty of training deep networks", 2010.
    Example: fresh()
    """

    @property
    def neutral(self) -> bool:
        return True

    def applies(self, parameters: int) -> bool:
        return False
