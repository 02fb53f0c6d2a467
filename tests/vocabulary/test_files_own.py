"""Files of the user's: what is read of them, how they are parted, what is wrong with them."""

import re

import numpy as np
import pytest
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.vocabulary.datasets.csv import Csv
from ddspec.vocabulary.datasets.netcdf import Netcdf
from ddspec.vocabulary.datasets.npz import Npz

TABLE = "a,b,kind\n" + "".join(f"{n},{n * n / 2},{n % 3}\n" for n in range(10))


def table(folder, content=TABLE, name="t.csv", **changes):
    (folder / name).write_text(content)
    plain = {"file": "t.csv", "features": 2, "targets": "kind", "class_count": 3, "samples": 4}
    return Csv(**(plain | {"test": 2} | changes))


def test_a_table_is_parted_into_training_and_held_out_rows(tmp_path):
    pool = table(tmp_path, held_out=0.3, test=3).pool(0, tmp_path)
    assert pool.train_inputs.shape == (7, 2)
    assert pool.test_inputs.shape == (3, 2)
    rows = np.concatenate([pool.train_inputs[:, 0], pool.test_inputs[:, 0]])
    assert sorted(rows) == list(range(10))
    for inputs, targets in (
        (pool.train_inputs, pool.train_targets),
        (pool.test_inputs, pool.test_targets),
    ):
        assert np.array_equal(inputs[:, 1], inputs[:, 0] ** 2 / 2)
        assert np.array_equal(targets, inputs[:, 0] % 3)
    assert pool.train_targets.dtype == np.int64


def test_the_held_out_rows_depend_on_the_split_seed_only(tmp_path):
    one, other, few = (
        table(tmp_path, held_out=0.5, **changes).pool(seed, tmp_path)
        for seed, changes in (
            (0, {"test": 5}),
            (0, {"test": 5, "split_seed": 1}),
            (7, {"test": 2, "samples": 1}),
        )
    )
    assert sorted(one.test_inputs[:, 0]) != sorted(other.test_inputs[:, 0])
    assert np.array_equal(few.train_inputs, one.train_inputs)
    assert np.array_equal(few.test_inputs, one.test_inputs[:2])


def test_no_more_than_the_held_out_rows_are_tested_on(tmp_path):
    pool = table(tmp_path, held_out=0.3, test=9).pool(0, tmp_path)
    assert len(pool.test_targets) == 3


def test_a_test_file_leaves_all_rows_to_training(tmp_path):
    (tmp_path / "u.csv").write_text("kind,b,a\n2,-1,7\n0,-3,8\n")
    pool = table(tmp_path, test_file="u.csv", inputs_named="a, b").pool(0, tmp_path)
    assert len(pool.train_targets) == 10
    assert sorted(map(tuple, pool.test_inputs)) == [(7, -1), (8, -3)]


def test_columns_are_chosen_by_name(tmp_path):
    word = table(tmp_path, features=1, inputs_named="b", targets="a", class_count=None)
    pool = word.pool(0, tmp_path)
    assert np.array_equal(pool.train_inputs[:, 0], pool.train_targets**2 / 2)
    assert (word.classes, word.outputs) == (None, 1)


def test_several_real_targets_stand_side_by_side(tmp_path):
    word = table(tmp_path, features=1, inputs_named="kind", targets="a, b", class_count=None)
    assert word.outputs == 2
    assert word.pool(0, tmp_path).train_targets.shape == (8, 2)


