"""Batches for the workers there are: every cell once, and everybody is done at the same time."""

from pathlib import Path

import attrs
import numpy as np
import pytest

from ddspec import pipeline
from ddspec.plan.batch import Batch
from ddspec.plan.cost import work_of
from ddspec.plan.expand import expand
from ddspec.plan.grouping import Reading, group
from ddspec.plan.machine import Machine
from ddspec.plan.splitting import CALL, mean_span, split
from ddspec.plan.stacking import stack_size
from ddspec.spec.model import Seed
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent

SPECS = Path(__file__).parent.parent.parent / "specs"


def machine(workers):
    return Machine(workers=workers, c="cc", cpp="c++")


def of_spec(name):
    """The groups of a spec of which nothing is trained."""
    spec = pipeline.load(str(SPECS / f"{name}.dd"))
    plans = [expand(experiment) for experiment in spec.experiments]
    asked = [(p.experiment.trajectory, one) for p in plans for one in p.cells(range(len(p)))]
    readings = {one.id: Reading(along.unit, along.points) for along, one in asked}
    return group({one.id: one for _, one in asked}.values(), readings)


def alike(count, epochs=2_000, width=16, **changes):
    """Cells of one stack that differ in their seeds, in one group."""
    one = cell(
        data(4_000, test=1_000),
        architecture=Mlp(hidden=(width, width)),
        train=descent(duration=Duration(epochs, "epochs"), batch=100, precision="float32"),
        **changes,
    )
    return Batch(tuple(attrs.evolve(one, id=str(n), seed=Seed(n, n, n)) for n in range(count)))


def bound(groups, step="auto"):
    """Core-seconds of groups in full stacks: no number of workers can do with less."""
    return sum(batch.seconds for batch in split(groups, machine(1), step))


def stretch(groups, workers, step="auto"):
    """How much longer the last worker takes than all would, were the work divided evenly.

    Cells cannot be divided: nothing is done before the longest is.
    """
    batches = split(groups, machine(workers), step)
    cells = [one for each in groups for one in each.cells]
    way = batches[0].ways[0]
    works = [work_of(one, 1, way) for one in cells]
    longest = max(work.shared + work.own for work in works)
    span = mean_span([batch.seconds for batch in batches], workers)
    return span / max(bound(groups, step) / workers, longest)


def ids(batches):
    return sorted(one.id for batch in batches for one in batch.cells)


@pytest.mark.parametrize("workers", [1, 2, 7, 64])
@pytest.mark.parametrize("step", ["auto", "eager", "compiled"])
@pytest.mark.parametrize("name", ["mnist1d", "composition", "quickstart"])
def test_every_cell_is_in_exactly_one_batch(name, step, workers):
    groups = of_spec(name)
    assert ids(split(groups, machine(workers), step)) == ids(groups)


@pytest.mark.parametrize(
    ("name", "step", "workers", "most"),
    [
        ("mnist1d", "auto", 1, 1.06),
        ("mnist1d", "auto", 2, 1.08),
        ("mnist1d", "auto", 8, 1.15),
        ("mnist1d", "eager", 2, 1.08),
        ("mnist1d", "eager", 8, 1.35),
        ("composition", "auto", 2, 1.05),
        ("composition", "auto", 8, 1.06),
        ("composition", "auto", 64, 1.15),
        ("composition", "eager", 2, 1.05),
        ("composition", "eager", 8, 1.08),
        ("composition", "eager", 64, 1.35),
    ],
)
def test_workers_of_a_published_grid_end_together(name, step, workers, most):
    assert 0.95 < stretch(of_spec(name), workers, step) < most


@pytest.mark.parametrize(
    ("workers", "step", "most"),
    [(2, "auto", 1.03), (8, "auto", 1.03), (2, "eager", 1.06), (8, "eager", 1.2)],
)
def test_workers_of_a_thousand_equal_cells_end_together(workers, step, most):
    assert stretch([alike(1_000)], workers, step) < most


@pytest.mark.parametrize("step", ["auto", "eager"])
def test_a_very_long_cell_is_begun_first_and_waited_for_by_nobody(step):
    long, short = alike(1, epochs=100_000, width=100), alike(200, epochs=500)
    batches = split([short, long], machine(2), step)
    assert batches[0].cells == long.cells
    assert stretch([short, long], 2, step) < 1.1


