"""`gradient_descent`: what a `train name { ... }` block declares."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.kinds import Loss, Optimizer, Procedure, word
from ddspec.vocabulary.schema import FULL, Duration, choice, duration, integer, word_of
from ddspec.vocabulary.start import Start
from ddspec.vocabulary.stopping import Stopping

BRIEF = 8  # steps: recording one takes as long as a dozen or two steps without


@word
class GradientDescent(Procedure):
    """Minimizes mean training loss + penalties by an optimizer over shuffled minibatches.

    Every epoch visits each training sample once; the last minibatch may be smaller. A minibatch
    larger than the training set is the whole training set, and so is `batch: full`. Under
    `bfloat16` the passes through the network are in that precision, weights and updates in float32.

    `lr: 0.1 * batch / 128` scales a rate by the `batch` of the same block. `until: train_error <=
    1%` ends training before the length `for`.

    Source: Bottou, Curtis & Nocedal, "Optimization methods for large-scale machine learning", 2018.
    Example: gradient_descent(optimizer: sgd(lr: 0.1), for: 100 epochs)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"gradient"})
    streams: ClassVar[frozenset[str]] = frozenset({"data", "init", "order"})

    optimizer: Optimizer = word_of("optimizer", "the rule that turns gradients into updates")
    loss: Loss = word_of("loss", "the loss to minimize")
    batch: int = integer(
        "training samples in a minibatch; `full`: all of them",
        at_least=1,
        unit="samples",
        named=(("full", FULL),),
    )
    duration: Duration = duration("the length of training", name="for")
    precision: str = choice(
        "arithmetic of training", "float32", "float64", "bfloat16", default="float32"
    )
    until: Stopping | None = word_of(
        "stopping", "what ends training before its length is over", default=None
    )
    start: Start | None = word_of(
        "start", "where the first weights come from; without it they are drawn", default=None
    )

    @property
    def chained(self) -> bool:
        """Whether cells may start from the trained weights of others."""
        return self.start is not None and not self.start.neutral

    def steps(self, samples: int) -> int:
        """The parameter updates of a run on so many training samples."""
        return self.duration.steps(-(-samples // min(self.batch, samples)))

    def brief(self, samples: int) -> bool:
        """Whether a run has so few steps that none is worth recording (see training.recording)."""
        return self.steps(samples) <= BRIEF
