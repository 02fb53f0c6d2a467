"""Solved polynomials, Fourier features and linearized networks, against explicit features."""

import attrs
import numpy as np
import pytest
import torch
from torch.func import functional_call

from ddspec.spec.model import Seed
from ddspec.training import expanded
from ddspec.training.closed_form import Inputs, readings_of
from ddspec.training.expanded import Expanded
from ddspec.training.family import Family, families
from ddspec.training.models import network_of
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.fourier_features import FourierFeatures
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.polynomial import Polynomial
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from tests.training.made import cell, data, descent, pools, stacked

GAUSSIAN = LinearGaussian(samples=20, test=50, validation=10, features=3, noise_std=0.5)
SMALL = Mlp(hidden=(4,), activation="tanh")
WIDE = Mlp(hidden=(30,), activation="relu", parametrization="ntk", init="he")


def solved(dataset, net, strength=None, seed=0):
    terms = () if strength is None else (L2(strength=strength),)
    return cell(dataset, terms, LeastSquares(), seed, net)


def samples(one, part="train"):
    chosen = getattr(select(one, pools(one.dataset, one.seed.data)), part)
    inputs = np.asarray(chosen.inputs[chosen.rows], np.float64)
    targets = np.asarray(chosen.targets)
    if one.dataset.classes:
        targets = np.eye(one.dataset.classes)[targets]
    return inputs, targets.reshape(len(targets), -1).astype(float)


def explicit(one, inputs):
    """Features (rows, p) a user would lay out, and what is to be added to predictions."""
    word = one.architecture
    plain = cell(one.dataset, (), descent(), one.seed, word)
    network = network_of(plain)
    if isinstance(word, Linearized):
        return jacobian(attrs.evolve(plain, architecture=word.net), inputs)
    if isinstance(word, FourierFeatures):
        waves = inputs @ network[0].frequencies.numpy().T
        if word.form == "phase":
            return np.sqrt(2 / word.frequencies) * np.cos(waves + network[0].phases.numpy()), 0
        both = np.stack([np.cos(waves), np.sin(waves)], axis=2).reshape(len(inputs), -1)
        return both / np.sqrt(word.frequencies), 0
    if inputs.shape[1] == 1:
        return np.polynomial.legendre.legvander(inputs[:, 0], word.degree), 0
    powers = np.ndindex(*(word.degree + 1,) * inputs.shape[1])
    kept = [p for p in powers if sum(p) <= word.degree]
    return np.stack([np.prod(inputs ** np.array(p), axis=1) for p in kept], axis=1), 0


def jacobian(one, inputs):
    """Slopes of each output of each sample, one backward pass each, and the outputs."""
    network = network_of(one)
    for layer in network.modules():
        layer.plain = True
    outputs = network(torch.tensor(inputs))
    weights = list(network.parameters())
    rows = []
    for output in outputs.flatten():
        parts = torch.autograd.grad(output, weights, retain_graph=True)
        rows.append(torch.cat([part.flatten() for part in parts]).numpy())
    return np.stack(rows), outputs.detach().numpy()


def by_hand(one):
    """Losses on training and test samples, and the norm of weights, by numpy."""
    inputs, targets = samples(one)
    matrix, start = explicit(one, inputs)
    joint = isinstance(one.architecture, Linearized)
    wanted = (targets - start).reshape(-1, 1) if joint else targets
    strength = one.regularizer[0].strength if one.regularizer else 0.0
    rows = np.sqrt(targets.size * strength / 2) * np.eye(matrix.shape[1])
    zeros = np.zeros((matrix.shape[1], wanted.shape[1]))
    if strength:
        matrix_, wanted_ = np.vstack([matrix, rows]), np.vstack([wanted, zeros])
    else:
        matrix_, wanted_ = matrix, wanted
    weights = np.linalg.lstsq(matrix_, wanted_, rcond=None)[0]
    found = {}
    for name in ("train", "test"):
        inputs, targets = samples(one, name)
        matrix, start = explicit(one, inputs)
        predicted = (matrix @ weights).reshape(targets.shape) + start
        found[f"{name}_loss"] = ((predicted - targets) ** 2).mean()
    return found | {"norm": np.linalg.norm(weights)}


FLAT = attrs.evolve(GAUSSIAN, features=1)
CASES = [
    (FLAT, Polynomial(degree=5)),
    (FLAT, Polynomial(degree=7)),
    (GAUSSIAN, Polynomial(degree=2, basis="monomial")),
    (GAUSSIAN, Polynomial(degree=4, basis="monomial")),
    (GAUSSIAN, FourierFeatures(frequencies=6, bandwidth=2.0)),
    (GAUSSIAN, FourierFeatures(frequencies=40, bandwidth=2.0)),
    (data(25), FourierFeatures(frequencies=60, bandwidth=9.0, form="phase")),
    (GAUSSIAN, Linearized(net=SMALL)),
    (GAUSSIAN, Linearized(net=WIDE)),
    (data(25), Linearized(net=Mlp(hidden=(3,), activation="tanh"))),
    (data(12), Linearized(net=Cnn1d(channels=3, activation="tanh"))),
    (data(25), Linearized(net=RandomFeatures(features=9))),
]


