"""Ways to take a step: the first that can be used, an error when it is the only one."""

import attrs
import pytest

from ddspec.errors import DdspecError
from ddspec.training import stepping
from ddspec.training.native import Native
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from tests.training.made import cell, stacked

FEATURES = cell(architecture=RandomFeatures(features=8))


@pytest.fixture
def bare(monkeypatch):
    """A machine without compilers."""
    monkeypatch.setattr(stepping, "cpp_compiler", lambda: "")
    monkeypatch.setattr(Native, "of", lambda *_: None)


def test_what_cannot_be_used_is_passed_over(bare):
    (run,) = stacked([cell()], ways=("native", "compiled", "eager"))
    assert run.way == "eager"


def test_the_first_that_can_be_used_is(monkeypatch):
    class Kernel:
        """Stands in for the native stepper."""

    monkeypatch.setattr(Native, "of", lambda *_: Kernel())
    assert isinstance(stepping.stepper_of(None, [], None, ("native", "eager")), Kernel)


@pytest.mark.parametrize(("way", "reason"), [("native", "C compiler"), ("compiled", r"C\+\+")])
def test_the_only_way_must_be_usable(bare, way, reason):
    with pytest.raises(DdspecError, match=f"steps cannot be {way} here: .*{reason}") as caught:
        stacked([FEATURES], ways=(way,))
    assert "eager" in caught.value.help[0]


def test_steps_recorded_before_are_used_again(monkeypatch):
    from ddspec.training import eager, recording

    recording.forget()
    made = []
    record = eager.record
    monkeypatch.setattr(eager, "record", lambda *args: made.append(1) or record(*args))
    cells = [cell(seed=n) for n in range(2)]
    stacked(cells, ways=("eager",))
    again = [attrs.evolve(one, seed=attrs.evolve(one.seed, order=5)) for one in cells]
    stacked(again, ways=("eager",))
    assert len(made) == 1
    stacked(again[:1], ways=("eager",))
    assert len(made) == 2


def test_only_so_many_are_kept(monkeypatch):
    from ddspec.training import recording

    recording.forget()
    monkeypatch.setattr(recording, "MOST", 2)
    made = [recording.once(key, lambda key=key: [key]) for key in "abac"]
    assert made[0] is made[2]
    assert recording.once("a", list) == ["a"]
    assert recording.once("b", list) == []
    recording.forget()
