"""What stacks: cells that differ only in values a stack keeps for each model."""

import attrs
import pytest

from ddspec.plan.stacking import stack_key, stack_size
from ddspec.spec.model import Seed
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent

TERMS = (BatchNorm(), Dropout(rate=0.1), L2(strength=0.1))
ONE = cell(data(30), TERMS, descent(Sgd(lr=Constant(rate=0.1), momentum=0.9)))


def train(**changes):
    return {"train": attrs.evolve(ONE.train, **changes)}


SAME = {
    "seeds": {"seed": Seed(1, 2, 3)},
    "label noise": {"dataset": data(30, 0.5)},
    "samples": {"dataset": data(25)},
    "strength": {"regularizer": (*TERMS[:2], L2(strength=0.2))},
    "dropout rate": {"regularizer": (TERMS[0], Dropout(rate=0.5), TERMS[2])},
    "learning rate": train(optimizer=Sgd(lr=Constant(rate=0.2), momentum=0.9)),
    "schedule": train(optimizer=Sgd(lr=Cosine(rate=0.2), momentum=0.9)),
    "momentum": train(optimizer=Sgd(lr=Constant(rate=0.1))),
    "length": train(duration=Duration(9, "steps")),
}
OTHER = {
    "width": {"architecture": Mlp(hidden=(7, 6))},
    "terms": {"regularizer": TERMS[:2]},
    "place": {"regularizer": (TERMS[0], Dropout(rate=0.1, at="head"), TERMS[2])},
    "normalization": {"regularizer": (BatchNorm(momentum=0.2), *TERMS[1:])},
    "nesterov": train(optimizer=Sgd(lr=Constant(rate=0.1), momentum=0.9, nesterov=True)),
    "optimizer": train(optimizer=Adam(lr=Constant(rate=0.1))),
    "loss": train(loss=Mse()),
    "precision": train(precision="float32"),
    "minibatch": train(batch=9),
    "a few steps": train(duration=Duration(8, "steps")),
    "pool": {"dataset": data(30, test=29)},
    "validation": {"dataset": data(30, validation=5)},
    "procedure": {"train": LeastSquares()},
}


@pytest.mark.parametrize("name", SAME)
def test_values_of_one_model_stack(name):
    assert stack_key(attrs.evolve(ONE, **SAME[name])) == stack_key(ONE)


@pytest.mark.parametrize("name", OTHER)
def test_what_changes_the_step_does_not_stack(name):
    assert stack_key(attrs.evolve(ONE, **OTHER[name])) != stack_key(ONE)


def test_keys_can_be_keys():
    assert len({stack_key(ONE), stack_key(attrs.evolve(ONE))}) == 1


def test_minibatches_larger_than_the_training_set_are_the_set():
    large, larger = (attrs.evolve(ONE, **train(batch=b)) for b in (100, 200))
    assert stack_key(large) == stack_key(larger)
    assert stack_key(large) != stack_key(attrs.evolve(large, dataset=data(25)))


def test_solved_cells_of_one_design_share_a_key():
    solved = cell(data(30), (), LeastSquares(), architecture=Linear(features=3))
    noisy = attrs.evolve(solved, dataset=data(30, label_noise=Uniform(share=0.1)))
    ridge = attrs.evolve(solved, regularizer=(L2(strength=0.1),))
    assert stack_key(solved) == stack_key(noisy) == stack_key(ridge)
    assert stack_key(solved) != stack_key(attrs.evolve(solved, seed=Seed(1)))


def test_drawn_pools_stack_across_seeds_and_noise():
    words = [LinearGaussian(samples=9, features=3, noise_std=s) for s in (0.1, 0.5)]
    one, other = (cell(w, architecture=Linear(), seed=n) for n, w in enumerate(words))
    assert stack_key(one) == stack_key(other)


@pytest.mark.parametrize(("width", "size"), [(16, 32), (128, 18), (300, 4), (3_000, 1)])
def test_stacks_are_sized_by_the_bytes_of_their_weights(width, size):
    wide = attrs.evolve(ONE, architecture=Mlp(hidden=(width, width)), **train(precision="float32"))
    assert stack_size(wide) == size
    assert stack_size(wide, "cuda") >= 16 * size
