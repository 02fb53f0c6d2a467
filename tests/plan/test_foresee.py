"""What running a plan would train, and why."""

import attrs
import pytest

from ddspec.plan.expand import expand
from ddspec.plan.foresee import foresee
from ddspec.plan.origins import Origins, changes
from ddspec.results.held import Origin
from ddspec.results.store import NOWHERE
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.regularizers.l2 import L2
from tests.plan.grids import grid


@pytest.fixture(autouse=True)
def forgetful():
    """What has changed is remembered for a process, in which words stay as they are."""
    changes.cache_clear()
    yield
    changes.cache_clear()


NAMES = ("train_loss", "test_loss", "train_error", "test_error")


@attrs.frozen
class Stored:
    status: str = "done"
    unit: str = "epochs"
    points: tuple[int, ...] = (1, 2, 4)
    names: tuple[str, ...] = NAMES
    origin: Origin = NOWHERE


def stored(experiment, **changes):
    return {cell: Stored(**changes) for cell in expand(experiment).ids}


def test_an_empty_store_makes_every_cell_new():
    outlook = foresee(expand(grid()), {})
    assert outlook.count("new") == len(outlook.plan) == len(outlook.pending)
    assert outlook.reasons == ("new: nothing of this experiment is stored yet",)


def test_a_stored_cell_is_cached():
    outlook = foresee(expand(grid()), stored(grid()))
    assert outlook.count("cached") == len(outlook.plan)
    assert outlook.pending.size == 0


def test_an_added_width_is_the_reason_and_only_its_cells_are_new():
    outlook = foresee(expand(grid(widths=(2, 4, 8))), stored(grid()))
    assert outlook.count("new") == len(outlook.plan) // 3
    assert outlook.reasons == ("new: width = 8 added",)


def test_another_setting_is_named_as_such():
    changed = attrs.evolve(grid(), name="other")
    other = {"0" * 64: Stored()}
    assert foresee(expand(changed), other).reasons == ("new: no stored cell has these settings",)


@pytest.mark.parametrize(
    ("points", "state"), [((1, 4), "cached"), ((), "cached"), ((1, 3), "reread")]
)
def test_a_run_is_reread_only_when_a_reading_is_missing(points, state):
    outlook = foresee(expand(grid(points=points)), stored(grid()))
    assert outlook.count(state) == len(outlook.plan)


def test_a_diverged_run_has_no_readings_after_its_end():
    held = stored(grid(), status="diverged")
    assert foresee(expand(grid(points=(1, 2, 4, 8))), held).count("cached") == len(held)


def test_readings_in_another_unit_do_not_count():
    held = stored(grid(), unit="steps")
    assert foresee(expand(grid(points=(1,))), held).count("reread") == len(held)


def test_failed_cells_are_tried_again():
    assert foresee(expand(grid()), stored(grid(), status="failed")).count("failed") > 0


def test_a_new_measure_needs_another_run():
    experiment = attrs.evolve(grid(), measures={"norm": WeightNorm()})
    assert foresee(expand(experiment), stored(grid())).count("reread") > 0


def trained(experiment):
    """What a store holds of an experiment whose cells know where their readings come from."""
    plan, origins = expand(experiment), Origins(expand(experiment))
    return {
        cell: Stored(origin=Origin(str(origins.code(number)), origins.kin(number)))
        for number, cell in enumerate(plan.ids)
    }


def relatives(held):
    return {each.origin.kin: (cell, each.origin.code) for cell, each in held.items()}


def test_cells_whose_words_are_as_they_were_are_not_stale():
    held = trained(grid())
    assert foresee(expand(grid()), held, 0, relatives(held)).count("cached") == len(held)


def test_a_new_version_of_a_word_makes_its_cells_stale_and_says_so(monkeypatch):
    held = trained(grid())
    monkeypatch.setattr(L2, "version", 2)
    changes.cache_clear()
    outlook = foresee(expand(grid()), held, 0, relatives(held))
    assert {state: outlook.count(state) for state in ("stale", "cached")} == {
        "stale": 4,
        "cached": 4,
    }
    assert outlook.reasons == ("stale: `l2` was version 1, is 2 now (4 cells)",)
    assert {each.before for each in outlook.stale.values()} < set(held)
    assert len(outlook.pending) == 4


def test_a_measure_that_changed_matters_only_where_it_is_asked_for(monkeypatch):
    experiment = attrs.evolve(grid(), measures={"norm": WeightNorm()})
    key = WeightNorm().key
    held = stored(grid(), names=(*NAMES, key), origin=Origin("measure.weight_norm@0"))
    assert foresee(expand(experiment), held).count("stale") == len(held)
    assert foresee(expand(grid()), held).count("cached") == len(held)


def test_new_cells_beside_stale_ones_are_those_of_added_values(monkeypatch):
    held = trained(grid())
    monkeypatch.setattr(Mlp, "version", 2)
    changes.cache_clear()
    outlook = foresee(expand(grid(widths=(2, 4, 8))), {}, 0, relatives(held))
    assert (outlook.count("new"), outlook.count("stale")) == (4, 8)
    assert outlook.reasons[0] == "new: width = 8 added"
