"""Solved cells: least norm, ridge, and one factorization for many cells."""

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.spec.model import Seed
from ddspec.training import closed_form, ridge
from ddspec.training.closed_form import Inputs, readings_of
from ddspec.training.design import features
from ddspec.training.family import Family, families
from ddspec.training.fit import fit
from ddspec.training.gram import Cholesky, Spectrum
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
    family = Family.of([one], pools)
    (weights,) = family.weights()
    targets = torch.tensor(family.part("train").targets)
    if one.dataset.classes:
        targets = torch.nn.functional.one_hot(targets, 10)
    targets = targets.reshape(len(family.matrix), -1).double()
    return family.matrix.numpy(), targets.numpy(), weights.numpy()


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
    network = Family.of([one], pools).network
    outputs = features(network, torch.tensor(CLASSES.test_inputs).double()).numpy() @ weights
    wrong = outputs.argmax(1) != CLASSES.test_targets
    assert series["test_error"][0] == np.float32(wrong.mean())
    hot = np.eye(10)[CLASSES.test_targets]
    assert np.isclose(series["test_loss"][0], ((outputs - hot) ** 2).mean())


NOISES = (None, Uniform(share=0.3))


def counting(monkeypatch, word):
    """The sizes of the factors made from here on."""
    made, original = [], word.of

    def of(gram, *shift):
        made.append((len(gram), *shift))
        return original(gram, *shift)

    monkeypatch.setattr(word, "of", of)
    return made


def test_widths_and_label_noises_share_a_factor_of_every_strength(monkeypatch):
    cholesky, spectra = counting(monkeypatch, Cholesky), counting(monkeypatch, Spectrum)
    cells = numbered(
        solved(data(25, label_noise=noise), RandomFeatures(features=p), strength)
        for noise in NOISES
        for strength in (0.1, 1.0)
        for p in (5, 9, 20)
    )
    fit(Batch(cells), pools)
    assert cholesky == [(20, 0.1 * 125), (20, 1.0 * 125)]
    assert not spectra


def test_many_strengths_of_one_width_share_its_eigenvalues(monkeypatch):
    cholesky, spectra = counting(monkeypatch, Cholesky), counting(monkeypatch, Spectrum)
    cells = numbered(
        solved(data(25, label_noise=noise), RandomFeatures(features=p), strength)
        for noise in NOISES
        for strength in np.geomspace(0.1, 1.0, 40).tolist()
        for p in (5, 60)
    )
    fit(Batch(cells), pools)
    assert spectra == [(5,), (25,)]
    assert not cholesky


def test_features_that_nest_are_one_family():
    nets = (RandomFeatures(features=5), RandomFeatures(features=50))
    others = (RandomFeatures(features=5, activation="tanh"), Linear(features=5))
    biased = (Linear(features=2, bias=True), Linear(features=3, bias=True))
    cells = [solved(data(25), net) for net in (*nets[::-1], *others, *biased)]
    drawn_anew = (Seed(1, 0, 0), Seed(0, 1, 0))  # other samples, other features
    cells += [solved(data(25), nets[0], seed=seed) for seed in drawn_anew]
    cells.append(solved(data(25), Linear(features=4), seed=Seed(0, 1, 0)))
    widths = [[one.architecture.features for one in family] for family in families(cells)]
    assert widths == [[5, 50], [5], [4, 5], [2], [3], [5], [5]]


def test_a_family_is_cut_when_its_weights_are_too_many(monkeypatch):
    monkeypatch.setattr("ddspec.training.family.HELD", 2 * 50 * 10)
    cells = [solved(data(25), RandomFeatures(features=p)) for p in (50, 5, 7)]
    assert [[one.architecture.features for one in f] for f in families(cells)] == [[5, 7], [50]]


DATASETS = [(data(25), data(25, 0.3)), (GAUSSIAN, attrs.evolve(GAUSSIAN, noise_std=0.1))]
IDS = ["one pool", "several pools"]


@pytest.mark.parametrize("datasets", DATASETS, ids=IDS)
def test_a_batch_gives_what_its_cells_give_alone(datasets):
    cells = numbered(
        solved(dataset, net, strength, Seed(seed))
        for dataset in datasets
        for net in (Linear(features=7), RandomFeatures(features=9), RandomFeatures(features=70))
        for strength in (None, 0.1)
        for seed in (0, 1)
    )
    for record, one in zip(fit(Batch(cells), pools), cells, strict=True):
        alone = fit(Batch((one,)), pools)[0]
        assert record.cell == one.id
        for name, values in alone.series.items():
            assert np.allclose(record.series[name], values, rtol=1e-6, atol=1e-20), name


@pytest.mark.parametrize("spectral", [1e9, 0], ids=["by shift", "by width"])
@pytest.mark.parametrize("dataset", [GAUSSIAN, data(40, 0.3, validation=15)], ids=repr)
def test_readings_in_float64_do_not_depend_on_the_family(monkeypatch, dataset, spectral):
    """To 1e-10 of each, on either side of the threshold; a loss below 1e-12 is one of rounding."""
    grid = [None, *np.geomspace(1e-8, 1e2, 12).tolist()]
    nets = [RandomFeatures(features=p) for p in (3, 12, 29, 50, 90)]
    cells = [solved(dataset, net, strength) for net in nets for strength in grid]
    measures, tests = {"norm": WeightNorm()}, Inputs("cpu")
    (family,) = families(cells)
    monkeypatch.setattr(ridge, "SPECTRAL", spectral)
    found = readings_of(family, pools, measures, tests)
    monkeypatch.undo()
    for one, together in zip(family, found, strict=True):
        (alone,) = readings_of([one], pools, measures, tests)
        assert together == pytest.approx(alone, rel=1e-10, abs=1e-18)


def test_readings_do_not_depend_on_how_rows_are_cut(monkeypatch):
    cells = [solved(data(40, 0.3), RandomFeatures(features=p), 0.01) for p in (5, 30, 80)]
    whole = readings_of(cells, pools, {}, Inputs("cpu"))
    monkeypatch.setattr(closed_form, "EVALUATED", 80 * 7)
    monkeypatch.setattr(ridge, "COLUMNS", 1)
    for cut, series in zip(readings_of(cells, pools, {}, Inputs("cpu")), whole, strict=True):
        assert cut == pytest.approx(series, rel=1e-12)


def test_cells_that_do_not_fit_into_memory_are_halved(monkeypatch):
    original, sizes = Family.of, []

    def of(cells, pools, device):
        sizes.append(len(cells))
        if len(cells) > 2:
            raise torch.OutOfMemoryError
        return original(cells, pools, device)

    cells = numbered(solved(data(25), Linear(features=p), 0.1) for p in range(1, 6))
    expected = fit(Batch(cells), pools)
    monkeypatch.setattr(Family, "of", of)
    for record, one in zip(fit(Batch(cells), pools), expected, strict=True):
        assert record.series["test_loss"] == pytest.approx(one.series["test_loss"], rel=1e-6)
    assert sizes == [5, 3, 2, 1, 2]


def test_what_fits_into_no_memory_is_raised(monkeypatch):
    def of(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Family, "of", of)
    with pytest.raises(torch.OutOfMemoryError):
        fit(Batch((solved(),)), pools)


def test_a_risk_beyond_float32_is_no_finite_risk():
    huge = attrs.evolve(GAUSSIAN, noise_std=1e25)
    record = fit(Batch((solved(huge),)), pools)[0]
    assert record.status == "diverged"