def test_one_cell_is_one_batch():
    (batch,) = split([alike(1)], machine(8))
    assert len(batch) == 1


@pytest.mark.parametrize("step", ["auto", "eager"])
def test_more_workers_than_cells_have_a_cell_each(step):
    batches = split([alike(4)], machine(8), step)
    assert [len(batch) for batch in batches] == [1, 1, 1, 1]


def test_a_group_that_fits_one_stack_is_shared_by_the_workers():
    groups = [alike(16)]
    assert stack_size(groups[0].cells[0]) >= 16
    assert len(split(groups, machine(2), "eager")) > 1


def test_work_of_less_than_a_second_is_not_cut():
    assert len(split([alike(20, epochs=1)], machine(8))) == 1


def test_stacks_are_not_cut_so_small_that_they_waste_the_work():
    """Of a thousand small cells none is trained in a stack of less than half the best size."""
    batches = split([alike(1_000)], machine(2), "eager")
    assert min(map(len, batches)) * 2 >= stack_size(batches[0].cells[0])
    assert sum(batch.seconds for batch in batches) < 1.1 * bound([alike(1_000)], "eager")


def test_native_batches_are_short_enough_to_show_progress():
    batches = split([alike(1_000)], machine(2))
    assert max(batch.seconds for batch in batches) < 60
    assert batches[0].ways[0] == "native"


def test_batches_are_handed_out_longest_first():
    seconds = [batch.seconds for batch in split(of_spec("composition"), machine(4))]
    assert seconds == sorted(seconds, reverse=True)


def test_the_order_of_the_groups_does_not_matter():
    groups = of_spec("mnist1d")
    one, other = (
        sorted(batch.seconds for batch in split(given, machine(2)))
        for given in (groups, groups[::-1])
    )
    assert one == pytest.approx(other)


def test_the_dearest_cells_of_a_group_share_a_batch():
    few, many = alike(30, epochs=100), alike(30, epochs=4_000)
    mixed = attrs.evolve(few, cells=tuple(x for p in zip(few.cells, many.cells) for x in p))  # noqa: B905
    mixed = attrs.evolve(
        mixed, cells=tuple(attrs.evolve(c, id=str(n)) for n, c in enumerate(mixed.cells))
    )
    batches = split([mixed], machine(2), "eager")
    lengths = [[one.train.duration.count for one in batch.cells] for batch in batches]
    assert sum(len(set(each)) > 1 for each in lengths) <= 1


def test_finished_cells_scale_the_seconds():
    plain = split([alike(40)], machine(2), scale=1.0)
    slower = split([alike(40)], machine(2), scale=3.0)
    seconds = [sum(batch.seconds for batch in batches) for batches in (plain, slower)]
    assert seconds[1] == pytest.approx(3 * seconds[0], rel=0.02)


def solved(widths, strengths, seeds):
    """Ridge regressions on drawn samples: widths x strengths x seeds, strengths outermost."""
    one = cell(data(2_000, test=100), (), LeastSquares())
    return Batch(
        tuple(
            attrs.evolve(
                one,
                id=f"{p} {strength} {seed}",
                architecture=Linear(features=p),
                regularizer=(L2(strength=strength),),
                seed=Seed(seed, seed, seed),
            )
            for strength in strengths
            for p in widths
            for seed in seeds
        )
    )


def test_a_path_of_strengths_is_not_cut():
    """Each design matrix is factored in one batch only, whatever order its cells came in."""
    groups = [solved(range(500, 520), np.logspace(-3, 3, 30), range(5))]
    batches = split(groups, machine(4))
    assert len(batches) > 4
    designs = [{(c.architecture, c.seed) for c in batch.cells} for batch in batches]
    assert sum(map(len, designs)) == len(set().union(*designs)) == 100
    assert ids(batches) == ids(groups)


def test_a_call_is_worth_it():
    """Ten thousand trivial cells do not become so many batches that handing them out shows."""
    batches = split([alike(10_000, epochs=5)], machine(2))
    assert CALL * len(batches) < 0.05 * sum(batch.seconds for batch in batches)
