"""The package's own kernel: where it is used, that it agrees, and that nobody misses it."""

import ctypes
import stat

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from ddspec.errors import DdspecError
from ddspec.spec.model import Seed
from ddspec.training.kernel import toolchain
from ddspec.training.kernel.chain import Chain
from ddspec.training.models import network_of
from ddspec.training.native import trains
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.datasets.latent import Latent
from ddspec.vocabulary.layers import BatchNorm as Normalization
from ddspec.vocabulary.layers import Dropout as Dropping
from ddspec.vocabulary.layers import Gelu
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.transforms.concatenated import Concatenated
from ddspec.vocabulary.transforms.importance_weights import ImportanceWeights
from tests.training.made import TOGETHER, cell, data, descent, stacked

needs_compiler = pytest.mark.skipif(toolchain.kernel() is None, reason="no C compiler")
HIDDEN = ((1,), (16, 16), (33, 7, 50))
COMPOSITIONS = {
    "none": lambda n: (),
    "penalties": lambda n: (L1(strength=1e-3 * n), L2(strength=1e-2 * n), L1(strength=1e-4)),
    "dropout": lambda n: (Dropout(rate=0.1 * n), Dropout(rate=0.2, at="input")),
    "twice": lambda n: (Dropout(rate=0.3), Dropout(rate=0.1 * n, at="head")),
    "batch_norm": lambda n: (BatchNorm(momentum=0.3), L2(strength=1e-3)),
    "all": lambda n: (BatchNorm(), Dropout(rate=0.1 * n), L1(strength=1e-4), L2(strength=1e-3)),
}
OPTIMIZERS = {
    "sgd": lambda n: Sgd(lr=Cosine(rate=0.1 / (n + 1))),
    "nesterov": lambda n: Sgd(lr=Constant(rate=0.05), momentum=0.8 - 0.1 * n, nesterov=True),
    "adam": lambda n: Adam(lr=Constant(rate=0.01), beta1=0.9 - 0.1 * n, epsilon=1e-6 * (n + 1)),
}


def three(hidden, terms, optimizer, activation="relu", **changes):
    """Cells that differ in seeds, samples (the last minibatch is short), noise and values."""
    for n in range(3):
        net = Mlp(hidden=hidden, activation=activation)
        train = descent(optimizer(n), **(changes if "epochs" in changes else TOGETHER | changes))
        yield cell(data((30, 17, 23)[n], 0.1 * n), terms(n), train, Seed(n, n, n), net)


def apart(one, other):
    """The largest difference between two runs: weights, running averages and readings."""
    pairs = [(one.weights[name], other.weights[name]) for name in one.weights]
    pairs += [(one.buffers[name], other.buffers[name]) for name in one.buffers]
    found = [float((a.double() - b.double()).abs().max()) for a, b in pairs]
    series = zip(one.readings.series.values(), other.readings.series.values(), strict=True)
    return max([*found, *(float(np.nanmax(abs(a - b), initial=0.0)) for a, b in series)])


