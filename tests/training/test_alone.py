"""A cell of a stack equals the same cell trained alone by a plain PyTorch loop, in float64."""

import itertools

import attrs
import pytest
import torch
from torch import nn

from ddspec.spec.model import Seed
from ddspec.training.stepping import DEFAULT
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.inverse_sqrt import InverseSqrt
from ddspec.vocabulary.schedules.step import Step
from ddspec.vocabulary.schema import Duration
from tests.training import made
from tests.training.made import TOGETHER, cell, data, descent, difference, plain_loop, stacked

SCHEDULES = (
    Constant(rate=0.05),
    Cosine(rate=0.1, last=0.01),
    Step(rate=0.05, factor=0.5, every=Duration(7, "steps")),
    InverseSqrt(rate=0.1, every=Duration(4, "steps")),
)


def sgd(number, **changes):
    return Sgd(lr=SCHEDULES[number % 4], **changes)


OPTIMIZERS = {
    "sgd": lambda n: (sgd(n), torch.optim.SGD),
    "momentum": lambda n: (
        sgd(n, momentum=0.9 - 0.2 * n),
        lambda w: torch.optim.SGD(w, momentum=0.9 - 0.2 * n),
    ),
    "nesterov": lambda n: (
        sgd(n, momentum=0.8 - 0.1 * n, nesterov=True),
        lambda w: torch.optim.SGD(w, momentum=0.8 - 0.1 * n, nesterov=True),
    ),
    "adam": lambda n: (
        Adam(lr=SCHEDULES[n % 4], beta1=0.9 - 0.1 * n, epsilon=10.0**-8),
        lambda w: torch.optim.Adam(w, betas=(0.9 - 0.1 * n, 0.999)),
    ),
}
COMPOSITIONS = {
    "none": lambda n: (),
    "l1": lambda n: (L1(strength=1e-3 * n),),
    "l2": lambda n: (L2(strength=1e-2 * n),),
    "dropout": lambda n: (Dropout(rate=0.1 + 0.2 * n),),
    "batch_norm": lambda n: (BatchNorm(momentum=0.3),),
    "all": lambda n: (
        BatchNorm(),
        Dropout(rate=0.1 * n, at="head"),
        Dropout(rate=0.1 + 0.1 * n, at="hidden"),
        Dropout(rate=0.2, at="input"),
        L1(strength=1e-4 * n),
        L2(strength=1e-2),
    ),
}
SAMPLES, NOISES = (30, 18, 30, 23), (0.0, 0.5, 0.2, 0.0)  # 4, 3, 4, 3 steps an epoch


def four(optimizer, composition):
    """Four cells that differ in all that may differ in a stack, and their plain optimizers."""
    for n in range(4):
        word, plain = optimizer(n)
        yield (
            cell(
                data(SAMPLES[n], NOISES[n]),
                composition(n),
                descent(word, **TOGETHER),
                Seed(n, 2 * n, n // 2),
            ),
            plain,
        )


@pytest.mark.parametrize(
    ("optimizer", "composition"), [*itertools.product(OPTIMIZERS, COMPOSITIONS)]
)
@pytest.mark.parametrize("ways", [DEFAULT, ("eager",)], ids="-".join)
def test_a_stacked_cell_equals_the_plain_loop(optimizer, composition, ways):
    cells = list(four(OPTIMIZERS[optimizer], COMPOSITIONS[composition]))
    runs = stacked([one for one, _ in cells], ways=ways)
    for run, (one, plain) in zip(runs, cells, strict=True):
        assert difference(run, plain_loop(one, plain)) < 1e-10


class LayerNorms(L2):
    """A penalty that is no sum over single weights."""

    separable = False

    def penalty(self, weights):
        return self.strength * sum(weight.norm() for weight in weights)


class LayerScaled(Sgd):
    """An optimizer that scales every layer's step by the layer's own gradient."""

    separable = False

    def step(self, weights, gradients, state, rate):
        return {n: w - rate * gradients[n] / gradients[n].norm() for n, w in weights.items()}, state


class PlainLayerScaled(torch.optim.SGD):
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                weight.sub_(group["lr"] * weight.grad / weight.grad.norm())


def test_words_that_look_at_whole_layers_get_them(monkeypatch):
    one = cell(terms=(LayerNorms(strength=0.1),), train=descent(LayerScaled(lr=SCHEDULES[1])))

    def norms(_, network):
        return 0.1 * sum(weight.norm() for weight in network.parameters())

    monkeypatch.setattr(made, "plain_penalty", norms)
    run = stacked([one])[0]
    assert run.way == "eager"
    assert difference(run, plain_loop(one, PlainLayerScaled)) < 1e-10


def test_l2_equals_weight_decay():
    one = cell(terms=(L2(strength=0.1),))
    plain = attrs.evolve(one, regularizer=())
    decayed = plain_loop(plain, lambda w: torch.optim.SGD(w, weight_decay=0.1))
    assert difference(stacked([one])[0], decayed) < 1e-10


def test_a_batch_larger_than_the_training_set_is_the_whole_set():
    one = cell(train=descent(batch=100))
    network = plain_loop(attrs.evolve(one, train=descent(batch=30)), torch.optim.SGD)
    assert difference(stacked([one])[0], network) < 1e-10


def test_steps_may_end_within_an_epoch():
    one = cell(train=descent(duration=Duration(6, "steps")))
    run = stacked([one])[0]
    assert difference(run, plain_loop(one, torch.optim.SGD)) < 1e-10
    assert run.readings.points == (2,)


def test_mse_on_classes_is_the_mean_over_one_hot_outputs():
    one = cell(train=descent(loss=Mse()))

    def loss(outputs, targets):
        return nn.functional.mse_loss(outputs, nn.functional.one_hot(targets, 10).double())

    network = plain_loop(one, torch.optim.SGD, loss)
    assert difference(stacked([one])[0], network) < 1e-10