@pytest.mark.parametrize("strength", [None, 0.01], ids=["least norm", "ridge"])
@pytest.mark.parametrize(("dataset", "net"), CASES, ids=repr)
def test_it_is_least_squares_on_explicit_features(dataset, net, strength):
    one = solved(dataset, net, strength)
    (found,) = readings_of([one], pools, {"norm": WeightNorm()}, Inputs("cpu"))
    for name, value in by_hand(one).items():
        assert found[name] == pytest.approx(value, rel=1e-8, abs=1e-15), name


@pytest.mark.parametrize("strength", [None, 1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("dataset", [GAUSSIAN, data(12)], ids=["regression", "classes"])
def test_without_the_jacobian_the_solution_is_the_same(dataset, strength, monkeypatch):
    one = solved(dataset, Linearized(net=WIDE), strength)
    tests, measures = Inputs("cpu"), {"norm": WeightNorm()}
    (laid_out,) = readings_of([one], pools, measures, tests)
    monkeypatch.setattr(expanded, "EXPLICIT", 0)
    monkeypatch.setattr(expanded, "BLOCK", 4 * 10 * 2000)
    (implied,) = readings_of([one], pools, measures, tests)
    assert implied == pytest.approx(laid_out, rel=1e-9, abs=1e-16)


def test_a_kernel_without_full_rank_is_solved_by_what_it_has(monkeypatch):
    """Two outputs of one hidden unit cannot be moved at will."""
    dead = Mlp(hidden=(300,), activation="relu", init="gaussian", std=1e-3)
    one = solved(data(12), Linearized(net=dead))
    (laid_out,) = readings_of([one], pools, {}, Inputs("cpu"))
    monkeypatch.setattr(expanded, "EXPLICIT", 0)
    (implied,) = readings_of([one], pools, {}, Inputs("cpu"))
    assert implied["test_loss"] == pytest.approx(laid_out["test_loss"], rel=1e-5)


def test_training_goes_where_the_closed_form_is():
    """Gradient descent on the change comes to the solution with l2, outputs coupled by weights."""
    net, terms = Linearized(net=SMALL), (L2(strength=0.3),)
    one = cell(
        GAUSSIAN,
        terms,
        descent(Sgd(lr=Constant(rate=0.3), momentum=0.9), 400, batch=20, loss=Mse()),
        0,
        net,
    )
    run = stacked([one])[0]
    family = Expanded.of([solved(GAUSSIAN, net, 0.3)], pools)
    (weights,) = family.weights()
    trained = torch.cat([weight.flatten() for weight in run.weights.values()])
    assert torch.allclose(trained, weights[:, 0], atol=1e-9)
    assert list(run.weights) == list(family.named(weights))
    own = functional_call(family.network, family.named(weights), (family.matrix,))
    ((_, _, predicted),) = family.reader([weights])(family.matrix)
    assert torch.allclose(predicted[:, 0], own, atol=1e-12)


def test_linearized_cells_of_one_draw_share_a_jacobian():
    net = Linearized(net=SMALL)
    cells = [
        solved(GAUSSIAN, net, s, seed)
        for s in (0.1, 1.0)
        for seed in (Seed(0, 0, 0), Seed(0, 1, 0))
    ]
    assert [len(family) for family in families(cells)] == [2, 2]


@pytest.mark.parametrize("form", ["pairs", "phase"])
def test_fourier_widths_share_features_but_for_their_factor(form):
    nets = [FourierFeatures(frequencies=n, bandwidth=2.0, form=form) for n in (4, 9, 30)]
    cells = [solved(GAUSSIAN, net, strength) for net in nets for strength in (None, 0.02)]
    (family,) = families(cells)
    tests, measures = Inputs("cpu"), {"norm": WeightNorm()}
    for together, one in zip(readings_of(family, pools, measures, tests), family, strict=True):
        (alone,) = readings_of([one], pools, measures, tests)
        assert together == pytest.approx(alone, rel=1e-9, abs=1e-16)


def test_degrees_share_features():
    cells = [solved(FLAT, Polynomial(degree=d)) for d in (3, 9, 25)]
    (family,) = families(cells)
    together = readings_of(family, pools, {}, Inputs("cpu"))
    for series, one in zip(together, family, strict=True):
        (alone,) = readings_of([one], pools, {}, Inputs("cpu"))
        assert series == pytest.approx(alone, rel=1e-7, abs=1e-15)
    assert Family.of(family, pools).matrix.shape == (20, 26)
