"""How many models fit is measured before a stack is made; what measured wrong is halved."""

import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.training import fit as fit_module
from ddspec.training.fit import fit
from ddspec.training.kernel.toolchain import kernel
from ddspec.training.memory import SHARE, CardGauge, fitting
from ddspec.training.selection import select
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from tests.training.made import cell, data, numbered, pools


class Gauge:
    """A device with `room` bytes, on which models hold `shared` and `each` bytes."""

    def __init__(self, room, shared=1000, each=100):
        self.room, self.shared, self.each, self.tried = room, shared, each, 0

    def free(self):
        return self.room

    def peak(self, work):
        work()
        self.tried += 1
        return self.shared + self.tried * self.each


def measured(gauge, count):
    cells = [cell(data(30)), cell(data(16), seed=1)]
    chosen = [select(one, pools(one.dataset, one.seed.data)) for one in cells]
    return fitting(cells[:count], chosen[:count], "cpu", gauge, count)


def test_free_memory_is_shared_by_the_models_and_what_they_share():
    assert measured(Gauge((1000 + 7 * 100) / SHARE), 2) == 2
    cells = [cell(seed=n) for n in range(2)]
    chosen = [select(one, pools(one.dataset, one.seed.data)) for one in cells]
    assert fitting(cells, chosen, "cpu", Gauge((1000 + 7 * 100) / SHARE), 20) == 7


def test_at_least_one_model_is_tried():
    assert measured(Gauge(10), 2) == 1


def test_one_cell_is_not_measured():
    gauge = Gauge(10)
    assert measured(gauge, 1) == 1
    assert not gauge.tried


def test_a_batch_trains_in_parts_that_fit(monkeypatch):
    cells, sizes, train = numbered(cell(seed=s) for s in range(7)), [], fit_module.train_stack
    whole = fit(Batch(cells), pools)

    def noted(cells, *args, **kwargs):
        sizes.append(len(cells))
        return train(cells, *args, **kwargs)

    monkeypatch.setattr(fit_module, "train_stack", noted)
    gauge = Gauge((1000 + 3 * 100) / SHARE)
    parts = fit_module._parts(Batch(cells), pools, "cpu", gauge)
    assert [len(part) for part in parts] == [2, 2, 3]
    records = [record for part in parts for record in fit(part, pools)]
    assert sizes == [2, 2, 3]
    for record, other in zip(records, whole, strict=True):
        assert record.cell == other.cell
        assert record.series["test_loss"].tobytes() == other.series["test_loss"].tobytes()


def test_memory_that_runs_out_in_measuring_leaves_single_cells():
    class Full(Gauge):
        def peak(self, work):
            raise torch.OutOfMemoryError

    cells = numbered(cell(seed=s) for s in range(3))
    parts = fit_module._parts(Batch(cells), pools, "cpu", Full(0))
    assert [len(part) for part in parts] == [1, 1, 1]


def test_solved_cells_are_halved_as_well(monkeypatch):
    from ddspec.vocabulary.architectures.linear import Linear

    cells = numbered(
        cell(data(n), train=LeastSquares(), architecture=Linear()) for n in (20, 25, 30)
    )
    whole, sizes, solve = fit(Batch(cells), pools), [], fit_module.solve_cells

    def small(batch, *args):
        sizes.append(len(batch))
        if len(batch) > 1:
            raise torch.OutOfMemoryError
        return solve(batch, *args)

    monkeypatch.setattr(fit_module, "solve_cells", small)
    halved = fit(Batch(cells), pools)
    assert sizes == [3, 2, 1, 1, 1]
    assert [r.cell for r in halved] == [r.cell for r in whole]
    for one, other in zip(halved, whole, strict=True):
        assert one.series["test_loss"] == pytest.approx(other.series["test_loss"])


@pytest.mark.parametrize(
    ("activation", "ways", "parts"),
    [
        ("gelu", ("native", "eager"), [1, 2, 2]),  # not known to the kernel: three stacks
        ("relu", ("eager",), [1, 2, 2]),
        ("relu", ("native", "eager"), [5]),  # one after the other anyway
    ],
)
def test_a_batch_trains_in_stacks_as_large_as_it_says(activation, ways, parts):
    if "native" in ways and activation == "relu" and kernel() is None:
        pytest.skip("no C compiler")
    cells = numbered(cell(architecture=Mlp(hidden=(4,), activation=activation)) for _ in range(5))
    found = fit_module._parts(Batch(cells, ways=ways, stack=2), pools, "cpu", None)
    assert [len(part) for part in found] == parts
    assert [one for part in found for one in part.cells] == [*cells]


@pytest.mark.parametrize(
    ("part", "reserved", "free"), [(1.0, 10, 60), (0.5, 10, 40), (0.25, 30, 0)]
)
def test_a_part_of_a_card_has_a_part_of_its_memory(monkeypatch, part, reserved, free):
    """Of 100 bytes neighbors have left 60; this process may have `part` and holds some already."""
    for name, value in {
        "empty_cache": lambda: None,
        "mem_get_info": lambda device: (60, 100),
        "get_per_process_memory_fraction": lambda device: part,
        "memory_reserved": lambda device: reserved,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    assert CardGauge("cuda").free() == free
