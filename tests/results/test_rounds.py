"""Tuning in rounds: who goes on, from validation alone, and what the dataset shows."""

import attrs
import numpy as np
import pytest

from ddspec.plan.expand import expand
from ddspec.plan.rungs import shares
from ddspec.results.assemble import assemble
from ddspec.results.rounds import at_most, every_cell, next_rounds, rounds, stages
from ddspec.results.store import open_store
from tests.results.made import VALIDATED, record, tuned

STRENGTHS = (0.1, 0.2, 0.4, 0.8)


def halved(factor=2, strengths=STRENGTHS, widths=(2,), seeds=(0, 1), select_on=(), **more):
    experiment = tuned(strengths, widths, seeds, **more)
    *others, candidates = experiment.axes
    candidates = attrs.evolve(candidates, halving=factor, select_on=select_on)
    return attrs.evolve(experiment, axes=(*others, candidates))


def strength_of(cell):
    return cell.regularizer[0].strength if cell.regularizer else 0.0


def length_of(cell):
    return cell.train.duration.count


def trained(plan, worth, status="done", ids=None):
    """Records of a plan's cells whose validation loss is `worth(cell)`; tests are 100 more."""
    found = []
    for number, name in enumerate(plan.ids):
        if ids is not None and name not in ids:
            continue
        cell = plan.cell(number)
        value = worth(cell)
        made = record(name, 0.0, (4,), VALIDATED, status=status if value is None else "done")
        if value is not None:
            series = dict.fromkeys(VALIDATED, np.float32([value + 100]))
            series["validation_loss"] = np.float32([value])
            made = attrs.evolve(made, series=series)
        found.append(made)
    return found


def search(tmp_path, experiment, worth, **more):
    """Every stage, trained as it comes, and the dataset at the end."""
    plan = expand(experiment)
    seen = []
    with open_store(tmp_path / "run") as store:
        for stage in stages(plan, store):
            seen.append(stage)
            store.write(trained(stage, worth, **more))
        return seen, assemble(plan, store, provenance={"spec": "dd 1\n"}).load()


def tried(stage):
    """The strengths and lengths of a stage's cells."""
    cells = stage.cells(range(len(stage)))
    return {(strength_of(cell), length_of(cell)) for cell in cells}


def changing(cell):
    """Small strengths begin well; in the end a strength of 0.2 is best."""
    end = length_of(cell) == 40
    return abs(strength_of(cell) - 0.2) if end else strength_of(cell)


# --- lengths and survivors --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "candidates", "found"),
    [
        (3, 9, (9, 3)),
        (3, 25, (9, 3)),
        (2, 4, (4, 2)),
        (2, 3, (2,)),
        (4, 3, ()),
        (3, 27, (27, 9, 3)),
    ],
)
def test_training_is_divided_so_that_few_candidates_are_left(factor, candidates, found):
    strengths = tuple(float(n) for n in range(1, candidates + 1))
    assert shares(halved(factor, strengths)) == found


def test_without_halving_there_is_one_stage_and_it_is_the_plan():
    plan = expand(tuned())
    assert [*stages(plan, None)] == [plan]
    assert at_most(plan) == (len(plan),)


def test_candidates_are_tried_in_short_runs_and_the_best_in_longer_ones(tmp_path):
    seen, _ = search(tmp_path, halved(), changing)
    assert [tried(stage) for stage in seen] == [
        {(s, 10) for s in STRENGTHS},
        {(0.1, 20), (0.2, 20)},
        {(0.1, 40), (0.0, 40)},  # of one left, and of the composition without
    ]


def test_a_length_that_does_not_divide_is_rounded_up(tmp_path):
    seen, _ = search(tmp_path, halved(3, tuple(map(float, range(1, 10)))), changing)
    assert [max(length for _, length in tried(stage)) for stage in seen] == [5, 14, 40]


def test_shorter_runs_are_the_cells_of_that_length(tmp_path):
    seen, _ = search(tmp_path, halved(), changing)
    experiment = tuned(STRENGTHS, (2,))
    (train,) = experiment.train.values
    length = attrs.evolve(train.duration, count=10)
    other = attrs.evolve(
        experiment,
        train=attrs.evolve(experiment.train, values=(attrs.evolve(train, duration=length),)),
    )
    assert set(seen[0].ids) < set(expand(other).ids)
    assert set(seen[-1].ids) < set(expand(experiment).ids)


