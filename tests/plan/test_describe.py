"""What `ddspec plan` prints."""

import pytest

from ddspec.plan.cost import model_seconds, with_estimate
from ddspec.plan.describe import describe, duration_text
from ddspec.plan.expand import expand
from ddspec.plan.foresee import foresee
from tests.plan.grids import grid
from tests.plan.test_foresee import Stored


def printed(experiment, held):
    return describe(with_estimate(foresee(expand(experiment), held), {}), workers=2)


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
    plan = expand(grid(widths=range(1, 30)))
    model = {cell: model_seconds(plan.cell(n), 1) for n, cell in enumerate(plan.ids)}
    known = dict(list(model.items())[:40])
    plain = with_estimate(foresee(plan, {}), {})
    slow = with_estimate(foresee(plan, {}), {cell: 3 * cost for cell, cost in known.items()})
    assert slow.seconds == pytest.approx(3 * plain.seconds)
    assert slow.basis == "40 finished cells"


def test_a_wider_network_costs_more():
    plan = expand(grid(widths=(4, 400)))
    assert model_seconds(plan.cell(len(plan) - 1), 1) > model_seconds(plan.cell(0), 1)
