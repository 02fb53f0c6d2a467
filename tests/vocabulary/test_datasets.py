"""Pools: what a data set holds, where it is read from, and what it leaves alone."""

import random

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.mnist import Mnist
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from tests.vocabulary.layouts import idx, write_digits

TINY = {"samples": 10, "test": 7, "pool_size": 16}


def test_mnist1d_has_the_sizes_asked_for_even_off_the_tens():
    pool = Mnist1d(**TINY).pool(0, None)
    assert pool.train_inputs.shape == (16, 40)
    assert pool.test_inputs.shape == (7, 40)
    assert pool.train_inputs.dtype == np.float32
    assert pool.train_targets.dtype == np.int64


def test_mnist1d_is_what_its_package_makes():
    from mnist1d.data import get_dataset_args, make_dataset
    from mnist1d.utils import ObjectView

    settings = get_dataset_args(as_dict=True) | {"num_samples": 60, "train_split": 2 / 3}
    made = make_dataset(ObjectView(settings))
    pool = Mnist1d(samples=1, test=20, pool_size=40).pool(0, None)
    assert np.array_equal(pool.train_inputs, made["x"].astype(np.float32))
    assert np.array_equal(pool.test_targets, made["y_test"])


def test_mnist1d_depends_on_its_pool_seed():
    one, other = (Mnist1d(**TINY, pool_seed=seed).pool(0, None) for seed in (42, 43))
    assert not np.array_equal(one.train_inputs, other.train_inputs)


def test_mnist1d_leaves_the_global_generators_as_they_were():
    def states():
        return random.getstate(), repr(np.random.get_state())  # noqa: NPY002

    with np.printoptions(threshold=10**6):
        before = states()
        Mnist1d(**TINY).pool(0, None)
        assert states() == before


@pytest.mark.parametrize("place", ["MNIST/raw", "raw", "."])
@pytest.mark.parametrize("packed", [False, True])
def test_mnist_is_found_where_people_keep_it(tmp_path, place, packed):
    write_digits(tmp_path / place, packed=packed)
    pool = Mnist(samples=3, test=2).pool(0, tmp_path)
    assert pool.train_inputs.shape == (5, 784)
    assert pool.test_inputs.shape == (2, 784)
    assert pool.train_inputs.max() == 1
    assert pool.train_inputs[0, 3] == np.float32(3 / 255)
    assert pool.train_targets.tolist() == [0, 1, 2, 3, 4]


def test_a_missing_mnist_file_is_named_with_where_to_put_it(tmp_path):
    write_digits(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DdspecError, match="t10k-labels-idx1-ubyte") as caught:
        Mnist(samples=3, test=2).pool(0, tmp_path)
    assert str(tmp_path / "MNIST/raw") in str(caught.value)
    assert "--data" in caught.value.help[1]


def test_mnist_without_a_folder_says_how_to_name_one():
    with pytest.raises(DdspecError, match="no data folder") as caught:
        Mnist(samples=3).pool(0, None)
    assert "DDSPEC_DATA" in caught.value.help[0]


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\x0d\x01\0\0\0\1", idx(np.arange(6))[:-1], idx(np.arange(6))[:5]]
)
def test_a_broken_idx_file_is_named(tmp_path, content):
    write_digits(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(content)
    with pytest.raises(DdspecError, match="train-labels-idx1-ubyte is no idx file"):
        Mnist(samples=3, test=2).pool(0, tmp_path)


def test_a_broken_packed_file_is_named(tmp_path):
    write_digits(tmp_path, packed=True)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(b"no gzip")
    with pytest.raises(DdspecError, match="is no idx file"):
        Mnist(samples=3, test=2).pool(0, tmp_path)


def gaussian(**changes):
    return LinearGaussian(**({"samples": 30, "test": 40, "features": 5, "validation": 6} | changes))


def test_linear_gaussian_is_linear_in_its_inputs():
    pool = gaussian(signal_norm=3.0).pool(1, None)
    found = np.linalg.lstsq(pool.train_inputs, pool.train_targets, rcond=None)[0]
    assert np.isclose(np.linalg.norm(found), 3.0)
    assert np.allclose(pool.test_inputs @ found, pool.test_targets)
    assert np.allclose(pool.validation_inputs @ found, pool.validation_targets)


def test_linear_gaussian_noise_has_its_standard_deviation():
    clean, noisy = (gaussian(samples=20_000, noise_std=s).pool(1, None) for s in (0.0, 0.5))
    noise = noisy.train_targets - clean.train_targets
    assert abs(noise.std() - 0.5) < 0.01
    assert np.array_equal(noisy.train_inputs, clean.train_inputs)


def test_fewer_rows_are_a_prefix_of_more():
    few = gaussian(samples=10, validation=2, noise_std=1.0).pool(4, None)
    many = gaussian(samples=30, validation=6, noise_std=1.0).pool(4, None)
    assert np.array_equal(few.train_inputs, many.train_inputs[:10])
    assert np.array_equal(few.train_targets, many.train_targets[:10])
    assert np.array_equal(few.validation_targets, many.validation_targets[:2])
    assert np.array_equal(few.test_targets, many.test_targets)


def test_every_data_seed_draws_anew():
    one, other = (gaussian().pool(seed, None) for seed in (0, 1))
    assert not np.array_equal(one.train_inputs, other.train_inputs)
    assert not np.array_equal(one.train_inputs[:6], one.validation_inputs)


def test_arguments_come_in_the_order_a_reader_expects():
    names = [parameter.name for parameter in Mnist1d.parameters_of()]
    shared = ["samples", "test", "validation", "label_noise", "transform"]
    assert names == [*shared, "pool", "pool_seed"]
    names = [parameter.name for parameter in LinearGaussian.parameters_of()]
    assert names[:3] == ["features", "noise_std", "signal_norm"]
    assert names[-5:] == shared