def test_what_is_chosen_is_the_best_of_those_that_came_to_the_end(tmp_path):
    def worth(cell):
        return strength_of(cell) if length_of(cell) < 20 else abs(strength_of(cell) - 0.2)

    _, ds = search(tmp_path, halved(), worth)
    there = ds.sel(reg="l2(tuned)", width=2)
    assert there.l2_strength_tuned == 0.2
    assert there.test_loss.values.tolist() == [100.0, 100.0]
    assert (ds.status == 1).all()


def test_a_candidate_that_was_left_behind_cannot_win_even_if_it_was_trained(tmp_path):
    experiment = halved()
    with open_store(tmp_path / "run") as store:  # someone else trained them all in full
        store.write(trained(expand(tuned(STRENGTHS, (2,))), lambda c: -strength_of(c)))
    _, ds = search(tmp_path, experiment, changing)
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2) == 0.1


def test_each_choice_has_its_own_survivors(tmp_path):
    def worth(cell):
        (width,) = cell.architecture.hidden
        return strength_of(cell) * (1 if width == 2 else -1)

    _, ds = search(tmp_path, halved(widths=(2, 4)), worth)
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)").values.tolist() == [0.1, 0.8]


def test_without_across_each_seed_has_its_own_survivors(tmp_path):
    def worth(cell):
        return strength_of(cell) * (1 if cell.seed.data else -1)

    seen, ds = search(tmp_path, halved(tune_across=()), worth)
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2).values.tolist() == [0.8, 0.1]
    assert len(seen[1]) == 4


def test_validation_alone_says_who_goes_on(tmp_path):
    """Test losses that say the opposite change nothing: see `trained`, they are 100 more."""
    plan = expand(halved())
    with open_store(tmp_path / "run") as store:
        for stage in stages(plan, store):
            found = trained(stage, changing)
            for each in found:
                each.series["test_loss"][:] = -each.series["validation_loss"]
            store.write(found)
        assert tried(stage) == {(0.1, 40), (0.0, 40)}


def test_a_failed_candidate_does_not_go_on(tmp_path):
    def worth(cell):
        return None if strength_of(cell) == 0.1 and cell.seed.data else changing(cell)

    seen, ds = search(tmp_path, halved(), worth, status="failed")
    assert tried(seen[1]) == {(0.2, 20), (0.4, 20)}
    assert ds.attrs["cells_failed"] == 1


def test_where_all_fail_the_status_says_so(tmp_path):
    _, ds = search(tmp_path, halved(), lambda c: None if strength_of(c) else 1.0, status="failed")
    assert set(ds.status.sel(reg="none").values.ravel()) == {1}
    assert set(ds.status.sel(reg="l2(tuned)").values.ravel()) == {0}
    assert ds.l2_strength_tuned.isnull().all()


def test_a_choice_that_lacks_a_cell_waits(tmp_path):
    plan = expand(halved(widths=(2, 4)))
    with open_store(tmp_path / "run") as store:
        first = next(stages(plan, store))
        lost = next(n for n in range(len(first)) if first.cell(n).architecture.hidden == (4,))
        store.write(trained(first, changing, ids=set(first.ids) - {first.ids[lost]}))
        _, second, _ = stages(plan, store)
        assert {cell.architecture.hidden for cell in second.cells(range(len(second)))} == {(2,)}
        ds = assemble(plan, store, provenance={"spec": "dd 1\n"}).load()
        assert set(ds.status.sel(reg="l2(tuned)").values.ravel()) == {0}
        ((round_,)) = next_rounds([plan], store)
        assert (round_.number, round_.plan.ids) == (1, first.ids)


def test_the_cells_of_all_rounds_are_bounded_beforehand(tmp_path):
    experiment = halved(widths=(2, 4))
    plan = expand(experiment)
    seen, ds = search(tmp_path, experiment, changing)
    assert at_most(plan) == tuple(map(len, seen)) == (16, 8, 8)
    assert set().union(*(stage.ids for stage in seen)) < every_cell(plan)
    assert ds.attrs["cells_planned"] == ds.attrs["cells_done"] == 32


