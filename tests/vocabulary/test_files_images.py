"""Fashion-MNIST and CIFAR-100 are read from where and as their publishers lay them out."""

import pickle

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary.datasets.cifar100 import Cifar100
from ddspec.vocabulary.datasets.fashion_mnist import FashionMnist
from ddspec.vocabulary.datasets.mnist import Mnist
from tests.vocabulary.layouts import idx, write_digits


@pytest.mark.parametrize(
    "place", ["FashionMNIST/raw", "fashion-mnist/data/fashion", "fashion-mnist", "fashion_mnist"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_fashion_mnist_is_found_where_people_keep_it(tmp_path, place, packed):
    write_digits(tmp_path / place, packed=packed)
    pool = FashionMnist(samples=3, test=2).pool(0, tmp_path)
    assert pool.train_inputs.shape == (5, 784)
    assert pool.train_inputs[1, 3] == np.float32((784 + 3) % 256 / 255)
    assert pool.train_targets.tolist() == [0, 1, 2, 3, 4]
    assert pool.test_targets.tolist() == [0, 1]
    assert pool.validation_inputs.shape == (0, 784)


@pytest.mark.parametrize("place", ["MNIST/raw", "raw", "."])
def test_mnist_files_are_not_taken_for_fashion_mnist(tmp_path, place):
    write_digits(tmp_path / place)
    with pytest.raises(DdspecError, match="fashion_mnist needs the file train-images-idx3-ubyte"):
        FashionMnist(samples=3).pool(0, tmp_path)


def test_as_many_labels_as_images_are_needed(tmp_path):
    write_digits(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(4)))
    with pytest.raises(DdspecError, match="5 images and 4 labels"):
        Mnist(samples=3).pool(0, tmp_path)


ROWS = 4


def batch(first, rows=ROWS):
    images = (np.arange(rows * 3072).reshape(rows, 3072) + first) % 256
    fine = [(first + 25 * row) % 100 for row in range(rows)]
    return images.astype(np.uint8), fine, [label // 5 for label in fine]


def write_pickled(root, rows=ROWS):
    (root / "cifar-100-python").mkdir()
    for name, first in (("train", 3), ("test", 7)):
        images, fine, coarse = batch(first, rows)
        content = {"data": images, "fine_labels": fine, "coarse_labels": coarse, "filenames": ["a"]}
        (root / "cifar-100-python" / name).write_bytes(pickle.dumps(content, 2))


def write_binary(root):
    (root / "cifar-100-binary").mkdir()
    for name, first in (("train", 3), ("test", 7)):
        rows = zip(*batch(first), strict=True)
        content = b"".join(bytes([coarse, fine]) + image.tobytes() for image, fine, coarse in rows)
        (root / "cifar-100-binary" / f"{name}.bin").write_bytes(content)


@pytest.mark.parametrize("write", [write_pickled, write_binary])
@pytest.mark.parametrize("labels", ["fine", "coarse"])
def test_cifar100_is_read_from_both_layouts(tmp_path, write, labels):
    write(tmp_path)
    word = Cifar100(samples=3, test=2, labels=labels)
    pool = word.pool(0, tmp_path)
    images, fine, coarse = batch(3)
    assert np.array_equal(pool.train_inputs, images.astype("f4") / 255)
    assert pool.train_targets.tolist() == (fine if labels == "fine" else coarse)
    assert pool.test_inputs.shape == (2, 3072)
    assert (word.classes, word.outputs, word.shape) == (
        (100, 100, (3, 32, 32)) if labels == "fine" else (20, 20, (3, 32, 32))
    )


def test_a_batch_of_cifar10_is_none_of_cifar100(tmp_path):
    (tmp_path / "cifar-100-python").mkdir()
    content = pickle.dumps({"data": batch(0)[0], "labels": [1, 2, 3, 4]}, 2)
    (tmp_path / "cifar-100-python" / "train").write_bytes(content)
    with pytest.raises(DdspecError, match="no batch of CIFAR-100: it has no data and fine_labels"):
        Cifar100(samples=3).pool(0, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\x14" + bytes(3073), bytes(3073)])
def test_a_damaged_binary_batch_of_cifar100_is_named(tmp_path, content):
    (tmp_path / "cifar-100-binary").mkdir()
    (tmp_path / "cifar-100-binary" / "train.bin").write_bytes(content)
    with pytest.raises(DdspecError, match=r"train.bin is no batch of CIFAR-100"):
        Cifar100(samples=3, labels="coarse").pool(0, tmp_path)
