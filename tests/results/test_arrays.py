"""Quantities that are arrays, and quantities across cells, from records to the netCDF file."""

import attrs
import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.results.files import open_dataset, write_dataset
from ddspec.results.store import open_store
from ddspec.spec.model import Seed, Table
from ddspec.vocabulary.measures.disagreement import Disagreement
from ddspec.vocabulary.measures.prediction_bias import PredictionBias
from ddspec.vocabulary.measures.prediction_variance import PredictionVariance
from ddspec.vocabulary.measures.predictions import Predictions
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from tests.results.made import NAMES, axis, curve, dataset, record, solved

A, B = "a" * 64, "b" * 64
SAID = Predictions(samples=3)


def with_array(cell, number=0.0, key=SAID.key, shape=(3, 10), **more):
    """A record whose array says its number, its place and when it was read."""
    one = record(cell, number, **more)
    size = int(np.prod(shape))
    values = [number + point / 10 + np.arange(size) * 100 for point in one.points]
    array = np.asarray(values, np.float32).reshape(len(one.points), *shape)
    return attrs.evolve(one, series=dict(one.series) | {key: array})


def all_with(key, shape):
    return lambda plan: [with_array(c, float(n), key, shape) for n, c in enumerate(plan.ids)]


# --- the store -------------------------------------------------------------------------------


def test_arrays_are_read_back_as_they_were_written(tmp_path):
    given = with_array(A, 0.25)
    given = attrs.evolve(given, series=dict(given.series) | {"z@1()": np.ones((2, 4), "f4")})
    with open_store(tmp_path) as store:
        store.write([given, record(B)])
        found = {each.cell: each for each in store.read([A, B])}
        assert set(store.held([A])[A].names) == {*NAMES, SAID.key, "z@1()"}
    np.testing.assert_array_equal(found[A].array(SAID.key), given.series[SAID.key])
    np.testing.assert_array_equal(found[A].array("z@1()"), np.ones((2, 4)))
    for name, values in zip(found[A].names, found[A].values, strict=True):
        np.testing.assert_array_equal(values, given.series[name])
    assert (found[B].arrays, set(found[B].names)) == ({}, set(NAMES))


def test_an_array_that_has_lost_numbers_is_said(tmp_path):
    with open_store(tmp_path) as store:
        store.write([with_array(A)])
        store._db.execute("update readings set series = substr(series, 1, length(series) - 4)")
        with pytest.raises(DdspecError, match="has lost readings"):
            list(store.read([A]))


def test_what_the_first_format_calls_by_a_specs_names_is_the_one_measure_it_had(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A, names=(*NAMES, "norm"))])
        assert WeightNorm().key in store.held([A])[A].names
        (found,) = store.read([A])
        assert WeightNorm().key in found.names


def test_a_run_read_again_keeps_what_was_read_before_at_the_same_points(tmp_path):
    with open_store(tmp_path) as store:
        store.write([with_array(A, names=(*NAMES, "old@1()"))])
        store.write([record(A, 5.0, names=(*NAMES, "new@1()"))])
        (found,) = store.read([A])
        assert set(found.names) == {*NAMES, "old@1()", "new@1()"}
        assert found.values[found.names.index("test_loss")].tolist() == pytest.approx([5.1, 5.4])
        assert found.values[found.names.index("old@1()")].tolist() == pytest.approx([0.1, 0.4])
        assert found.array(SAID.key).shape == (2, 3, 10)


def test_a_run_read_again_at_other_points_keeps_nothing(tmp_path):
    with open_store(tmp_path) as store:
        store.write([record(A, names=(*NAMES, "old@1()"))])
        store.write([record(A, points=(1, 2, 4))])
        assert set(store.held([A])[A].names) == set(NAMES)


# --- the dataset -----------------------------------------------------------------------------


def test_an_array_has_its_own_dimensions_after_those_of_the_grid(tmp_path):
    ds = dataset(tmp_path, curve(measures={"said": SAID}), all_with(SAID.key, (3, 10)))
    assert ds.said.dims == ("width", "seed", "epochs", "test_sample", "class")
    assert ds.said.shape == (3, 2, 2, 3, 10)
    for w in range(3):
        for s in range(2):
            expected = 2 * w + s + 0.4 + np.arange(30).reshape(3, 10) * 100
            assert np.allclose(ds.said[w, s, 1], expected)


def test_an_array_of_the_end_has_no_epochs(tmp_path):
    ds = dataset(tmp_path, curve(measures={"said": SAID}, points=()), all_with(SAID.key, (3, 10)))
    assert ds.said.dims == ("width", "seed", "test_sample", "class")
    assert np.allclose(ds.said[1, 1, 0, :2], [3.4, 103.4])


def test_regression_puts_out_outputs_and_not_classes(tmp_path):
    experiment = attrs.evolve(solved(), measures={"said": SAID})

    def records(plan):
        solution = {"unit": "", "points": (0,), "stop": 0}
        return [
            with_array(c, float(n), SAID.key, (3, 1), **solution) for n, c in enumerate(plan.ids)
        ]

    ds = dataset(tmp_path, experiment, records)
    assert ds.said.dims == ("width", "seed", "test_sample", "output")
    assert ds.said.notnull().all()


