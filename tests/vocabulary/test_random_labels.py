"""How well random labels are fitted: which labels are random, and what their fit estimates."""

import itertools
import math

import numpy as np
import pytest
import torch

from ddspec.vocabulary.corruptions.censored import Censored
from ddspec.vocabulary.corruptions.permuted import Permuted
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.corruptions.wrong import Wrong
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.measures.random_label_fit import RandomLabelFit
from ddspec.vocabulary.transforms.class_imbalance import ClassImbalance
from ddspec.vocabulary.transforms.concatenated import Concatenated
from ddspec.vocabulary.transforms.normalize import Normalize
from tests.vocabulary.observed import observed


def fit(outputs, labels, classes):
    """The measure of outputs (n, classes) at labels (n,)."""
    outputs = torch.as_tensor(np.asarray(outputs, float))
    model = observed(inputs=outputs, targets=torch.as_tensor(labels), classes=classes)
    measure = RandomLabelFit()
    return float(measure.total(model, measure.each(model, outputs)))


def test_of_two_classes_it_is_the_correlation_with_signs():
    generator = np.random.default_rng(0)
    outputs, labels = generator.normal(size=(40, 2)), generator.integers(0, 2, 40)
    signs, answers = 2 * labels - 1, np.sign(outputs[:, 1] - outputs[:, 0])
    assert fit(outputs, labels, 2) == pytest.approx((signs * answers).mean(), abs=1e-14)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_of_more_classes_it_is_that_of_corners_of_a_simplex(classes):
    generator = np.random.default_rng(classes)
    outputs, labels = generator.normal(size=(50, classes)), generator.integers(0, classes, 50)
    corners = np.eye(classes) - 1 / classes
    corners /= np.linalg.norm(corners[0])
    products = (corners[labels] * corners[outputs.argmax(1)]).sum(1)
    assert fit(outputs, labels, classes) == pytest.approx(products.mean(), abs=1e-14)


def test_its_mean_over_all_signs_is_the_rademacher_complexity():
    """Of the functions x and -x at inputs 1 and -1: E |s_1 + ... + s_n| / n."""
    n, found = 8, []
    x = np.random.default_rng(0).choice([-1, 1], n)
    for signs in itertools.product([-1, 1], repeat=n):
        best = np.sign(np.dot(signs, x)) * x
        outputs = np.stack([-best, best], axis=1)
        found.append(fit(outputs, (np.array(signs) + 1) // 2, 2))
    assert np.mean(found) == pytest.approx(math.comb(n, n // 2) / 2**n, abs=1e-14)


@pytest.mark.parametrize(
    ("settings", "random"),
    [
        ({}, False),
        ({"label_noise": Uniform(share=1.0)}, True),
        ({"label_noise": Uniform(share=1.0, count="bernoulli")}, True),
        ({"label_noise": Uniform(share=0.99)}, False),
        ({"label_noise": Wrong(share=1.0)}, False),
        ({"label_noise": Permuted(share=1.0)}, False),
        ({"label_noise": Censored(hidden=3, random=1.0)}, True),
        ({"label_noise": Uniform(share=1.0), "transform": (Normalize(),)}, True),
        ({"label_noise": Uniform(share=1.0), "transform": (Concatenated(),)}, False),
        ({"label_noise": Uniform(share=1.0), "transform": (ClassImbalance(ratio=5.0),)}, True),
    ],
    ids=str,
)
def test_labels_are_random_when_all_of_them_are_drawn_uniformly(settings, random):
    assert Mnist1d(samples=100, **settings).random_labels == random


def test_uniform_labels_do_not_depend_on_the_true_ones():
    one, other = (np.full(1000, label) for label in (0, 7))
    redrawn = [
        Uniform(share=1.0).corrupt(labels, 10, Draws(0, "labels")) for labels in (one, other)
    ]
    assert (redrawn[0] == redrawn[1]).all()
    assert np.bincount(redrawn[0], minlength=10).min() > 70