WRONG = [
    ("a,b,kind\n", {}, "has no samples"),
    ("", {}, "t.csv is empty"),
    (TABLE, {"targets": "sort"}, "no column `sort`.*a, b, kind"),
    (TABLE, {"features": 3}, "has 2 inputs, the spec says 3.*features: 2"),
    (TABLE.replace("\n3,", "\nthree,"), {}, "line 5 .* has `three` in column `a`"),
    (TABLE.replace("\n3,", "\n,"), {}, "line 5 .* has nothing in column `a`"),
    (TABLE.replace("\n3,", "\nnan,"), {}, "input of sample 3 .* is missing or not finite"),
    (TABLE.replace("\n3,", "\n3,4,"), {}, "line 5 .* has 4 cells, line 1 3"),
    (TABLE, {"class_count": 2}, "classes from 0 to 2, the spec says 0 to 1.*classes: 3"),
    (TABLE.replace(",0\n", ",-1\n"), {}, "classes from -1 to 2.*number the classes from 0"),
    (TABLE.replace(",0\n", ",0.5\n"), {}, "a class 0.5: classes are whole numbers"),
    (TABLE, {"held_out": 0.01}, "10 samples: too few to hold 1% out"),
    (TABLE, {"targets": "a, kind", "features": 1}, "has 2 targets, and a class is one number"),
    (TABLE.replace("a,b", "a,a"), {"inputs_named": "a"}, "several columns `a`"),
    (TABLE, {"digest": "00"}, "another file than the one of digest 00.*digest: "),
]


@pytest.mark.parametrize(("content", "changes", "message"), WRONG)
def test_a_wrong_table_is_named_with_what_to_write(tmp_path, content, changes, message):
    with pytest.raises(DdspecError) as caught:
        table(tmp_path, content, **changes).pool(0, tmp_path)
    told = " ".join([str(caught.value), *caught.value.help])
    assert re.search(message, told), told


def test_a_missing_table_is_asked_for(tmp_path):
    with pytest.raises(DdspecError, match=r"csv needs the file t.csv; looked in") as caught:
        Csv(file="t.csv", features=1, targets="a", samples=1, test=1).pool(0, tmp_path)
    assert str(tmp_path) in caught.value.help[0]


# --- arrays -----------------------------------------------------------------------------------

IMAGES = np.arange(10 * 12, dtype=np.uint8).reshape(10, 1, 3, 4)
KINDS = np.arange(10) % 5


def archive(folder, **changes):
    plain = {"file": "t.npz", "sample_shape": (1, 3, 4), "class_count": 5, "samples": 4, "test": 2}
    np.savez(folder / "t.npz", x=IMAGES, y=KINDS, v=IMAGES[:4] * 2, w=KINDS[:4])
    return Npz(**(plain | changes))


def test_arrays_lie_flat_with_their_shape_told(tmp_path):
    word = archive(tmp_path)
    pool = word.pool(0, tmp_path)
    assert word.shape == (1, 3, 4)
    assert pool.train_inputs.shape == (8, 12)
    assert pool.train_inputs.dtype == np.float32
    numbers = (pool.train_inputs[:, 0] / 12).astype(int)
    assert np.array_equal(pool.train_inputs, IMAGES.reshape(10, 12)[numbers])
    assert np.array_equal(pool.train_targets, KINDS[numbers])


def test_arrays_to_test_on_may_lie_in_the_same_file(tmp_path):
    pool = archive(tmp_path, test_inputs="v", test_targets="w", test=4).pool(0, tmp_path)
    assert len(pool.train_targets) == 10
    order = pool.test_targets
    assert sorted(order) == [0, 1, 2, 3]
    assert np.array_equal(pool.test_inputs, (IMAGES[:4] * 2).reshape(4, 12)[order])


def test_real_targets_keep_their_precision(tmp_path):
    exact = np.linspace(0, 1, 20).reshape(10, 2)
    np.savez(tmp_path / "t.npz", x=exact, y=exact)
    word = Npz(file="t.npz", sample_shape=(2,), target_count=2, samples=4, test=2)
    pool = word.pool(0, tmp_path)
    assert pool.train_inputs.dtype == pool.train_targets.dtype == np.float64
    assert np.array_equal(pool.train_inputs, pool.train_targets)


