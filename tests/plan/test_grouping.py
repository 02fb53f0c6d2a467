"""Cells that stack make a group; every cell is trained once with all its readings."""

import attrs

from ddspec.plan.expand import expand
from ddspec.plan.foresee import foresee
from ddspec.plan.grouping import Reading, group
from ddspec.plan.readings import readings_of
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from tests.plan.grids import grid
from tests.plan.test_foresee import Stored
from tests.training.made import cell as made
from tests.training.made import data

END = Reading("epochs", ())


def cells_of(**changes):
    plan = expand(grid(**changes))
    return plan.cells(range(len(plan)))


def test_every_cell_is_in_exactly_one_group():
    cells = cells_of(seeds=range(20))
    batches = group(cells, {cell.id: END for cell in cells})
    grouped = [cell.id for batch in batches for cell in batch.cells]
    assert sorted(grouped) == sorted(cell.id for cell in cells)


def test_cells_of_two_widths_or_two_structures_do_not_share_a_group():
    cells = cells_of()
    for batch in group(cells, {cell.id: END for cell in cells}):
        assert len({(c.architecture, len(c.regularizer)) for c in batch.cells}) == 1


def test_strengths_and_seeds_share_a_group():
    cells = cells_of(widths=(4,), strengths=(0.1, 0.2), seeds=range(4))
    penalized = [cell for cell in cells if cell.regularizer]
    (batch,) = group(penalized, {cell.id: END for cell in penalized})
    assert len(batch) == 8


def test_solved_cells_make_one_group_whatever_their_design():
    cells = [
        made(data(30), (), LeastSquares(), architecture=Linear(features=p), seed=seed)
        for p in (2, 3)
        for seed in (0, 1)
    ]
    readings = {one.id: END for one in cells}
    assert [len(batch) for batch in group(cells, readings)] == [4]


def test_cells_read_differently_do_not_share_a_group():
    cells = [c for c in cells_of(widths=(4,)) if not c.regularizer]
    readings = {cells[0].id: END, cells[1].id: Reading("epochs", (1, 2))}
    assert sorted(batch.points for batch in group(cells, readings)) == [(), (1, 2)]


def readings(*experiments, held=None):
    outlooks = [foresee(expand(e), held or {}) for e in experiments]
    return readings_of(outlooks, lambda ids: {i: held[i] for i in ids if held and i in held})


def test_a_shared_cell_is_read_at_the_points_of_every_experiment():
    one, two = grid(points=(1, 4)), attrs.evolve(grid(points=(2, 4)), name="two")
    assert {reading.points for reading in readings(one, two).values()} == {(1, 2, 4)}


def test_a_cell_that_trains_again_keeps_its_earlier_points():
    held = {cell: Stored(points=(1, 2)) for cell in expand(grid()).ids}
    assert {r.points for r in readings(grid(points=(5,)), held=held).values()} == {(1, 2, 5)}


def test_cached_cells_are_not_read_again():
    held = {cell: Stored(points=(1, 2)) for cell in expand(grid()).ids}
    assert readings(grid(points=(1,)), held=held) == {}
