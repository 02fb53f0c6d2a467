"""CIFAR-10 is read from pickles and from the binary layout, and nothing in a pickle is run."""

import os
import pickle

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary.cifar import read_batch
from ddspec.vocabulary.datasets.cifar10 import LAYOUT, Cifar10

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
ROWS = 3


def batch(number):
    images = (np.arange(ROWS * 3072).reshape(ROWS, 3072) + number) % 256
    return images.astype(np.uint8), [(number + row) % 10 for row in range(ROWS)]


def pickled(number, protocol=2):
    images, labels = batch(number)
    return pickle.dumps({"data": images, "labels": labels, "batch_label": "a"}, protocol)


def binary(number):
    images, labels = batch(number)
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(images, labels))  # noqa: B905


def write(place, content, end=""):
    place.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(NAMES):
        (place / f"{name}{end}").write_bytes(content(number))


WAYS = [
    ("cifar-10-batches-py", pickled, ""),
    ("cifar-10-batches-bin", binary, ".bin"),
    (".", pickled, ""),
    (".", binary, ".bin"),
]


@pytest.mark.parametrize(("place", "content", "end"), WAYS)
def test_it_is_found_where_people_keep_it(tmp_path, place, content, end):
    write(tmp_path / place, content, end)
    pool = Cifar10(samples=3, test=2).pool(0, tmp_path)
    assert pool.train_inputs.shape == (5 * ROWS, 3072)
    assert pool.test_inputs.shape == (2, 3072)
    assert pool.train_inputs.dtype == np.float32
    assert pool.train_inputs.max() == 1
    assert np.array_equal(pool.train_inputs[ROWS:][:ROWS], batch(1)[0].astype("f4") / 255)
    assert pool.train_targets.tolist() == [n + row for n in range(5) for row in range(ROWS)]
    assert pool.test_targets.tolist() == [5, 6]


@pytest.mark.parametrize("protocol", range(5))
def test_pickles_of_every_older_protocol_are_read(tmp_path, protocol):
    (tmp_path / "test_batch").write_bytes(pickled(4, protocol))
    images, labels = read_batch(LAYOUT, "test_batch", tmp_path, "labels")
    assert np.array_equal(images, batch(4)[0])
    assert labels.tolist() == batch(4)[1]


def test_a_pickle_of_python_2_is_read(tmp_path):
    images, labels = batch(0)
    raw = images.tobytes()
    content = (
        b"(dp1\nS'data'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\n"
        b"tS'b'\ntRp5\n(I1\n(I3\nI3072\ntcnumpy\ndtype\np6\n(S'u1'\nI0\nI1\ntRp7\n(I3\nS'|'\nNNN"
        b"I-1\nI-1\nI0\ntbI00\nT" + len(raw).to_bytes(4, "little") + raw + b"tbsS'labels'\n(lp8\n"
        + b"".join(b"I%d\na" % label for label in labels) + b"s."
    )  # fmt: skip
    (tmp_path / "test_batch").write_bytes(content)
    found = read_batch(LAYOUT, "test_batch", tmp_path, "labels")
    assert np.array_equal(found[0], images)
    assert found[1].tolist() == labels


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "arguments"),
    [(os.mkdir, ("proof",)), (eval, ("1 + 1",)), (np.save, ("proof", 1)), (getattr, ("", "upper"))],
)
def test_a_pickle_that_calls_something_is_refused(tmp_path, monkeypatch, function, arguments):
    monkeypatch.chdir(tmp_path)
    images, labels = batch(0)
    harm = {"data": images, "labels": labels, "more": Call(function, *arguments)}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(harm, 2))
    with pytest.raises(DdspecError, match=r"no batch of CIFAR-10: it calls"):
        read_batch(LAYOUT, "test_batch", tmp_path, "labels")
    assert [path.name for path in tmp_path.iterdir()] == ["test_batch"]


IMAGES, LABELS = batch(0)
DAMAGED = {
    "empty": b"",
    "no pickle": b"hello",
    "cut": pickled(0)[:-100],
    "a list": pickle.dumps([1, 2], 2),
    "no labels": pickle.dumps({"data": IMAGES}, 2),
    "numbers": pickle.dumps({"data": 3, "labels": LABELS}, 2),
    "floats": pickle.dumps({"data": IMAGES.astype(float), "labels": LABELS}, 2),
    "smaller images": pickle.dumps({"data": IMAGES[:, :100], "labels": LABELS}, 2),
    "columns": pickle.dumps({"data": np.asfortranarray(IMAGES), "labels": LABELS}, 2),
    "a label too few": pickle.dumps({"data": IMAGES, "labels": LABELS[1:]}, 2),
    "a label of CIFAR-100": pickle.dumps({"data": IMAGES, "labels": [1, 2, 99]}, 2),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_pickle_is_named(tmp_path, name):
    (tmp_path / "test_batch").write_bytes(DAMAGED[name])
    with pytest.raises(DdspecError, match="test_batch is no batch of CIFAR-10") as caught:
        read_batch(LAYOUT, "test_batch", tmp_path, "labels")
    assert "download it again" in caught.value.help


@pytest.mark.parametrize("content", [b"", binary(0)[:-1], b"\x0b" + binary(0)[1:]])
def test_a_damaged_binary_file_is_named(tmp_path, content):
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(DdspecError, match=r"test_batch.bin is no batch of CIFAR-10"):
        read_batch(LAYOUT, "test_batch", tmp_path, "labels")


def test_a_missing_file_is_named_with_where_to_put_it(tmp_path):
    write(tmp_path, pickled)
    (tmp_path / "data_batch_3").unlink()
    with pytest.raises(DdspecError, match=r"data_batch_3 or data_batch_3.bin") as caught:
        Cifar10(samples=3).pool(0, tmp_path)
    assert str(tmp_path / "cifar-10-batches-py") in str(caught.value)
    assert "--data" in caught.value.help[1]


def test_without_a_folder_it_says_how_to_name_one():
    with pytest.raises(DdspecError, match="no data folder") as caught:
        Cifar10(samples=3).pool(0, None)
    assert "DDSPEC_DATA" in caught.value.help[0]
