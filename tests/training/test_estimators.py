"""Fitted cells: their readings, what they depend on, and the dataset they end in."""

import attrs
import numpy as np
import pytest
import torch
import xarray as xr
from sklearn.ensemble import RandomForestClassifier

from ddspec import pipeline
from ddspec.plan.batch import Batch
from ddspec.plan.expand import expand
from ddspec.plan.grouping import Reading, group
from ddspec.plan.machine import Machine
from ddspec.plan.splitting import split
from ddspec.spec.model import Seed
from ddspec.training import estimators
from ddspec.training.fit import fit
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.basis_pursuit import BasisPursuit
from ddspec.vocabulary.architectures.lasso import Lasso
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.architectures.random_forest import RandomForest
from ddspec.vocabulary.architectures.svm import Svm
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.procedures.fit import Fit
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from tests.training.made import CLASSES, cell, data, numbered, pools

GAUSSIAN = LinearGaussian(samples=20, test=50, validation=10, features=30, noise_std=0.5)
FOREST = RandomForest(trees=3, leaves=6)


def fitted(architecture, dataset=None, seed=0):
    return cell(dataset or data(30), (), Fit(), seed, architecture)


def series(one):
    (record,) = fit(Batch((one,)), pools)
    return {name: float(values[0]) for name, values in record.series.items()}


def test_risks_of_a_forest_are_those_of_scikit_learn():
    one = fitted(FOREST, data(30, 0.3, validation=10), seed=4)
    chosen = select(one, CLASSES)
    theirs = RandomForestClassifier(
        n_estimators=3, max_leaf_nodes=6, bootstrap=False,
        random_state=Draws(4, "fit").key("forest") % 2**32,
    ).fit(chosen.train.taken(), chosen.train.targets)  # fmt: skip
    found = series(one)
    for use in ("train", "validation", "test"):
        part = getattr(chosen, use)
        shares = np.zeros((len(part), 10))
        shares[:, theirs.classes_] = theirs.predict_proba(part.taken())
        loss = ((shares - np.eye(10)[part.targets]) ** 2).mean()
        assert found[f"{use}_loss"] == pytest.approx(loss, rel=1e-6)
        assert found[f"{use}_error"] == pytest.approx((shares.argmax(1) != part.targets).mean())
    assert len(found) == 6


def test_a_record_is_of_one_reading_without_a_unit():
    (record,) = fit(Batch((fitted(FOREST),), points=(1, 2)), pools)
    assert (record.unit, record.points.tolist(), record.stop) == ("", [0], 0)
    assert (record.status, record.parameters) == ("done", 18)


def test_regression_has_losses_only():
    assert set(series(fitted(FOREST, GAUSSIAN))) == {"train_loss", "validation_loss", "test_loss"}


@pytest.mark.parametrize("features", [8, 30], ids=["under", "over"])
def test_features_are_those_that_least_squares_solves_for(features):
    net = RandomFeatures(features=features)
    wide = attrs.evolve(GAUSSIAN, samples=200)
    least = cell(wide, (), LeastSquares(), 3, net)
    found = series(fitted(BasisPursuit(of=net), wide, seed=3))
    (record,) = fit(Batch((least,)), pools)
    for name, value in found.items():
        assert value == pytest.approx(float(record.series[name][0]), rel=1e-5), name


def test_a_bias_of_the_model_is_a_weight_like_any_other():
    one = fitted(BasisPursuit(of=Linear(features=5, bias=True)), GAUSSIAN)
    least = cell(GAUSSIAN, (), LeastSquares(), 0, Linear(features=5, bias=True))
    (record,) = fit(Batch((least,)), pools)
    assert series(one)["test_loss"] == pytest.approx(float(record.series["test_loss"][0]))


def test_the_largest_margin_is_recorded_with_its_own_loss():
    found = series(fitted(Svm(), data(50)))  # all classes are there
    assert found["train_loss"] == pytest.approx(0, abs=1e-6)
    assert found["train_error"] == 0
    assert found["test_loss"] > 0


def test_readings_do_not_depend_on_chunks_or_company(monkeypatch):
    cells = numbered(fitted(FOREST, data(n), seed=s) for n in (20, 30) for s in (0, 1))
    together = fit(Batch(cells), pools)
    monkeypatch.setattr(estimators, "NUMBERS", 7 * 40)
    for record, one in zip(together, cells, strict=True):
        for name, value in series(one).items():
            assert value == pytest.approx(float(record.series[name][0]), rel=1e-7), name


