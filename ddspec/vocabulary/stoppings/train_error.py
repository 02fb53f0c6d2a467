"""`train_error`: training ends once the training error is small."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.schema import Duration, duration, number
from ddspec.vocabulary.stopping import Stopping, until
from ddspec.vocabulary.watch import Watch
from ddspec.vocabulary.word import word


@word
class TrainError(Stopping):
    """Training ends at the first look at which the share of training samples that are classified
    wrongly, by the labels trained on and as the network is read, is at most a number; written
    `until: train_error <= 1%`. `for` is the longest it may take.

    Source: Belkin et al., "Reconciling modern machine learning practice", 2019, appendix (stop at
    zero training error).
    Example: train_error(at_most: 1%, every: 10 epochs)
    """

    needs_classes: ClassVar[bool] = True

    at_most: float = number("the training error at which training ends", at_least=0, below=1)
    every: Duration = duration("how often it is looked at", default=Duration(1, "epochs"))

    def watch(self) -> Watch:
        return until("train_error", self.at_most, self.every)