BAD_ARRAYS = [
    ({"sample_shape": (3, 3)}, r"has 12 inputs, the spec says 9.*shape: \[1, 3, 4\]"),
    ({"inputs_named": "z"}, "has no `z`.*it has x, y, v, w"),
    ({"targets": "w"}, "inputs of 10 samples and targets of 4"),
    ({"class_count": None, "targets": "x"}, "12 targets, the spec says 1.*outputs: 12"),
    ({"inputs_named": "x, v"}, "`v` in .* has not a row for each sample of `x`"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_ARRAYS)
def test_wrong_arrays_are_named_with_what_to_write(tmp_path, changes, message):
    with pytest.raises(DdspecError) as caught:
        archive(tmp_path, **changes).pool(0, tmp_path)
    assert re.search(message, " ".join([str(caught.value), *caught.value.help]))


def test_objects_in_an_archive_are_not_unpickled(tmp_path):
    class Harm:
        def __reduce__(self):
            return (tmp_path.joinpath, ("proof",))

    archive(tmp_path)
    np.savez(tmp_path / "t.npz", x=np.array([Harm()], dtype=object), y=KINDS)
    word = Npz(file="t.npz", sample_shape=(1,), samples=1, test=1)
    with pytest.raises(DdspecError, match="no numpy archive of numbers"):
        word.pool(0, tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken"])
def test_what_is_no_archive_is_named(tmp_path, content):
    word = archive(tmp_path)
    (tmp_path / "t.npz").write_bytes(content)
    with pytest.raises(DdspecError, match=r"t.npz is no numpy archive"):
        word.pool(0, tmp_path)


def test_one_array_is_no_archive(tmp_path):
    word = archive(tmp_path)
    with (tmp_path / "t.npz").open("wb") as file:
        np.save(file, IMAGES)
    with pytest.raises(DdspecError, match=r"numpy.savez|is one array"):
        word.pool(0, tmp_path)


# --- netCDF -----------------------------------------------------------------------------------

WIND = np.random.default_rng(0).standard_normal((2, 3, 10))


def storms(folder, **changes):
    made = xr.Dataset(
        {
            "u": (("y", "x", "time"), WIND),
            "v": (("time", "y"), WIND[:, 0].T),
            "rain": ("time", WIND[1, 2]),
            "flat": ("y", [0.0, 1.0]),
            "total": 1.0,
        }
    )
    made.to_netcdf(folder / "t.nc")
    plain = {"file": "t.nc", "inputs_named": "u", "targets": "rain", "sample_shape": (2, 3)}
    return Netcdf(**(plain | {"samples": 4, "test": 2} | changes))


def test_the_dimension_of_the_targets_counts_samples(tmp_path):
    pool = storms(tmp_path).pool(0, tmp_path)
    assert pool.train_inputs.shape == (8, 6)
    assert np.array_equal(pool.train_inputs[:, 5], pool.train_targets)
    assert pool.train_inputs[0] in WIND.reshape(6, 10).T


def test_several_variables_stand_side_by_side(tmp_path):
    word = storms(tmp_path, inputs_named="u, v", sample_shape=(8,))
    pool = word.pool(0, tmp_path)
    assert np.array_equal(pool.train_inputs[:, 6], pool.train_inputs[:, 0])
    assert np.array_equal(pool.train_inputs[:, 7], pool.train_inputs[:, 3])


BAD_VARIABLES = [
    ({"inputs_named": "w"}, "has no `w`.*it has u, v, rain"),
    ({"inputs_named": "flat"}, "`flat` in .* has no dimension `time`"),
    ({"targets": "total"}, "`total` in .* is one number"),
    ({"sample_shape": (5,)}, r"shape: \[2, 3\]"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_VARIABLES)
def test_wrong_variables_are_named(tmp_path, changes, message):
    with pytest.raises(DdspecError) as caught:
        storms(tmp_path, **changes).pool(0, tmp_path)
    assert re.search(message, " ".join([str(caught.value), *caught.value.help]))


def test_what_is_no_netcdf_file_is_named(tmp_path):
    word = storms(tmp_path)
    (tmp_path / "t.nc").write_bytes(b"hello")
    with pytest.raises(DdspecError, match=r"t.nc is no netCDF file"):
        word.pool(0, tmp_path)
