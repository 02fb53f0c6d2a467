"""Weight decay, input noise and dropout of a linear model together are a ridge in closed form.

Of the mean squared error of n samples X, with l2 of strength w, normal input noise of deviation t
and then dropout of inputs with rate d, the expected objective times n is
|y - X b|^2 + b' (n w / 2 + n t^2 / (1 - d)) b + d / (1 - d) b' diag(X'X) b (Bishop 1995; Srivastava
et al. 2014, section 9.1; Wager, Wang & Liang 2013). With dropout before the noise it would have
n t^2 in place of n t^2 / (1 - d).
"""

import functools

import numpy as np
import pytest
import torch

from ddspec import pipeline
from ddspec.plan.cell import Cell
from ddspec.spec.model import Seed
from ddspec.training.engine import train_stack
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.input_noise import InputNoise
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.regularizers.weight_averaging import WeightAveraging
from ddspec.vocabulary.regularizers.weight_decay import WeightDecay
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration

SAMPLES, FEATURES, SEEDS, STEPS = 40, 8, 24, 800
DATA = LinearGaussian(samples=SAMPLES, features=FEATURES, noise_std=0.5, test=10)
# strength of decay, deviation of noise, rate of dropout
COMPOSITIONS = [(0.0, 0.5, 0.0), (0.0, 0.0, 0.4), (0.2, 0.5, 0.4), (0.0, 0.7, 0.5)]


def cells(terms, count=SEEDS):
    """Cells on one training set that differ in their order, so in all that is drawn in steps."""
    train = GradientDescent(
        optimizer=Sgd(lr=Constant(rate=0.05)),
        loss=Mse(),
        batch=SAMPLES,
        duration=Duration(STEPS, "steps"),
        precision="float64",
    )
    for order in range(count):
        yield Cell(str(order), DATA, Linear(), tuple(terms), train, Seed(0, 0, order))


def trained(terms, count=SEEDS):
    """The weights of the cells, (count, features), and their samples."""
    group = list(cells(terms, count))
    pool = DATA.pool(0, None)
    chosen = [select(cell, pool) for cell in group]
    runs = train_stack(group, chosen)
    weights = torch.stack([next(iter(run.weights.values()))[0] for run in runs])
    part = chosen[0].train
    return weights.numpy(), part.taken().astype("f8"), part.targets


def ridge(inputs, targets, decay=0.0, noise=0.0, rate=0.0, *, noise_first=True):
    """The minimizer of the expected objective, (features,)."""
    samples, features = inputs.shape
    grown = 1 / (1 - rate)
    squared = inputs.T @ inputs
    penalty = samples * (decay / 2 + noise**2 * (grown if noise_first else 1)) * np.eye(features)
    penalty += (grown - 1) * np.diag(squared.diagonal())
    return np.linalg.solve(squared + penalty, inputs.T @ targets)


def terms_of(decay, noise, rate):
    """The composition; what is read is the mean of the weights after it has settled."""
    terms = [WeightAveraging(after=300)]
    terms += [L2(strength=decay)] if decay else []
    terms += [InputNoise(std=noise)] if noise else []
    return [*terms, *([Dropout(rate=rate, at="input")] if rate else [])]


@functools.cache
def composed(composition):
    """Weights and samples under a composition."""
    return trained(terms_of(*composition))


def scores(weights, expected):
    """How many standard errors the mean over orders is from what is expected, (features,).

    Steps are linear in the weights and draw their noise anew, so that the mean of the weights is
    the ridge exactly, whatever the learning rate.
    """
    error = weights.std(axis=0, ddof=1) / np.sqrt(len(weights))
    return (weights.mean(axis=0) - expected) / error


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=str)
def test_a_composition_trains_to_its_ridge(composition):
    weights, inputs, targets = composed(composition)
    assert np.abs(scores(weights, ridge(inputs, targets, *composition))).max() < 4.5


def test_noise_comes_before_dropout_however_they_are_written():
    """The same bounds see the other order, by the factor 1 / (1 - rate) of the noise."""
    composition = COMPOSITIONS[-1]
    weights, inputs, targets = composed(composition)
    other, _, _ = trained(terms_of(*composition)[::-1], count=2)
    assert np.array_equal(weights[:2], other)
    swapped = ridge(inputs, targets, *composition, noise_first=False)
    assert np.abs(scores(weights, swapped)).max() > 8


@pytest.mark.parametrize("term", [L2(strength=0.3), WeightDecay(strength=0.3)])
def test_decay_alone_ends_at_its_ridge_exactly(term):
    """Decoupled decay as well: under plain sgd it is l2."""
    weights, inputs, targets = trained([term], count=1)
    assert np.abs(weights[0] - ridge(inputs, targets, decay=0.3)).max() < 1e-12


SOLVED = """dd 1
experiment solved {{
  dataset:      linear_gaussian(samples: {n}, features: {d}, noise_std: 0.5, test: 10)
  architecture: linear()
  regularizer:  l2({strength})
  train:        least_squares()
}}
"""


def test_input_noise_is_an_l2_that_least_squares_solves(tmp_path):
    """l2(w) with noise of deviation t has the ridge of l2(w + 2 t^2)."""
    spec = tmp_path / "solved.dd"
    spec.write_text(SOLVED.format(n=SAMPLES, d=FEATURES, strength=0.2 + 2 * 0.5**2))
    solved = pipeline.run(str(spec), tmp_path / "out", local=True).datasets["solved"]
    pool = DATA.pool(0, None)
    part = select(next(cells(())), pool)
    weights = ridge(part.train.taken().astype("f8"), part.train.targets, decay=0.2, noise=0.5)
    risk = np.mean((part.test.taken() @ weights - part.test.targets) ** 2)
    assert float(solved.test_loss.squeeze()) == pytest.approx(risk, rel=1e-6)