def test_rounds_of_several_experiments_run_side_by_side(tmp_path):
    plans = [expand(halved()), expand(tuned())]
    with open_store(tmp_path / "run") as store:
        for now in rounds(plans, store):
            for each in now:
                store.write(trained(each.plan, changing))
            yield_ = [each.number for each in now]
        assert yield_ == [3]
        assert [each.number for each in next_rounds(plans, store)] == [3, 1]


# --- how far each came ------------------------------------------------------------------------


def test_the_round_that_each_candidate_reached_is_a_variable(tmp_path):
    _, ds = search(tmp_path, halved(), changing)
    assert ds.halving_rung.dims == ("width", "reg", "halving_candidate")
    assert ds.halving_rung.sel(reg="l2(tuned)", width=2).values.tolist() == [2, 1, 0, 0]
    assert set(ds.halving_rung.sel(reg="none").values.ravel()) == {-1}
    assert ds.candidate_l2_strength_tuned.values.tolist() == [*STRENGTHS]
    assert ds.halving_rung.comment == "1/4, 1/2, all"
    assert "halving_rung" not in search(tmp_path / "b", tuned(), changing)[1]


# --- seeds that select ------------------------------------------------------------------------


def selecting(factor=0, **more):
    return halved(factor, seeds=(0, 1, 2, 3), select_on=(1, 2), **more)


def test_some_seeds_select_and_the_others_are_reported(tmp_path):
    def worth(cell):
        best = {0: 0.1, 1: 0.4, 2: 0.4, 3: 0.1}[cell.seed.data]
        return abs(strength_of(cell) - best) + cell.seed.data

    seen, ds = search(tmp_path, selecting(), worth)
    assert {c.seed.data for c in seen[0].cells(range(len(seen[0]))) if c.regularizer} == {1, 2}
    assert ds.seed.values.tolist() == [0, 3]
    chosen = ds.sel(reg="l2(tuned)", width=2)
    assert chosen.l2_strength_tuned == 0.4
    assert chosen.test_loss.values == pytest.approx([100.3, 103.3])
    assert len(ds.halving_rung if "halving_rung" in ds else ()) == 0


def test_at_the_reported_seeds_only_the_chosen_candidate_is_trained(tmp_path):
    seen, ds = search(tmp_path, selecting(), changing)
    cells = [c for stage in seen for c in stage.cells(range(len(stage))) if c.regularizer]
    assert {strength_of(c) for c in cells if c.seed.data in (0, 3)} == {0.2}
    assert at_most(expand(selecting())) == (8 + 4, 2)
    assert ds.attrs["cells_planned"] == 14


def test_seeds_that_select_halve_first(tmp_path):
    seen, ds = search(tmp_path, selecting(2), changing)
    sizes = [sum(1 for c in stage.cells(range(len(stage))) if c.regularizer) for stage in seen]
    assert sizes == [8, 4, 2, 4]
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2) == 0.1
    assert (ds.status == 1).all()
    assert ds.halving_rung.sel(reg="l2(tuned)", width=2).values.tolist() == [2, 1, 0, 0]


def test_several_tuned_numbers_are_candidates_together(tmp_path):
    experiment = halved()
    *others, first = experiment.axes
    second = attrs.evolve(first, name="again_tuned", labels=(1.0, 2.0))
    both = attrs.evolve(experiment, axes=(*others, first, second))
    seen, ds = search(tmp_path, both, changing)  # the second changes nothing
    assert [len(stage) for stage in seen] == [8, 4, 2, 4]
    assert ds.halving_rung.sizes["halving_candidate"] == 8
    assert ds.l2_strength_tuned.sel(reg="l2(tuned)", width=2) == 0.1


def test_a_choice_stands_whatever_becomes_of_it_at_the_reported_seeds(tmp_path):
    def worth(cell):
        return None if cell.seed.data == 3 and strength_of(cell) else changing(cell)

    _, ds = search(tmp_path, selecting(), worth, status="failed")
    chosen = ds.sel(reg="l2(tuned)", width=2)
    assert chosen.l2_strength_tuned == 0.2
    assert chosen.status.values.tolist() == [1, 3]
    assert np.isfinite(chosen.test_loss.values).tolist() == [True, False]
