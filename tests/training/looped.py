"""A training loop written out in plain PyTorch, with places where a test adds what a word does."""

import itertools

import numpy as np
import torch
from torch import nn

from ddspec.spec.model import Seed
from ddspec.training.selection import select
from ddspec.vocabulary.draws import Draws
from tests.training.made import TOGETHER, cell, data, descent, plain_network, pools

STEP = 0xA0761D6478BD642F
SAMPLES = (30, 18, 30)  # 4, 3 and 4 steps an epoch; the last minibatches are short


class Loop:
    """Trains one cell; a test replaces the methods that a word changes. `key` is of the step."""

    optimizer = staticmethod(lambda weights, rate: torch.optim.SGD(weights, lr=rate))

    def __init__(self, one):
        self.one, self.network = one, plain_network(one).train()
        self.step, self.key = 0, torch.tensor(0)
        self.first = [w.detach().clone() for w in self.network.parameters()]

    def alter(self, inputs, targets):
        return inputs, targets

    def loss(self, outputs, targets):
        return nn.functional.cross_entropy(outputs, targets)

    def objective(self, mean, inputs, outputs):
        return mean

    def gradients(self, inputs, targets):
        outputs = self.network(inputs)
        self.objective(self.loss(outputs, targets), inputs, outputs).backward()

    def settle(self, before):
        pass

    def epoch_over(self):
        pass

    def run(self):
        one, seed = self.one, self.one.seed.order
        samples, rows = one.dataset.samples, one.train.batch
        chosen = select(one, pools(one.dataset, one.seed.data)).train
        inputs, targets = torch.tensor(chosen.taken()).double(), torch.tensor(chosen.targets)
        optimizer = self.optimizer(self.network.parameters(), one.train.optimizer.lr.rate)
        base = Draws(seed, "dropout").key() % 2**64
        total = one.train.steps(samples)
        for epoch in itertools.takewhile(lambda _: self.step < total, itertools.count()):
            order = Draws(seed, "order").generator(epoch).permutation(samples)
            for part in np.split(order, range(rows, samples, rows))[: total - self.step]:
                key = (base + self.step * STEP) % 2**64
                self.key = torch.tensor(key - 2**64 if key >= 2**63 else key)
                optimizer.zero_grad()
                altered = self.alter(inputs[part], targets[part])
                self.gradients(*altered)
                before = [w.detach().clone() for w in self.network.parameters()]
                optimizer.step()
                with torch.no_grad():
                    self.settle(before)
                self.step += 1
            self.epoch_over()
        return self.network.eval()

    @property
    def matrices(self):
        return [w for w in self.network.parameters() if w.dim() > 1]


def three(composition, **changes):
    """Three cells that differ in samples, seeds and the values of their terms."""
    for n, samples in enumerate(SAMPLES):
        train = descent(**(changes if "epochs" in changes else TOGETHER | changes))
        yield cell(data(samples), composition(n), train, Seed(n, 2 * n, n // 2))
