"""What `ddspec plan` prints."""

import attrs
import pytest

from ddspec.plan.cost import model_seconds
from ddspec.plan.describe import describe
from ddspec.plan.duration import duration_text
from ddspec.plan.estimate import with_estimates
from ddspec.plan.expand import expand
from ddspec.plan.foresee import foresee
from ddspec.plan.machine import Machine
from tests.plan.grids import grid
from tests.plan.test_foresee import Stored

HERE = Machine(workers=2, c="cc", cpp="c++")


def estimated(experiment, held, seconds=None, machine=HERE, step="auto"):
    outlooks = [foresee(expand(experiment), held)]
    (outlook,) = with_estimates(outlooks, seconds or {}, machine, step)
    return outlook


def printed(experiment, held, **options):
    return describe(estimated(experiment, held, **options), workers=2)


def test_the_headline_multiplies_the_axes_and_counts_shared_points():
    text = printed(grid(), {})
    assert "hand: 8 cells = width 2 x reg 2 x strength 2 x seed 2" in text
    assert "less 8 coinciding points" in text
    assert "8 grid points coincide" in text


def test_readings_are_said_to_cost_no_training():
    assert "1..4 (2 readings of each run, no extra training)" in printed(grid(points=(1, 4)), {})


def test_new_and_cached_cells_are_counted_with_the_reason():
    held = {cell: Stored() for cell in expand(grid()).ids}
    text = printed(grid(widths=(2, 4, 8)), held)
    assert "+ 4 new" in text
    assert "= 8 cached" in text
    assert "why new: width = 8 added" in text
    assert "4 cells to train: about" in text


def test_a_finished_plan_says_that_nothing_is_left():
    held = {cell: Stored() for cell in expand(grid()).ids}
    assert "nothing to train" in printed(grid(), held)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (45, "45 s"), (600, "10 min"), (9000, "2.5 h"), (3 * 86400, "3.0 days")],
)
def test_lengths_of_time_read_like_words(seconds, text):
    assert duration_text(seconds) == text


def test_finished_cells_scale_the_estimate():
    wide = grid(widths=range(1, 30))
    plain = estimated(wide, {})
    known = {cell: 3 * plain.work[n] for n, cell in enumerate(plain.plan.ids[:40])}
    slow = estimated(wide, {}, known)
    assert slow.seconds == pytest.approx(3 * plain.seconds)
    assert slow.scale == pytest.approx(3)
    assert slow.work == pytest.approx(3 * plain.work)
    assert slow.basis == "40 finished cells"


def test_how_steps_are_taken_is_said_with_the_reason():
    assert "step         native for 8 cells: dense networks, C compiler cc" in printed(grid(), {})
    bare = printed(grid(), {}, machine=Machine())
    assert "step         eager for 8 cells: no C++ compiler is here" in bare
    assert "step         eager for 8 cells: asked for" in printed(grid(), {}, step="eager")


def test_what_is_cached_takes_no_steps():
    held = {cell: Stored() for cell in expand(grid()).ids}
    text = printed(grid(widths=(2, 4, 8)), held)
    assert "step         native for 4 cells" in text
    assert "step" not in printed(grid(), held)


def test_scripts_are_told_how_steps_are_taken():
    (steps,) = estimated(grid(), {}).as_json()["steps"]
    assert (steps["way"], steps["cells"]) == ("native", 8)


def test_the_cost_of_every_cell_adds_up_to_the_estimate():
    outlook = estimated(grid(), {})
    assert outlook.seconds == pytest.approx(outlook.work.sum())
    assert len(outlook.work) == len(outlook.plan)


def test_a_wider_network_costs_more():
    plan = expand(grid(widths=(4, 400)))
    assert model_seconds(plan.cell(len(plan) - 1), 1) > model_seconds(plan.cell(0), 1)


def test_rounds_of_a_tuning_are_named_with_the_cells_they_have_at_most():
    first = attrs.evolve(estimated(grid(), {}), round=1, most=(8, 4, 2, 6), shares=(9, 3))
    text = describe(first, workers=2)
    assert "round        1 of 4: 8 cells of 1/9 of the training, then 4 cells of 1/3" in text
    assert "then 2 cells in full, then 6 cells in full\n" in text
    assert "20 cells at most" in text
    assert "8 cells to train in this round: about" in text
    assert (first.later, first.as_json()["at_most"]) == (12, [8, 4, 2, 6])
    mean = first.work.mean()
    assert first.later_seconds == pytest.approx(mean * (4 * 3 + 8 * 9))
    assert "round" not in describe(estimated(grid(), {}), workers=2)
