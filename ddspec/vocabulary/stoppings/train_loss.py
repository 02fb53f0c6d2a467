"""`train_loss`: training ends once the training loss is small."""

from __future__ import annotations

from ddspec.vocabulary.schema import Duration, duration, number
from ddspec.vocabulary.stopping import Stopping, until
from ddspec.vocabulary.watch import Watch
from ddspec.vocabulary.word import word


@word
class TrainLoss(Stopping):
    """Training ends at the first look at which the mean training loss, without penalties and as the
    network is read, is at most a number; written `until: train_loss <= 0.01`. `for` is the longest
    it may take.

    Source: Soudry et al., "The implicit bias of gradient descent on separable data", 2018 (the loss
    as a clock of training).
    Example: train_loss(at_most: 0.01)
    """

    at_most: float = number("the training loss at which training ends", at_least=0)
    every: Duration = duration("how often it is looked at", default=Duration(1, "epochs"))

    def watch(self) -> Watch:
        return until("train_loss", self.at_most, self.every)
