"""Every reading lands at its labels, and the dataset says what it is."""

import json

import attrs
import numpy as np
import pytest

from ddspec.plan.expand import expand
from ddspec.results.readings import gather
from ddspec.results.store import open_store
from ddspec.spec.model import Table, Trajectory
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from tests.results.made import NAMES, axis, curve, dataset, everything, record, solved


def test_samples_and_outputs_are_told_where_they_are_one_number(tmp_path):
    ds = dataset(tmp_path, curve())
    plan = expand(curve())
    (data,) = plan.parts[0]
    assert (ds.attrs["train_samples"], ds.attrs["outputs"]) == (data.samples, data.outputs)


def test_dimensions_are_axes_then_epochs(tmp_path):
    ds = dataset(tmp_path, curve())
    assert ds.test_error.dims == ("width", "seed", "epochs")
    assert ds.test_error.dtype == np.float32
    assert ds.width.values.tolist() == [2, 4, 8]
    assert ds.epochs.values.tolist() == [1, 4]


def test_each_reading_is_at_its_labels(tmp_path):
    ds = dataset(tmp_path, curve())
    plan = expand(curve())
    for w, width in enumerate((2, 4, 8)):
        for s, seed in enumerate((0, 1)):
            number = plan.index[w, s]
            found = ds.test_loss.sel(width=width, seed=seed)
            np.testing.assert_allclose(found.values, [number + 0.1, number + 0.4], rtol=1e-6)


def test_asked_for_points_are_selected_from_a_longer_record(tmp_path):
    ds = dataset(tmp_path, curve(points=(2, 8)), points=(0, 1, 2, 4, 8))
    np.testing.assert_allclose(ds.test_loss.isel(width=0, seed=0), [0.2, 0.8], rtol=1e-6)


def test_a_point_that_was_not_recorded_is_nan(tmp_path):
    ds = dataset(tmp_path, curve(points=(1, 2, 4)), points=(1, 4))
    assert np.isnan(ds.test_loss.sel(epochs=2)).all()
    assert ds.test_loss.sel(epochs=4).notnull().all()


def test_without_an_epochs_axis_values_are_of_the_end(tmp_path):
    ds = dataset(tmp_path, curve(points=()), points=(1, 4))
    assert ds.test_loss.dims == ("width", "seed")
    assert ds.test_loss.values[0, 0] == np.float32(0.4)
    assert (ds.stop_epoch == 4).all()


def test_a_run_that_was_not_read_at_its_end_has_no_value_of_the_end(tmp_path):
    ds = dataset(tmp_path, curve(points=()), points=(1, 2), stop=4)
    assert ds.test_loss.isnull().all()
    assert (ds.status == 0).all()


def test_steps_are_a_trajectory_of_their_own(tmp_path):
    experiment = curve(trajectory=Trajectory("steps", (1, 4)))
    assert dataset(tmp_path / "a", experiment, unit="steps").test_loss.dims[-1] == "steps"
    other = dataset(tmp_path / "b", experiment, unit="epochs")
    assert (other.status == 0).all()
    assert other.test_loss.isnull().all()


def test_a_solved_experiment_has_no_epochs_and_no_errors(tmp_path):
    ds = dataset(tmp_path, solved(), points=(0,), unit="", stop=0, names=NAMES[:2])
    assert ds.test_loss.dims == ("width", "seed")
    assert set(ds.data_vars) == {"train_loss", "test_loss", "status", "seconds"}


def statuses(plan):
    a, b, c, d, *_ = plan.ids
    return [
        record(a),
        record(b, status="diverged", points=(1,), stop=1),
        record(c, status="failed", error="Boom"),
        record(d, status="stopped", points=(1,), stop=1),
    ]


def test_status_says_why_a_reading_is_missing(tmp_path):
    keep = Table(("width", "seed"), (True, True, True, True, True, False))
    ds = dataset(tmp_path, curve(keep=(keep,)), statuses)
    meanings = dict(
        zip(ds.status.flag_meanings.split(), ds.status.flag_values.tolist(), strict=True)
    )
    named = {code: name for name, code in meanings.items()}
    words = [named[code] for code in ds.status.values.reshape(-1).tolist()]
    assert words == ["done", "diverged", "failed", "stopped", "missing", "excluded"]
    assert ds.status.dtype == np.int8
    readable = ds.test_loss.notnull().sum("epochs").values.reshape(-1).tolist()
    assert readable == [2, 1, 0, 1, 0, 0]
    assert (ds.attrs["cells_planned"], ds.attrs["cells_done"]) == (5, 3)
    assert ds.attrs["cells_failed"] == 1