@needs_compiler
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("terms", COMPOSITIONS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_it_agrees_with_the_recorded_step(hidden, terms, optimizer):
    cells = [*three(hidden, COMPOSITIONS[terms], OPTIMIZERS[optimizer])]
    settings = {"points": (0, 1, 2, 6)}
    natives = stacked(cells, ways=("native",), **settings)
    recorded = stacked(cells, ways=("eager",), **settings)
    assert all(apart(a, b) < 1e-12 for a, b in zip(natives, recorded, strict=True))


@needs_compiler
@pytest.mark.parametrize("terms", ["none", "penalties"])
def test_a_network_without_hidden_units_agrees(terms):
    cells = [*three((), COMPOSITIONS[terms], OPTIMIZERS["adam"])]
    natives, recorded = (stacked(cells, ways=(way,)) for way in ("native", "eager"))
    assert all(apart(a, b) < 1e-12 for a, b in zip(natives, recorded, strict=True))


@needs_compiler
@pytest.mark.parametrize("terms", ["none", "all"])
@pytest.mark.parametrize("activation", ["leaky_relu", "tanh", "sigmoid", "silu"])
def test_every_activation_agrees(activation, terms):
    cells = [*three((33, 7), COMPOSITIONS[terms], OPTIMIZERS["nesterov"], activation)]
    natives, recorded = (stacked(cells, ways=(way,)) for way in ("native", "eager"))
    assert all(apart(a, b) < 1e-12 for a, b in zip(natives, recorded, strict=True))


@needs_compiler
def test_it_is_not_the_recorded_step():
    cells = [*three((33, 7), COMPOSITIONS["none"], OPTIMIZERS["sgd"], precision="float32")]
    natives = stacked(cells, ways=("native",))
    recorded = stacked(cells, ways=("eager",))
    assert 0 < max(apart(a, b) for a, b in zip(natives, recorded, strict=True)) < 1e-5


@needs_compiler
@pytest.mark.parametrize("terms", ["none", "dropout", "all"])
def test_the_squared_error_agrees(terms):
    cells = [*three((9,), COMPOSITIONS[terms], OPTIMIZERS["sgd"], loss=Mse())]
    natives, recorded = (stacked(cells, ways=(way,)) for way in ("native", "eager"))
    assert all(apart(a, b) < 1e-12 for a, b in zip(natives, recorded, strict=True))


@needs_compiler
def test_a_regression_agrees():
    from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian

    cells = [
        cell(
            LinearGaussian(features=21, samples=(20, 13)[n], test=15),
            (L2(strength=0.1),),
            descent(Sgd(lr=Constant(rate=0.01)), loss=Mse()),
            Seed(n, n, n),
            Mlp(hidden=(6,)),
        )
        for n in range(2)
    ]
    natives, recorded = (stacked(cells, ways=(way,)) for way in ("native", "eager"))
    assert all(apart(a, b) < 1e-12 for a, b in zip(natives, recorded, strict=True))


@needs_compiler
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("terms", ["none", "all"])
def test_neighbors_change_no_bit(terms, precision):
    made = three((33, 7, 50), COMPOSITIONS[terms], OPTIMIZERS["adam"], precision=precision)
    cells = [*made]
    whole = stacked(cells, ways=("native",), points=(1, 3))
    for group in ([1], [2, 0]):
        runs = stacked([cells[n] for n in group], ways=("native",), points=(1, 3))
        assert [apart(run, whole[n]) for run, n in zip(runs, group, strict=True)] == [0] * len(
            group
        )


@needs_compiler
@pytest.mark.parametrize("activation", ["relu", "tanh", "silu"])
def test_a_diverging_cell_diverges_where_the_recorded_one_does(activation):
    rates = (0.05, 1e20, 1e200)
    sgd = [Sgd(lr=Constant(rate=rate)) for rate in rates]
    cells = [*three((9,), COMPOSITIONS["penalties"], sgd.__getitem__, activation)]
    natives, recorded = (
        stacked(cells, ways=(way,), points=(1, 2, 3)) for way in ("native", "eager")
    )
    stops = [run.readings.stop for run in natives]
    assert stops == [run.readings.stop for run in recorded]
    assert stops[0] is None
    assert None not in stops[1:]


class ManyClasses(nn.Module):
    """Not a plain sequence, though it acts like one."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


@pytest.mark.parametrize(
    "network",
    [
        ManyClasses(),
        nn.Sequential(nn.Linear(3, 4), Gelu(), nn.Linear(4, 2)),
        nn.Sequential(nn.ReLU(), nn.Linear(3, 4)),
        nn.Sequential(nn.Linear(3, 4), nn.ReLU(), Normalization(4, 0.1, 1e-5), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(3, 4), Dropping(0.1, 1), nn.ReLU(), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(3, 4).requires_grad_(False), nn.ReLU(), nn.Linear(4, 2)),
        nn.Sequential(),
        nn.Sequential(*(nn.Linear(2, 2) for _ in range(65))),
    ],
    ids=lambda network: str(network)[:30],
)
def test_other_networks_are_no_chain(network):
    assert Chain.of(network) is None


def test_a_multilayer_perceptron_is_a_chain():
    one = cell(terms=(BatchNorm(), Dropout(rate=0.2), Dropout(rate=0.1, at="input")))
    chain = Chain.of(network_of(one))
    assert [(link.inputs, link.outputs, link.bias) for link in chain.links] == [
        (40, 7, False),
        (7, 5, False),
        (5, 10, True),
    ]
    assert [len(link.drops) for link in chain.links] == [1, 1, 0]
    assert len(chain.drops) == 1


@pytest.mark.parametrize(
    "other",
    [
        cell(architecture=Mlp(hidden=(5,), activation="gelu")),
        cell(architecture=RandomFeatures(features=5)),
        cell(train=descent(precision="bfloat16")),
    ],
    ids=["gelu", "random features", "bfloat16"],
)
def test_what_it_does_not_know_is_refused_alone_and_passed_on_otherwise(other):
    with pytest.raises(DdspecError):
        stacked([other], ways=("native",))
    assert stacked([other], ways=("native", "eager"))


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with an empty cache, whose compiler a test may choose."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    toolchain.kernel.cache_clear()
    yield tmp_path
    toolchain.kernel.cache_clear()


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_without_a_compiler_the_next_way_is_taken(machine, monkeypatch):
    monkeypatch.setenv("PATH", str(machine))
    monkeypatch.delenv("CC", raising=False)
    assert toolchain.kernel() is None
    one = cell(train=descent(precision="float32"))
    (run,) = stacked([one], ways=("native", "eager"))
    (recorded,) = stacked([one], ways=("eager",))
    assert apart(run, recorded) == 0
    with pytest.raises(DdspecError, match="native"):
        stacked([one], ways=("native",))


NO_LIBRARY = 'while [ "$1" != -o ]; do shift; done; echo "no library" > "$2"\n'


@pytest.mark.parametrize("text", ["exit 1\n", NO_LIBRARY], ids=["fails", "makes no library"])
def test_a_compiler_that_fails_is_none(machine, monkeypatch, text):
    monkeypatch.setenv("CC", program(machine / "broken", text))
    assert toolchain.kernel() is None


@needs_compiler
def test_the_library_is_kept_and_a_damaged_one_made_anew(machine):
    assert isinstance(toolchain.kernel(), ctypes.CDLL)
    (kept,) = (machine / "cache" / "ddspec").glob("kernel-*.so")
    made = kept.stat().st_mtime_ns
    toolchain.kernel.cache_clear()
    assert isinstance(toolchain.kernel(), ctypes.CDLL)
    assert kept.stat().st_mtime_ns == made
    kept.unlink()  # not in place: this process has it loaded
    kept.write_bytes(b"not a library")
    kept.chmod(0o700)
    toolchain.kernel.cache_clear()
    assert isinstance(toolchain.kernel(), ctypes.CDLL)


@needs_compiler
def test_a_library_that_others_may_write_is_not_loaded(machine):
    toolchain.kernel()
    (kept,) = (machine / "cache" / "ddspec").glob("kernel-*.so")
    kept.chmod(0o777)
    inode = kept.stat().st_ino
    toolchain.kernel.cache_clear()
    assert isinstance(toolchain.kernel(), ctypes.CDLL)
    assert kept.stat().st_ino != inode  # compiled anew


@needs_compiler
def test_extreme_logits_have_finite_slopes():
    cells = [*three((9,), COMPOSITIONS["none"], lambda n: Sgd(lr=Constant(rate=30.0)), epochs=2)]
    natives, recorded = (stacked(cells, ways=(way,)) for way in ("native", "eager"))
    for a, b in zip(natives, recorded, strict=True):
        assert a.readings.stop is None
        scale = max(float(w.abs().max()) for w in b.weights.values())
        assert scale > 100
        assert apart(attrs.evolve(a, readings=b.readings), b) < 1e-9 * scale
    assert torch.isfinite(natives[0].weights["0.weight"]).all()


@pytest.mark.parametrize(
    "dataset",
    [
        data(transform=(Concatenated(),)),
        data(transform=(ImportanceWeights(),)),
        Latent(samples=20, features=5, factors=2, test=10),
    ],
    ids=["distributions", "weights", "several"],
)
def test_targets_and_weights_that_the_kernel_does_not_take_are_left_to_others(dataset):
    one = cell(dataset, train=descent(loss=Mse()), architecture=Mlp(hidden=(4,)))
    assert not trains(one, "cpu")
    assert trains(cell(train=descent(loss=Mse()), architecture=Mlp(hidden=(4,))), "cpu")
