"""The course of one cell: how long it trains and which samples each minibatch holds."""

from __future__ import annotations

import attrs
import numpy as np

from ddspec.plan.cell import Cell
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

STEP = 0xA0761D6478BD642F  # tells the keys of neighboring steps apart


@attrs.frozen(eq=False)
class Course:
    """What a cell's seed and procedure fix about its run.

    samples: training samples; rows: samples in a minibatch; a minibatch that has fewer is padded,
    so that a cell's arithmetic is the same whatever it is stacked with. epoch: steps in one pass.
    steps: steps in all.
    """

    train: GradientDescent
    order: Draws
    dropout: int
    samples: int
    rows: int
    epoch: int
    steps: int
    _drawn: dict[int, np.ndarray] = attrs.field(factory=dict, init=False)

    @classmethod
    def of(cls, cell: Cell) -> Course:
        """The course of a cell that is trained by gradient descent."""
        train, samples = cell.train, cell.dataset.samples
        assert isinstance(train, GradientDescent)
        rows = min(train.batch, samples)
        epoch = -(-samples // rows)
        return cls(
            train=train,
            order=Draws(cell.seed.order, "order"),
            dropout=Draws(cell.seed.order, "dropout").key() % 2**64,
            samples=samples,
            rows=rows,
            epoch=epoch,
            steps=train.steps(samples),
        )

    def places(self, first: int, last: int) -> np.ndarray:
        """The samples of steps [first, last), (steps, rows) int64; -1 pads a short minibatch.

        A sample is named by its place in the seed's order. Every epoch is a new permutation.
        """
        epochs = range(first // self.epoch, -(-last // self.epoch))
        passes = [self._epoch(number) for number in epochs]
        self._drawn.clear()
        self._drawn[epochs[-1]] = passes[-1]  # the next steps are often of the same epoch
        start = first - epochs.start * self.epoch
        return np.concatenate(passes)[start : start + last - first]

    def _epoch(self, number: int) -> np.ndarray:
        if number in self._drawn:
            return self._drawn[number]
        places = np.full(self.epoch * self.rows, -1)
        places[: self.samples] = self.order.generator(number).permutation(self.samples)
        return places.reshape(self.epoch, self.rows)

    def rates(self, first: int, last: int) -> np.ndarray:
        """The learning rates of steps [first, last), float64."""
        rates = self.train.optimizer.lr.rates(np.arange(first, last), self.steps)
        return np.asarray(rates, np.float64)

    def paces(self, first: int, last: int) -> np.ndarray:
        """The values of the optimizer's further schedules in those steps, (steps, schedules)."""
        schedules = self.train.optimizer.paces.values()
        made = [schedule.rates(np.arange(first, last), self.steps) for schedule in schedules]
        return np.stack(made, axis=1) if made else np.empty((last - first, 0))

    def keys(self, first: int, last: int) -> np.ndarray:
        """The keys of random numbers in steps [first, last), int64."""
        steps = np.arange(first, last, dtype=np.uint64)
        return (np.uint64(self.dropout) + steps * np.uint64(STEP)).view(np.int64)
