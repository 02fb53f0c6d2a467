"""Fixed features: Fourier features and polynomials as numpy has them, and how they nest."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.architectures.fourier_features import FourierFeatures
from ddspec.vocabulary.architectures.polynomial import Polynomial
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.feature_maps import Polynomials

FORMS = ("pairs", "phase")


def built(net, inputs=8, seed=0):
    network = net.build((inputs,), 3).double()
    net.initialize(network, Draws(seed, "init"))
    return network


def features(net, x, seed=0):
    return nn.Sequential(*built(net, x.shape[1], seed)[:-1])(torch.tensor(x)).numpy()


X = np.random.default_rng(0).uniform(-1, 1, (6, 8))


@pytest.mark.parametrize("form", FORMS)
def test_fourier_features_are_waves_of_drawn_frequencies(form):
    net = FourierFeatures(frequencies=5, bandwidth=2.0, form=form)
    layer = built(net)[0]
    waves = X @ layer.frequencies.numpy().T
    if form == "phase":
        expected = math.sqrt(2 / 5) * np.cos(waves + layer.phases.numpy())
        assert np.all((layer.phases.numpy() >= 0) & (layer.phases.numpy() < 2 * math.pi))
    else:  # the real and the imaginary part of exp(i v.x), one after the other
        expected = np.exp(1j * waves).view(float) / math.sqrt(5)
    assert np.allclose(features(net, X), expected, atol=1e-14)


@pytest.mark.parametrize("form", FORMS)
def test_products_of_fourier_features_come_to_the_gaussian_kernel(form):
    made = features(FourierFeatures(frequencies=100_000, bandwidth=1.7, form=form), X)
    squares = ((X[:, None] - X[None]) ** 2).sum(2)
    assert np.allclose(made @ made.T, np.exp(-squares / (2 * 1.7**2)), atol=0.02)


@pytest.mark.parametrize("form", FORMS)
def test_fourier_features_nest_but_for_their_factor(form):
    few, many = (FourierFeatures(frequencies=n, bandwidth=2.0, form=form) for n in (3, 7))
    narrow, wide = features(few, X), features(many, X)
    assert np.allclose(
        narrow / few.feature_scale, (wide / many.feature_scale)[:, : narrow.shape[1]]
    )


@pytest.mark.parametrize("form", FORMS)
def test_a_frequency_has_two_real_features_or_one(form):
    net = FourierFeatures(frequencies=5, bandwidth=2.0, form=form)
    counted = sum(weight.numel() for weight in built(net).parameters())
    assert net.parameters((8,), 3) == counted == (30 if form == "pairs" else 15)
    assert net.operations((8,), 3) == 40 + counted


@pytest.mark.parametrize("degree", [1, 2, 9])
def test_polynomials_of_one_input_are_those_of_numpy(degree):
    x = np.linspace(-1, 1, 11)[:, None]
    legendre = np.polynomial.legendre.legvander(x[:, 0], degree)
    assert np.allclose(features(Polynomial(degree=degree), x), legendre, atol=1e-14)
    powers = np.polynomial.polynomial.polyvander(x[:, 0], degree)
    assert np.allclose(features(Polynomial(degree=degree, basis="monomial"), x), powers, atol=1e-14)


def test_orthonormal_polynomials_are_orthonormal():
    points, weights = np.polynomial.legendre.leggauss(20)  # exact up to degree 39
    made = features(Polynomial(degree=9, basis="orthonormal"), points[:, None])
    assert np.allclose(made.T @ (weights[:, None] / 2 * made), np.eye(10), atol=1e-13)


@pytest.mark.parametrize(("inputs", "degree"), [(3, 2), (2, 5), (4, 1), (2, 1)])
@pytest.mark.parametrize("basis", ["monomial", "legendre"])
def test_polynomials_of_several_inputs_are_all_products_up_to_the_degree(inputs, degree, basis):
    x = X[:, :inputs]
    vander = np.polynomial.legendre.legvander if basis == "legendre" else np.vander
    options = {} if basis == "legendre" else {"increasing": True}
    columns = [vander(column, degree + (basis == "monomial"), **options) for column in x.T]
    kept = [
        np.prod([columns[i][:, power] for i, power in enumerate(powers)], axis=0)
        for powers in itertools.product(range(degree + 1), repeat=inputs)
        if sum(powers) <= degree
    ]
    made = features(Polynomial(degree=degree, basis=basis), x)
    assert made.shape == (6, math.comb(inputs + degree, degree))
    order = [np.lexsort(np.round(m, 9)) for m in (made, np.stack(kept, axis=1))]
    assert np.allclose(made[:, order[0]], np.stack(kept, axis=1)[:, order[1]], atol=1e-14)
    assert np.allclose(made[:, : inputs + 1], np.hstack([np.ones((6, 1)), x]), atol=1e-15)


def test_polynomials_of_a_lower_degree_come_first():
    few, many = (features(Polynomial(degree=d), X[:, :3]) for d in (2, 4))
    assert np.array_equal(few, many[:, : few.shape[1]])


def test_a_polynomial_of_too_many_features_is_refused():
    net = Polynomial(degree=3)
    assert net.unfit((28,)) == ""
    assert net.unfit((3, 32, 32)) == f"it would have {math.comb(3075, 3):,} features"
    assert net.parameters((4,), 3) == 3 * 35


def test_features_of_polynomials_are_laid_out_once():
    assert Polynomials(2, 2, "monomial").places.tolist() == [
        *([0, 0], [1, 0], [4, 0]),
        *([2, 0], [1, 4], [5, 0]),
    ]


def test_directions_on_the_sphere_have_one_length_and_nest():
    few, many = (built(RandomFeatures(features=p, weights="sphere"))[0].matrix for p in (4, 9))
    assert torch.equal(few, many[:4])
    assert torch.allclose(many.norm(dim=1), torch.tensor(8.0).sqrt().double(), atol=1e-14)
    plain = built(RandomFeatures(features=4))[0].matrix
    assert torch.allclose(
        few / few.norm(dim=1, keepdim=True), plain / plain.norm(dim=1, keepdim=True)
    )
