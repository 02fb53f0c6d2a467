"""A tuned number is chosen by validation, once for all of the seeds it is averaged over."""

import attrs
import numpy as np
import pytest

from ddspec.plan.expand import expand
from tests.results.made import VALIDATED, axis, dataset, record, tuned

WORTH = {  # validation loss by (width, strength, seed); every other reading is worth 100 more
    (2, 0.1, 0): 5.0, (2, 0.1, 1): 1.0,
    (2, 1.0, 0): 2.0, (2, 1.0, 1): 2.0,
    (2, 10.0, 0): 1.0, (2, 10.0, 1): 9.0,
    (4, 0.1, 0): 4.0, (4, 0.1, 1): 4.0,
    (4, 1.0, 0): 4.0, (4, 1.0, 1): 4.0,
    (4, 10.0, 0): 7.0, (4, 10.0, 1): 8.0,
}  # fmt: skip


def worth_of(cell, worth=WORTH):
    if not cell.regularizer:
        return 0.0
    return worth[cell.architecture.hidden[0], cell.regularizer[0].strength, cell.seed.data]


def records(plan, worth=WORTH):
    """Readings that differ by cell: the test loss is the validation loss plus 100."""
    found = []
    for number, cell in enumerate(plan.ids):
        value = worth_of(plan.cell(number), worth)
        made = record(cell, 0.0, (4,), VALIDATED)
        series = dict.fromkeys(VALIDATED, np.float32([value + 100]))
        series["validation_loss"] = np.float32([value])
        found.append(attrs.evolve(made, series=series))
    return found


def test_the_candidate_with_the_least_mean_validation_is_shown(tmp_path):
    ds = dataset(tmp_path, tuned(), records)
    assert ds.test_loss.dims == ("width", "reg", "seed")
    assert ds.test_loss.sel(reg="l2(tuned)", width=2).values.tolist() == [102.0, 102.0]


def test_the_chosen_value_is_a_variable_without_the_seed(tmp_path):
    ds = dataset(tmp_path, tuned(), records)
    assert ds.l2_strength_tuned.dims == ("width", "reg")
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2) == 1.0
    assert "validation_loss" in ds.l2_strength_tuned.long_name


def test_the_first_of_equals_is_chosen(tmp_path):
    ds = dataset(tmp_path, tuned(), records)
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=4) == 0.1


def test_a_composition_without_the_tuned_number_has_no_choice(tmp_path):
    ds = dataset(tmp_path, tuned(), records)
    assert ds.l2_strength_tuned.sel(reg="none").isnull().all()
    assert (ds.test_loss.sel(reg="none") == 100).all()


def test_without_across_each_seed_has_its_own_choice(tmp_path):
    ds = dataset(tmp_path, tuned(tune_across=()), records)
    chosen = ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2)
    assert chosen.dims == ("seed",)
    assert chosen.values.tolist() == [10.0, 0.1]


def broken(status, strength=1.0, seed=1):
    """The best candidate of width 2 has one run with another status."""

    def made(plan):
        found = records(plan)
        for number in range(len(plan)):
            cell = plan.cell(number)
            spot = (cell.architecture.hidden, [t.strength for t in cell.regularizer])
            if spot == ((2,), [strength]) and cell.seed.data == seed:
                found[number] = record(cell.id, status=status, points=(), names=VALIDATED)
        return found if status != "missing" else [r for r in found if r.status != "missing"]

    return made


@pytest.mark.parametrize("status", ["failed", "diverged", "missing"])
def test_a_candidate_with_a_run_that_has_no_end_cannot_win(tmp_path, status):
    ds = dataset(tmp_path, tuned(), broken(status))
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2) == 0.1
    assert (ds.status == 1).all()


def test_where_no_candidate_is_left_status_says_why(tmp_path):
    def none_left(plan):
        return [
            record(each.cell, status="failed") if plan.cell(n).regularizer else each
            for n, each in enumerate(records(plan))
        ]

    ds = dataset(tmp_path, tuned(), none_left)
    assert (ds.status.sel(reg="l2(tuned)") == 3).all()
    assert ds.l2_strength_tuned.isnull().all()


def test_untrained_candidates_leave_the_point_missing(tmp_path):
    def half(plan):
        return [r for n, r in enumerate(records(plan)) if plan.cell(n).seed.data == 0]

    ds = dataset(tmp_path, tuned(), half)
    assert (ds.status.sel(reg="l2(tuned)") == 0).all()
    assert ds.test_loss.sel(reg="l2(tuned)").isnull().all()
    assert (ds.status.sel(reg="none", seed=0) == 1).all()


def test_two_tuned_numbers_are_chosen_together(tmp_path):
    """The least of a x b is off the least of each at the other's first value."""
    grid = np.array([[5.0, 4.0, 9.0], [6.0, 7.0, 1.0]])
    plain = tuned()
    candidates = [
        axis(name, labels, "tuned", criterion="validation_loss", across=("seed",))
        for name, labels in (("a", (0.5, 0.6)), ("b", (1.0, 2.0, 3.0)))
    ]
    experiment = attrs.evolve(
        plain,
        axes=(*plain.axes[:3], *candidates),
        regularizer=attrs.evolve(
            plain.regularizer,
            axes=("reg", "a", "b"),
            values=((),) * 6
            + tuple(
                (attrs.evolve(plain.regularizer.values[3][0], strength=value),)
                for value in grid.reshape(-1).tolist()
            ),
        ),
    )
    worth = {(w, v, s): v for w in (2, 4) for v in grid.reshape(-1).tolist() for s in (0, 1)}
    ds = dataset(tmp_path, experiment, lambda plan: records(plan, worth))
    best = ds.sel(reg="l2(tuned)")
    assert best.a.dims == best.b.dims == ("width",)
    assert best.a.values.tolist() == [0.6, 0.6]
    assert best.b.values.tolist() == [3.0, 3.0]
    assert (best.test_loss == 101).all()


def test_the_grid_of_the_plan_is_not_changed(tmp_path):
    experiment = tuned()
    before = expand(experiment).index.copy()
    dataset(tmp_path, experiment, records)
    np.testing.assert_array_equal(expand(experiment).index, before)
