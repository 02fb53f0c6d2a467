"""How the cells of a group take their steps."""

import attrs
import pytest

from ddspec.plan.machine import Machine, here
from ddspec.plan.ways import choose
from ddspec.vocabulary.architectures.cnn1d import Cnn1d
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent

HERE = Machine("cpu", 2, "cc", "c++")
LONG = descent(duration=Duration(10**6, "steps"), precision="float32")
EVERY = (BatchNorm(), Dropout(rate=0.1), L1(strength=0.1), L2(strength=0.1))


def unknown(train=LONG):
    """A cell that the native step does not know."""
    return cell(data(), (Dropout(rate=0.1, at="input"),), train, architecture=Linear())


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [None, Adam(lr=Constant(rate=0.1))])
def test_dense_networks_take_native_steps(optimizer, precision):
    train = descent(optimizer, precision=precision)
    assert choose(cell(data(), EVERY, train), 1, 1, HERE).ways == ("native", "eager")


NOT_NATIVE = {
    "no compiler": (cell(), attrs.evolve(HERE, c="")),
    "a card": (cell(), attrs.evolve(HERE, device="cuda")),
    "bfloat16": (cell(train=descent(precision="bfloat16")), HERE),
    "another network": (unknown(descent()), HERE),
}


@pytest.mark.parametrize("name", NOT_NATIVE)
@pytest.mark.parametrize("step", ["auto", "native"])
def test_what_the_native_step_cannot_do_is_left_to_others(name, step):
    one, machine = NOT_NATIVE[name]
    assert "native" not in choose(one, 1, 1, machine, step).ways


def test_much_work_is_compiled_and_little_is_not():
    much = choose(unknown(), 100, 1, HERE)
    assert much.ways == ("compiled", "eager")
    assert much.saved > much.price
    brief = choose(unknown(descent()), 1, 1, HERE)
    assert (brief.ways, brief.why) == (("eager",), "too little work to repay compiling")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_convolutions_are_not_compiled(device):
    one = cell(data(4_000), (), LONG, architecture=Cnn1d(channels=4))
    assert choose(one, 1_000, 1, attrs.evolve(HERE, device=device)).ways == ("eager",)


def test_nothing_is_compiled_without_a_compiler():
    assert choose(unknown(), 100, 1, attrs.evolve(HERE, cpp="")).ways == ("eager",)


def test_where_native_steps_fail_much_work_is_compiled():
    one = cell(data(), (Dropout(rate=0.1),), LONG, architecture=Mlp(hidden=(100, 100)))
    assert choose(one, 100, 1, HERE).ways == ("native", "compiled", "eager")


@pytest.mark.parametrize("step", ["native", "compiled", "eager"])
def test_a_way_that_is_asked_for_is_taken(step):
    choice = choose(cell(train=descent()), 1, 1, HERE, step)
    assert (choice.ways[0], choice.why) == (step, "asked for")
    assert choice.ways[-1] == "eager"


def test_solved_cells_take_no_steps():
    assert choose(cell(train=LeastSquares()), 1, 1, HERE).name == "solved"


def test_the_machine_at_hand_has_what_can_be_called(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert (here(3).c, here(3).workers, here(3).device) == ("", 3, "cpu")
    (tmp_path / "gcc").touch(0o755)
    assert here().c == "gcc"


def test_cards_in_sight_train(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert (here().device, here().workers) == ("cuda", 2)
    assert here(local=True) == attrs.evolve(here(local=True), device="cpu", workers=1)