def test_nothing_stored_is_a_dataset_of_missing_cells(tmp_path):
    ds = dataset(tmp_path, curve(), lambda plan: [])
    assert (ds.status == 0).all()
    assert ds.test_error.isnull().all()
    assert ds.parameters.values.tolist() == [112, 214, 418]
    assert ds.attrs["cells_done"] == 0


def test_coinciding_grid_points_show_the_same_cell(tmp_path):
    same = axis("lr", (0.1, 0.2))
    plain = curve()
    ds = dataset(tmp_path, attrs.evolve(plain, axes=(same, *plain.axes)))
    np.testing.assert_array_equal(ds.test_loss.sel(lr=0.1), ds.test_loss.sel(lr=0.2))
    assert ds.attrs["cells_planned"] == 6


def test_parameters_are_a_coordinate_along_what_they_depend_on(tmp_path):
    ds = dataset(tmp_path, curve())
    assert ds.parameters.dims == ("width",)
    assert ds.test_error.coords["parameters"].values.tolist() == [112, 214, 418]


def test_labels_extras_and_derived_tables_become_coordinates(tmp_path):
    plain = curve()
    reg = axis(
        "reg",
        ("none", "decay"),
        extras={"has_l2": (False, True), "l2_strength": (float("nan"), 0.1), "terms": (0, 1)},
    )
    ds = dataset(
        tmp_path,
        attrs.evolve(
            plain,
            axes=(plain.axes[0], reg, plain.axes[1]),
            derived={"ratio": Table(("width",), (0.5, None, 2.0))},
        ),
    )
    assert ds.reg.values.tolist() == ["none", "decay"]
    assert ds.has_l2.dtype == bool
    assert ds.sel(reg="decay").l2_strength == 0.1
    assert ds.ratio.dims == ("width",)
    np.testing.assert_array_equal(ds.ratio.values, [0.5, np.nan, 2.0])


@pytest.mark.parametrize(
    ("given", "kind"),
    [((1, 2), "i"), ((1, 2.5), "f"), ((1.0, float("nan")), "f"), (("a", 1), "U"), ((True,), "b")],
)
def test_labels_keep_their_type(tmp_path, given, kind):
    plain = curve()
    ds = dataset(tmp_path, attrs.evolve(plain, axes=(axis("x", given), *plain.axes)))
    assert ds.x.dtype.kind == kind


def test_measures_are_variables_with_units(tmp_path):
    ds = dataset(tmp_path, curve(measures={"norm": WeightNorm()}), names=(*NAMES, "norm"))
    assert ds.norm.notnull().all()
    assert ds.norm.units == "1"


def test_variables_say_what_they_are(tmp_path):
    ds = dataset(tmp_path, curve())
    for name in NAMES:
        assert ds[name].units == "1"
        assert ds[name].ancillary_variables == "status"
        assert ds[name].cell_methods == f"{name.split('_')[0]}_sample: mean"
    assert all(variable.attrs["long_name"] for variable in ds.variables.values())
    assert ds.seconds.units == "s"


def test_attributes_are_text_or_whole_numbers(tmp_path):
    ds = dataset(tmp_path, curve(doc="The first curve."))
    assert {type(value) for value in ds.attrs.values()} == {str, int}
    assert ds.attrs["spec"] == "dd 1\n"
    assert ds.attrs["experiment"] == "curve"
    assert ds.attrs["comment"] == "The first curve."
    assert ds.attrs["sample_dims"] == "seed"
    assert ds.attrs["hardware"] == "a processor"
    assert json.loads(ds.attrs["axes"])["seed"]["kind"] == "replicate"


def test_the_dataset_does_not_depend_on_the_order_of_writing(tmp_path):
    one = dataset(tmp_path / "a", curve())
    other = dataset(tmp_path / "b", curve(), lambda plan: everything(plan)[::-1])
    assert one.identical(other)


def test_a_run_without_its_last_reading_has_no_end_unless_it_was_stopped(tmp_path):
    plan = expand(curve())
    with open_store(tmp_path) as store:
        store.write([record(plan.ids[0], points=(1,)), record(plan.ids[1], points=(1, 4))])
        store.write([record(plan.ids[2], points=(1,), status="stopped")])
        ends = gather(plan, store, NAMES, ["test_loss"]).last("test_loss")
    np.testing.assert_allclose(ends, [np.nan, 0.4, 0.1, np.nan, np.nan, np.nan], rtol=1e-6)
