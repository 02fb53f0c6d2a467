"""Solved cells: least norm, ridge, and one factorization for many cells."""

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.spec.model import Seed
from ddspec.training import closed_form
from ddspec.training.closed_form import Design, features, weights_of
from ddspec.training.fit import fit
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from tests.training.made import CLASSES, cell, data, descent, numbered, pools, stacked

GAUSSIAN = LinearGaussian(samples=20, test=50, validation=10, features=30, noise_std=0.5)


def solved(dataset=GAUSSIAN, architecture=None, strength=None, seed=0):
    terms = () if strength is None else (L2(strength=strength),)
    return cell(dataset, terms, LeastSquares(), seed, architecture or Linear())


def solution(one):
    """The design matrix, the targets and the weights of one solved cell."""
    chosen = select(one, pools(one.dataset, one.seed.data))
    network, (weights,) = weights_of([one], [chosen])
    matrix = features(network, torch.tensor(chosen.train.taken()).double())
    targets = torch.tensor(chosen.train.targets)
    if one.dataset.classes:
        targets = torch.nn.functional.one_hot(targets, 10)
    return matrix.numpy(), targets.reshape(len(matrix), -1).double().numpy(), weights.numpy()


NETS = [
    Linear(features=8),
    Linear(features=8, bias=True),
    Linear(),
    RandomFeatures(features=15),
    RandomFeatures(features=45, activation="tanh"),
]


@pytest.mark.parametrize("net", NETS, ids=repr)
@pytest.mark.parametrize("dataset", [GAUSSIAN, data(25)], ids=["regression", "classes"])
def test_without_l2_it_is_the_pseudoinverse(net, dataset):
    matrix, targets, weights = solution(solved(dataset, net))
    assert np.allclose(weights, np.linalg.pinv(matrix) @ targets, atol=1e-10)


@pytest.mark.parametrize("net", NETS, ids=repr)
@pytest.mark.parametrize("dataset", [GAUSSIAN, data(25)], ids=["regression", "classes"])
def test_with_l2_the_stated_objective_is_stationary(net, dataset):
    one = solved(dataset, net, strength=0.03)
    matrix, targets, found = solution(one)
    weights = torch.tensor(found, requires_grad=True)
    loss = ((torch.tensor(matrix) @ weights - torch.tensor(targets)) ** 2).mean()
    (loss + one.regularizer[0].penalty([weights])).backward()
    assert float(weights.grad.abs().max()) < 1e-14


def test_ridge_solves_its_normal_equations():
    matrix, targets, weights = solution(solved(strength=0.1))
    normal = matrix.T @ matrix + 20 * 0.1 / 2 * np.eye(30)
    assert np.allclose(weights, np.linalg.solve(normal, matrix.T @ targets), atol=1e-12)


def test_training_goes_where_the_closed_form_is():
    """The two engines minimize one objective: one-hot targets, a bias that is penalized."""
    net, terms = Linear(features=5, bias=True), (L2(strength=0.1),)
    optimizer = Sgd(lr=Constant(rate=0.5), momentum=0.9)
    train = descent(optimizer, epochs=1500, batch=25, loss=Mse())
    run = stacked([cell(data(25, 0.2), terms, train, architecture=net)])[0]
    weight, bias = run.weights.values()
    expected = solution(solved(data(25, 0.2), net, strength=0.1))[2]
    assert np.allclose(np.vstack([weight.numpy().T, bias.numpy()]), expected, atol=1e-10)


def test_rounding_is_no_rank():
    column = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    design = Design.of(torch.cat([column, column @ torch.ones(3, 3).double() / 3, column], dim=1))
    assert len(design.values) == 3
    weights = design.solve(column[:, :1])
    assert torch.allclose(weights[:3], weights[6:], atol=1e-12)


def test_more_features_than_samples_interpolate():
    record = fit(Batch((solved(),)), pools)[0]
    assert record.series["train_loss"][0] < 1e-20
    assert record.series["test_loss"][0] > 0.1


def test_records_of_regression():
    record = fit(Batch((solved(),), measures={"norm": WeightNorm()}), pools)[0]
    assert set(record.series) == {"train_loss", "validation_loss", "test_loss", "norm"}
    assert (record.unit, record.status, record.points.tolist()) == ("", "done", [0])
    assert record.parameters == 30
    assert np.isclose(record.series["norm"][0], np.linalg.norm(solution(solved())[2]))


def test_risks_of_classes_are_against_noisy_training_and_clean_test_labels():
    one = solved(data(40, 0.5), RandomFeatures(features=60))
    series = fit(Batch((one,)), pools)[0].series
    assert series["train_error"][0] == 0
    _, _, weights = solution(one)
    network = weights_of([one], [select(one, CLASSES)])[0]
    outputs = features(network, torch.tensor(CLASSES.test_inputs).double()).numpy() @ weights
    wrong = outputs.argmax(1) != CLASSES.test_targets
    assert series["test_error"][0] == np.float32(wrong.mean())
    hot = np.eye(10)[CLASSES.test_targets]
    assert np.isclose(series["test_loss"][0], ((outputs - hot) ** 2).mean())


def test_strengths_and_label_noises_share_a_factorization(monkeypatch):
    made = []
    monkeypatch.setattr(closed_form, "Design", type("Counted", (), {"of": counting(made)}))
    noises = (None, Uniform(share=0.3))
    cells = numbered(
        solved(data(25, label_noise=noise), Linear(features=p), strength)
        for noise in noises
        for strength in (None, 0.1, 1.0)
        for p in (5, 9)
    )
    fit(Batch(cells), pools)
    assert len(made) == 2


def counting(made):
    original = Design.of

    def of(matrix):
        made.append(matrix)
        return original(matrix)

    return staticmethod(of)


@pytest.mark.parametrize(
    "datasets",
    [(data(25), data(25, 0.3)), (GAUSSIAN, attrs.evolve(GAUSSIAN, noise_std=0.1))],
    ids=["one pool", "several pools"],
)
def test_a_batch_gives_what_its_cells_give_alone(datasets):
    cells = numbered(
        solved(dataset, Linear(features=7), strength, Seed(seed))
        for dataset in datasets
        for strength in (None, 0.1)
        for seed in (0, 1)
    )
    for record, one in zip(fit(Batch(cells), pools), cells, strict=True):
        alone = fit(Batch((one,)), pools)[0]
        assert record.cell == one.id
        for name, values in alone.series.items():
            assert np.allclose(record.series[name], values, rtol=1e-6), name


def test_a_risk_beyond_float32_is_no_finite_risk():
    huge = attrs.evolve(GAUSSIAN, noise_std=1e25)
    record = fit(Batch((solved(huge),)), pools)[0]
    assert record.status == "diverged"
