"""`tune(...)` and `random(...)` to axes of candidates: their points, and how one is chosen."""

import hashlib
import math

import pytest

from ddspec.language.render import render
from ddspec.spec.check import check
from ddspec.spec.decimals import drawn
from tests.spec.specs import experiment, solved

SPEC = """dd 1
{top}
train brief {{
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     10 samples
  for:       9 epochs
}}
experiment e {{
  dataset:      mnist1d(samples: 100, validation: 100)
  architecture: mlp(hidden: [width])
  regularizer:  l2({strength})
  train:        brief
  sweep {{
    width in {{4, 8}}
    {sweep}
    seed in 0..<4
  }}
}}
"""


def checked(strength, sweep="", top=""):
    text = SPEC.format(strength=strength, sweep=sweep, top=top)
    spec, problems, sources = check(text, "a.dd")
    assert spec is not None, [render(each, sources) for each in problems]
    return spec.experiments[0]


def tuned(inside, **more):
    return checked(f"tune({inside}, minimise: validation_error)", **more).axes[-1]


def test_points_are_drawn_within_the_range_and_increase():
    found = tuned("random(log 1e-6..1e2 points 25)").labels
    assert len(found) == 25
    assert list(found) == sorted(found)
    assert 1e-6 <= found[0] <= found[-1] <= 1e2


def test_the_same_points_are_drawn_on_every_machine():
    found = tuned("random(log 1e-6..1 points 4)").labels
    assert found == (2.90499e-05, 0.0109745, 0.0897105, 0.1214)
    digests = (hashlib.sha256(f"ddspec-random-1\0{0}\0{n}".encode()).digest() for n in range(4))
    shares = [int.from_bytes(digest[:8], "big") / 2**64 for digest in digests]
    assert sorted(10 ** (6 * share - 6) for share in shares) == pytest.approx(found, rel=1e-5)
    assert found == tuned("random(log 1e-6..1 points 4, seed: 0)").labels
    assert found != tuned("random(log 1e-6..1 points 4, seed: 1)").labels


def test_more_points_begin_with_the_fewer_ones():
    few, many = (set(tuned(f"random(0..1 points {n})").labels) for n in (5, 50))
    assert few < many


def test_points_have_six_digits():
    for label in tuned("random(log 1e-6..1e2 points 50)").labels:
        assert float(f"{label:.5e}") == label


@pytest.mark.parametrize(("log", "low", "high"), [(False, 2, 10), (True, 1, 10_000)])
def test_draws_are_even(log, low, high):
    """The mean, and the share below a quarter, within four standard errors."""
    from decimal import Decimal

    points = drawn(Decimal(low), Decimal(high), 2_000, 0, log=log, whole=False)
    values = [float(v) for v in points]
    ends = (math.log(low), math.log(high)) if log else (low, high)
    shares = [((math.log(v) if log else v) - ends[0]) / (ends[1] - ends[0]) for v in values]
    assert sum(shares) / 2_000 == pytest.approx(0.5, abs=4 * (1 / 12 / 2_000) ** 0.5)
    assert sum(s < 0.25 for s in shares) / 2_000 == pytest.approx(0.25, abs=4 * 0.0097)


def test_log_points_between_whole_numbers_are_whole_and_count_once():
    assert tuned("random(log 1..4 points 50)").labels == (1, 2, 3, 4)
    assert len(tuned("random(1..4 points 50)").labels) == 50


def test_any_axis_can_have_points_by_chance():
    axis = experiment(solved("features in random(log 10..90 points 5)", features="features")).axes[
        0
    ]
    assert axis.kind == "design"
    assert len(axis.labels) == 5
    assert all(type(label) is int for label in axis.labels)


def test_a_let_can_hold_the_draw_and_sets_can_join_it():
    found = tuned("grid", top="let grid = random(log 1e-6..1 points 4)").labels
    assert found == tuned("random(log 1e-6..1 points 4)").labels
    assert tuned("{0} | random(log 1e-6..1 points 4)").labels == (0.0, *found)


def test_halving_and_seeds_that_select_are_of_the_axis():
    axis = tuned("{0.1, 1}, halving: 2, across: seed, select_on: {3, 1}")
    assert (axis.halving, axis.select_on, axis.across) == (2, (1, 3), ("seed",))
    assert (tuned("{0.1, 1}").halving, tuned("{0.1, 1}").select_on) == (0, ())


def test_seeds_that_select_may_be_of_one_stream():
    text = SPEC.replace("seed in 0..<4", "seed.data in 0..<4").format(
        strength="tune({0.1, 1}, minimise: validation_error, across: seed.data, select_on: 0..<2)",
        sweep="", top="",
    )  # fmt: skip
    spec, problems, _ = check(text, "a.dd")
    assert not problems
    assert spec.experiments[0].axes[-1].select_on == (0, 1)


def test_grids_keep_their_cells_whatever_is_said_of_rounds():
    from ddspec.plan.expand import expand

    plain = expand(checked("tune({0.1, 1}, minimise: validation_error, across: seed)"))
    rounds = expand(checked("tune({0.1, 1}, minimise: validation_error, across: seed, halving: 2)"))
    assert rounds.ids == plain.ids
    assert [rung.parts[3][0].duration.count for rung in rounds.rungs] == [45]
    assert not plain.rungs
