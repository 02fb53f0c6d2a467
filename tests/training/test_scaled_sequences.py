"""Recurrent and graph networks with parametrizations: a cell in a stack equals the same alone."""

import pytest

from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.rnn import Rnn
from tests.training import test_structured as structured
from tests.training.made import difference, plain_loop, stacked
from tests.training.test_grouping import bits, one_thread  # noqa: F401 - a fixture
from tests.training.test_structured import own_pools  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

CASES = {
    "rnn mup": (Rnn(units=5, layers=2, parametrization="mup", base=3), "steps"),
    "lstm mup_adam": (Lstm(units=4, layers=2, parametrization="mup_adam", base=3), "steps"),
    "lstm ntk": (Lstm(units=4, parametrization="ntk"), "steps"),
    "gnn ntk": (Gnn(hidden=(6,), features=10, parametrization="ntk"), "graph"),
    "gnn mup": (Gnn(hidden=(6, 5), features=10, parametrization="mup", base=2), "graph"),
}
RUNS = [(case, "adam" if case.endswith("adam") else "momentum") for case in CASES]


@pytest.fixture(autouse=True)
def _cases(monkeypatch):
    monkeypatch.setattr(structured, "CASES", CASES)


@pytest.mark.parametrize(("case", "optimizer"), RUNS)
def test_a_stacked_cell_equals_the_plain_loop(case, optimizer):
    terms = "none" if optimizer == "adam" else "all"
    cells = list(structured.cells_of(case, terms, optimizer))
    for n, (run, one) in enumerate(zip(stacked(cells), cells, strict=True)):
        loop = plain_loop(one, structured.OPTIMIZERS[optimizer][1](n))
        assert difference(run, loop) < 1e-10


@pytest.mark.parametrize("case", ["rnn mup", "gnn mup"])
def test_a_cell_has_the_same_bits_in_every_stack(case):
    cells = [*structured.cells_of(case, "all", "momentum", precision="float32")]
    whole = [bits(run) for run in stacked(cells, points=(0, 1, 2))]
    assert [bits(run) for run in stacked(cells[1:2], points=(0, 1, 2))] == whole[1:2]