def test_draws_are_of_the_init_seed_and_of_nothing_global():
    state = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()  # noqa: NPY002
    one, other = (series(fitted(FOREST, seed=Seed(0, init, 7))) for init in (0, 1))
    assert one == series(fitted(FOREST, seed=0))
    assert one["test_loss"] != other["test_loss"]
    assert (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()) == state  # noqa: NPY002


# --- in a plan --------------------------------------------------------------------------------

SPEC = """dd 1
experiment forests {
  dataset:      mnist1d(samples: 40, test: 30, pool: 100, validation: 20, label_noise: 10%)
  architecture: random_forest(trees: trees, leaves: leaves)
  train:        fit()
  sweep {
    leaves in {4, 40}
    trees  in {1, 3}
    seed   in 0..<2
  }
}
experiment margins amends forests {
  architecture: net
  sweep {
    leaves in {4}
    trees  in {1}
    net    in random_forest(trees: trees, leaves: leaves) | svm() | lasso(0.01)
  }
}
"""


@pytest.fixture
def run(tmp_path):
    def call(text=SPEC):
        (tmp_path / "a.dd").write_text(text)
        return pipeline.run(str(tmp_path / "a.dd"), tmp_path / "out", local=True)

    return call


def test_a_run_ends_in_a_dataset_that_xarray_opens(run):
    outcome = run()
    assert outcome.counts["done"] == 8 + 6 - 2  # two forests are of both
    with xr.open_dataset(outcome.files["forests"]) as found:
        assert dict(found.sizes) == {"leaves": 2, "trees": 2, "seed": 2}
        assert found.parameters.values.tolist() == [[4, 12], [40, 120]]
        assert (found.status == 1).all()
        assert (found.train_loss.sel(leaves=40) == 0).all()
        assert (found.train_loss.sel(leaves=4) > 0).all()
        assert "stop_epoch" not in found
    assert run().trained == 0


def test_ids_tell_what_is_fitted_and_nothing_else(tmp_path):
    def ids(text):
        (tmp_path / "a.dd").write_text(text)
        found = pipeline.expand_all(pipeline.load(str(tmp_path / "a.dd")))
        return [each.ids for each in found]

    first = ids(SPEC)
    assert first[0][0] == first[1][0]
    spelled = SPEC.replace("trees: trees, leaves", "bootstrap: false, trees: trees, leaves")
    assert ids(spelled)[0] == first[0]
    assert set(
        ids(SPEC.replace("leaves: leaves", "leaves: leaves, bootstrap: true"))[0]
    ).isdisjoint(first[0])


def test_a_seed_that_draws_nothing_is_no_part_of_a_cell(tmp_path):
    text = SPEC.replace("    seed   in 0..<2\n", "    seed.data in 0..<2\n    seed.init in 0..<3\n")
    (tmp_path / "a.dd").write_text(text)
    plans = pipeline.expand_all(pipeline.load(str(tmp_path / "a.dd")))
    assert len(plans[0]) == 4 * 6
    assert len(plans[1]) == 6 + 2 + 2  # margins and the lasso draw nothing


def test_fitted_cells_are_cut_for_the_workers_there_are(tmp_path):
    (tmp_path / "a.dd").write_text(SPEC.replace("0..<2", "0..<50"))
    (first, _) = pipeline.load(str(tmp_path / "a.dd")).experiments
    cells = [expand(first).cell(number) for number in range(200)]
    (batch,) = group(cells, {one.id: Reading("epochs", ()) for one in cells})
    parts = split([batch], Machine(workers=8))
    assert len(parts) > 2  # none is worth less than a second
    assert sorted(one.id for part in parts for one in part.cells) == sorted(c.id for c in cells)
    assert all(part.ways == ("eager",) for part in parts)


def test_strengths_do_not_stack_but_differ():
    cells = numbered(fitted(Lasso(strength=s), GAUSSIAN) for s in (0.001, 0.1, 10.0))
    losses = [float(r.series["train_loss"][0]) for r in fit(Batch(cells), pools)]
    assert losses == sorted(losses)
    targets = select(cells[0], pools(GAUSSIAN, 0)).train.targets
    assert losses[-1] == pytest.approx((targets**2).mean())
