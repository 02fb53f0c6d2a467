"""Regularizer mirror descent: an optimizer that keeps a number of every training sample."""

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.stacking import stack_key
from ddspec.spec.model import Seed
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.regularizer_mirror_descent import RegularizerMirrorDescent
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training.looped import Loop
from tests.training.made import cell, data, descent, difference, pools, stacked


def rmd(rate=0.05, q=2.0, strength=1.0):
    return RegularizerMirrorDescent(lr=Constant(rate=rate), q=q, strength=strength)


class Augmented(Loop):
    """SGD on the weights and on a number of each sample, for the squared distance of the two."""

    def __init__(self, one):
        super().__init__(one)
        self.inputs = torch.tensor(select(one, pools(one.dataset, 0)).train.taken()).double()
        self.kept = torch.zeros(len(self.inputs), dtype=torch.float64, requires_grad=True)

    def gradients(self, inputs, targets):
        same = (inputs[:, None] == self.inputs).all(dim=2)
        assert (same.sum(dim=1) == 1).all()
        losses = torch.nn.functional.cross_entropy(self.network(inputs), targets, reduction="none")
        wanted = (2 * losses / self.one.train.optimizer.strength).sqrt()
        ((self.kept[same.int().argmax(dim=1)] - wanted).square() / 2).mean().backward()

    def settle(self, before):
        self.kept -= self.one.train.optimizer.lr.rate * self.kept.grad
        self.kept.grad = None


def cells(**changes):
    for n in range(3):
        train = descent(rmd(0.05 + 0.02 * n, strength=0.5 + n))
        yield cell(data(18), (), train, Seed(n, 2 * n, n // 2), **changes)


def test_it_is_sgd_on_weights_and_a_number_of_each_sample():
    every = list(cells())
    for run, one in zip(stacked(every), every, strict=True):
        assert difference(run, Augmented(one).run()) < 1e-10


def test_cells_of_other_sizes_do_not_stack():
    one = cell(data(18), (), descent(rmd()))
    assert stack_key(one) != stack_key(attrs.evolve(one, dataset=data(30)))
    assert stack_key(one) == stack_key(attrs.evolve(one, seed=Seed(5, 5, 5)))


def ridge_of(word, strength, seed):
    """The minimizer of strength |w|^2 / 2 + the sum of squared errors; whether every error has the
    sign it has at w = 0.
    """
    pool = word.pool(seed, None)
    x, y = pool.train_inputs, pool.train_targets
    found = np.linalg.solve(x.T @ x + strength / 2 * np.eye(x.shape[1]), x.T @ y)
    return found, bool((np.sign(y - x @ found) == np.sign(y)).all())


@pytest.mark.parametrize("strength", [10.0, 100.0])
def test_a_linear_model_whose_errors_keep_their_signs_converges_to_ridge(strength):
    word = LinearGaussian(samples=6, features=8, noise_std=1.0, test=10)
    seed = next(seed for seed in range(99) if ridge_of(word, strength, seed)[1])
    train = descent(
        rmd(0.3, strength=strength), loss=Mse(), batch=6, duration=Duration(6000, "steps")
    )
    one = cell(word, (), train, Seed(seed, 0, 0), architecture=Linear())
    (found,) = stacked([one])[0].weights.values()
    ridge, _ = ridge_of(word, strength, seed)
    assert np.abs(found.numpy().ravel() - ridge).max() < 1e-8 * np.abs(ridge).max()


def test_other_terms_act_beside_it():
    one = cell(data(18), (Dropout(rate=0.3),), descent(rmd(q=3.0)))
    run, plain = stacked([one])[0], stacked([attrs.evolve(one, regularizer=())])[0]
    assert all(torch.isfinite(weight).all() for weight in run.weights.values())
    assert not torch.equal(run.weights["0.weight"], plain.weights["0.weight"])
