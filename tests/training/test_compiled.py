"""Compiled steps: the numbers of eager ones, one compilation for all stacks of a shape, quietly.

Two steps are compiled here, some 10 s each where the cache of compiled code is empty.
"""

import os
import tempfile
import warnings
from pathlib import Path

import attrs
import pytest
import torch

from ddspec.compilers import cpp_compiler
from ddspec.errors import DdspecError
from ddspec.training import compiled as compiled_module
from ddspec.training import recording
from ddspec.training.compiled import FOLDER
from ddspec.vocabulary.architectures.random_features import RandomFeatures
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schedules.constant import Constant
from tests.training.made import cell, data, descent, stacked
from tests.training.test_alone import COMPOSITIONS, OPTIMIZERS, four

needs_compiler = pytest.mark.skipif(not cpp_compiler(), reason="no C++ compiler")


def everything():
    return [one for one, _ in four(OPTIMIZERS["adam"], COMPOSITIONS["all"])]


def distance(runs, others):
    pairs = [
        (tensor, (other.weights | other.buffers)[name])
        for run, other in zip(runs, others, strict=True)
        for name, tensor in (run.weights | run.buffers).items()
    ]
    return max(float((one.double() - other.double()).abs().max()) for one, other in pairs)


def compilations():
    from torch._dynamo.utils import counters

    return counters["stats"]["unique_graphs"]


@needs_compiler
def test_compiled_steps_have_the_numbers_of_eager_ones_in_every_stack(capfd):
    """Ragged stacks of four, two and one cell; short minibatches; evaluation in between."""
    recording.forget()
    cells, points = everything(), (0, 1, 3)
    eager = stacked(cells, points=points, ways=("eager",))
    before, made = torch.initial_seed(), compilations()
    runs = stacked(cells, points=points, ways=("compiled",))
    assert [run.way for run in runs] == ["compiled"] * 4
    assert distance(runs, eager) < 1e-10
    for run, other in zip(runs, eager, strict=True):
        for name, values in run.readings.series.items():
            assert values == pytest.approx(other.readings.series[name], rel=1e-9), name
    assert distance(stacked(cells[2:], ways=("compiled",)), eager[2:]) < 1e-10
    assert distance(stacked([cells[0], cells[1]], ways=("compiled",)), eager[:2]) < 1e-10
    assert compilations() == made + 1
    assert torch.initial_seed() == before
    assert capfd.readouterr() == ("", "")


@needs_compiler
def test_one_model_alone_is_compiled_for_one():
    terms, net = (Dropout(rate=0.3, at="input"),), RandomFeatures(features=21, activation="gelu")
    train = descent(Sgd(lr=Constant(rate=0.05), momentum=0.5), loss=Mse())
    one = cell(data(23), terms, train, architecture=net)
    runs = stacked([one], ways=("compiled",))
    assert runs[0].way == "compiled"
    assert distance(runs, stacked([one], ways=("eager",))) < 1e-10


def test_masks_reach_the_compiler_as_truth_values(monkeypatch):
    """As bytes, which eager steps want, they make compiled ones slower than those."""
    recording.forget()
    given = []
    monkeypatch.setattr(torch, "compile", lambda module, **_: given.append(module) or module)
    monkeypatch.setattr(compiled_module, "cpp_compiler", lambda: "g++")
    runs = stacked(everything(), ways=("compiled",))
    recording.forget()
    views = [n for n in given[0].graph.nodes if n.target == torch.ops.aten.view.dtype]
    assert {node.args[1] for node in views} == {torch.int32}
    assert distance(runs, stacked(everything(), ways=("eager",))) < 1e-10


@pytest.mark.parametrize("before", [None, "own", "torchs"])
def test_compiled_code_is_kept_in_the_users_cache_or_where_the_user_says(
    monkeypatch, tmp_path, before
):
    own = str(tmp_path / "here")
    torchs = str(Path(tempfile.gettempdir()) / "torchinductor_somebody")
    folder = {None: None, "own": own, "torchs": torchs}[before]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(FOLDER, folder or "")
    if folder is None:
        monkeypatch.delenv(FOLDER)
    with compiled_module._quietly():
        wanted = own if before == "own" else str(tmp_path / "ddspec" / "compiled")
        assert os.environ[FOLDER] == wanted
    assert os.environ.get(FOLDER) == folder


@pytest.fixture
def broken(monkeypatch):
    """A compiler that fails, after it has said a lot."""

    def fail(*_, **__):
        import logging

        logging.getLogger("torch._inductor").critical("all of the code")
        warnings.warn("the compiler is old", stacklevel=1)
        raise RuntimeError("C++ compile error\nsome internal of torch")

    recording.forget()
    monkeypatch.setattr(torch, "compile", fail)
    monkeypatch.setattr(compiled_module, "cpp_compiler", lambda: "g++")
    yield
    recording.forget()


def test_what_cannot_be_compiled_is_stepped_through_quietly(broken, capfd, caplog):
    cells = [attrs.evolve(cell(), seed=attrs.evolve(cell().seed, init=n)) for n in range(2)]
    runs = stacked(cells, ways=("compiled", "eager"))
    assert runs[0].way == "eager"
    assert distance(runs, stacked(cells, ways=("eager",))) == 0
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_only_compiled_steps_that_cannot_be_are_an_error(broken):
    with pytest.raises(DdspecError, match=r"cannot be compiled: C\+\+ compile error$") as caught:
        stacked([cell()], ways=("compiled",))
    assert "eager" in caught.value.help[-1]
