"""Small cells and a pool made by hand, and the loop a careful user would write for one cell."""

import attrs
import numpy as np
import torch
from torch import nn

from ddspec.plan.cell import Cell
from ddspec.spec.model import Seed
from ddspec.training.engine import train_stack
from ddspec.training.models import network_of
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.layers import random_bits
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration

POOL, TEST = 60, 30
TOGETHER = {"duration": Duration(14, "steps")}  # of cells that leave a stack at once: one recording


def made_pool(seed=0):
    """Ten noisy classes in 40 dimensions."""
    generator = np.random.default_rng(seed)
    centers = generator.standard_normal((10, 40))

    def rows(count):
        targets = generator.integers(0, 10, count)
        return (centers[targets] + generator.standard_normal((count, 40))).astype("f4"), targets

    inputs, targets = rows(POOL)
    return Pool(inputs, targets, inputs[:0], targets[:0], *rows(TEST))


CLASSES = made_pool()


def pools(dataset, seed):
    """Stands in for `Pools`: drawn data sets are drawn, the others are the made pool."""
    return dataset.pool(seed, None) if dataset.seeded else CLASSES


def data(samples=30, noise=0.0, **changes):
    label_noise = Uniform(share=noise) if noise else None
    settings = {"samples": samples, "test": TEST, "pool_size": POOL, "label_noise": label_noise}
    return Mnist1d(**(settings | changes))


def descent(optimizer=None, epochs=None, **changes):
    settings = {
        "optimizer": optimizer or Sgd(lr=Constant(rate=0.05)),
        "loss": CrossEntropy(),
        "batch": 8,
        "duration": Duration(6, "epochs") if epochs is None else Duration(epochs, "epochs"),
        "precision": "float64",
    }
    return GradientDescent(**(settings | changes))


def cell(dataset=None, terms=(), train=None, seed=0, architecture=None, name="cell"):
    seeds = seed if isinstance(seed, Seed) else Seed(seed, seed, seed)
    net = architecture or Mlp(hidden=(7, 5))
    return Cell(name, dataset or data(), net, tuple(terms), train or descent(), seeds)


def numbered(cells):
    return tuple(attrs.evolve(one, id=str(number)) for number, one in enumerate(cells))


def stacked(cells, **settings):
    """The runs of cells trained as one stack."""
    chosen = [select(one, pools(one.dataset, one.seed.data)) for one in cells]
    return train_stack(cells, chosen, **settings)


class Masked(nn.Module):
    """Dropout as a user would write it, given its masks."""

    def __init__(self, rate, layer):
        super().__init__()
        self.rate, self.layer, self.key = rate, layer, 0

    def forward(self, x):
        if not self.training:
            return x
        bits = random_bits(torch.tensor(self.key), self.layer, *x.shape)
        uniform = (bits.double() + 2**31) / 2**32
        return x * (uniform >= self.rate) / (1 - self.rate)


def plain_network(one):
    """The cell's network in PyTorch's own layers, with the cell's first weights."""
    rates = {(t.at, "rate"): t.rate for t in one.regularizer if t.name() == "dropout"}
    norm = next((t for t in one.regularizer if t.name() == "batch_norm"), None)
    hidden = one.architecture.hidden
    layers = [Masked(rates["input", "rate"], 0)] if ("input", "rate") in rates else []
    for number, (before, size) in enumerate(zip((40, *hidden), hidden, strict=False), start=1):
        layers.append(nn.Linear(before, size, bias=norm is None))
        if norm:
            layers.append(nn.BatchNorm1d(size, eps=norm.epsilon, momentum=norm.momentum))
        layers.append(nn.ReLU())
        if ("hidden", "rate") in rates:
            layers.append(Masked(rates["hidden", "rate"], number))
    if ("head", "rate") in rates:
        layers.append(Masked(rates["head", "rate"], len(hidden) + 1))
    network = nn.Sequential(*layers, nn.Linear(hidden[-1], 10)).double()
    with torch.no_grad():
        first = network_of(one).parameters()
        for mine, theirs in zip(network.parameters(), first, strict=True):
            mine.copy_(theirs)
    return network


def plain_penalty(one, network):
    weights = torch.cat([w.flatten() for w in network.parameters()])
    total = 0.0
    for term in one.regularizer:
        if isinstance(term, L2):
            total = total + term.strength / 2 * (weights**2).sum()
        if isinstance(term, L1):
            total = total + term.strength * weights.abs().sum()
    return total


def plain_loop(one, optimizer_of, loss=None):
    """Train one cell with a DataLoader-free PyTorch loop; gives the network."""
    samples, rows = one.dataset.samples, one.train.batch
    chosen = select(one, pools(one.dataset, one.seed.data)).train
    inputs, targets = torch.tensor(chosen.taken()).double(), torch.tensor(chosen.targets)
    network = plain_network(one).train()
    optimizer = optimizer_of(network.parameters())
    total = one.train.duration.steps(-(-samples // rows))
    step, epoch = 0, 0
    base = Draws(one.seed.order, "dropout").key() % 2**64
    while step < total:
        order = Draws(one.seed.order, "order").generator(epoch).permutation(samples)
        for part in np.split(order, range(rows, samples, rows))[: total - step]:
            for layer in network.modules():
                if isinstance(layer, Masked):
                    key = (base + step * 0xA0761D6478BD642F) % 2**64
                    layer.key = key - 2**64 if key >= 2**63 else key
            for group in optimizer.param_groups:
                group["lr"] = float(one.train.optimizer.lr.rates(np.array([step]), total)[0])
            optimizer.zero_grad()
            fit = (loss or nn.functional.cross_entropy)(network(inputs[part]), targets[part])
            (fit + plain_penalty(one, network)).backward()
            optimizer.step()
            step += 1
        epoch += 1
    return network.eval()


def difference(run, network):
    """The largest difference between the weights and running averages of a run and a network."""
    pairs = list(zip(run.weights.values(), network.parameters(), strict=True))
    averages = {n: b for n, b in run.buffers.items() if "running" in n}
    theirs = [b for n, b in network.named_buffers() if "running" in n]
    pairs += list(zip(averages.values(), theirs, strict=True))
    return max(float((a - b.detach()).abs().max()) for a, b in pairs)