def test_cells_that_are_missing_have_no_array(tmp_path):
    ds = dataset(
        tmp_path, curve(measures={"said": SAID}), lambda plan: [with_array(plan.ids[3], 3.0)]
    )
    there = ds.said.notnull().all(["test_sample", "class", "epochs"])
    assert there.values.tolist() == [[False, False], [False, True], [False, False]]


def test_a_dataset_with_arrays_is_a_plain_file(tmp_path):
    ds = dataset(tmp_path, curve(measures={"said": SAID}), all_with(SAID.key, (3, 10)))
    write_dataset(ds, tmp_path / "curve.nc")
    read = open_dataset(tmp_path)
    assert read.said.dtype == np.float32
    assert (read.said.values == ds.said.values).all()
    assert (read.said.units, read.said.long_name) == (
        "1",
        "what the network says to some samples, test samples",
    )
    assert read.said.comment == SAID.key


# --- measures across cells -------------------------------------------------------------------

CHOICES = {0: [0, 0, 2, 1], 1: [0, 1, 2, 2], 2: [0, 1, 2, 0]}
APART = Disagreement(samples=4)


def seeds(measures, along="seed", **more):
    return curve((2, 4), (0, 1, 2), measures=measures, **more)


def chosen(plan, status="done", skip=()):
    """Width 4 says the same whatever the seed; width 2 what CHOICES says, at the last reading."""
    for number, cell in enumerate(plan.ids):
        one = record(cell)
        values = np.zeros((2, 4), "f4")
        values[1] = CHOICES[number % 3] if number < 3 else 1
        if number not in skip:
            yield attrs.evolve(one, series=dict(one.series) | {APART.recorded.key: values})


def test_cells_are_compared_along_their_axis(tmp_path):
    ds = dataset(tmp_path, seeds({"apart": APART}), lambda plan: list(chosen(plan)))
    assert ds.apart.dims == ("width", "epochs")
    pairs = [np.mean(np.not_equal(CHOICES[a], CHOICES[b])) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert ds.apart.values == pytest.approx(np.array([[0, np.mean(pairs)], [0, 0]]))
    assert ds.apart.long_name == "how often cells of other seeds say something else, test samples"


def test_cells_that_are_missing_are_not_compared(tmp_path):
    both = dataset(tmp_path / "two", seeds({"apart": APART}), lambda p: list(chosen(p, skip=(2,))))
    expected = np.mean(np.not_equal(CHOICES[0], CHOICES[1]))
    assert both.apart.values[0, 1] == pytest.approx(expected)
    one = dataset(tmp_path / "one", seeds({"apart": APART}), lambda p: list(chosen(p, skip=(1, 2))))
    assert np.isnan(one.apart.values[0]).all()
    assert np.isfinite(one.apart.values[1]).all()


def test_seeds_of_data_are_averaged_for_each_seed_of_weights(tmp_path):
    """The dimension that is compared along goes, the other replicate stays."""
    plain = curve((2,), (0, 1, 2), measures={"apart": Disagreement(samples=4, along="seed_data")})
    experiment = attrs.evolve(
        plain,
        axes=(
            plain.axes[0],
            axis("seed_data", (0, 1, 2), "replicate"),
            axis("seed_init", (0, 1), "replicate"),
        ),
        seed=Table(
            ("seed_data", "seed_init"), tuple(Seed(d, i, 0) for d in range(3) for i in range(2))
        ),
    )
    key = APART.recorded.key

    def records(plan):
        for number, cell in enumerate(plan.ids):
            values = np.array([CHOICES[number // 2] if number % 2 else [1] * 4] * 2, "f4")
            one = record(cell)
            yield attrs.evolve(one, series=dict(one.series) | {key: values})

    ds = dataset(tmp_path, experiment, lambda plan: list(records(plan)))
    assert ds.apart.dims == ("width", "seed_init", "epochs")
    assert ds.apart.values[0, 0].tolist() == [0, 0]
    assert (ds.apart.values[0, 1] > 0).all()


def test_bias_and_variance_add_to_the_mean_loss(tmp_path):
    bias, variance = PredictionBias(samples=5), PredictionVariance(samples=5)
    generator = np.random.default_rng(0)
    drawn = []

    def records(plan):
        for cell in plan.ids:
            residuals = generator.normal(size=(2, 5, 10)).astype("f4")
            drawn.append(residuals)
            one = record(cell)
            yield attrs.evolve(one, series=dict(one.series) | {bias.recorded.key: residuals})

    measures = {"bias": bias, "variance": variance}
    ds = dataset(tmp_path, seeds(measures), lambda plan: list(records(plan)))
    squares = np.square(drawn).mean((2, 3)).reshape(2, 3, 2).mean(1)
    assert (ds.bias + ds.variance).values == pytest.approx(squares, rel=1e-5)
    expected = np.var(np.reshape(drawn, (2, 3, 2, 5, 10)), axis=1, ddof=1).mean((2, 3))
    assert ds.variance.values == pytest.approx(expected, rel=1e-5)
