"""A spec that changes, words that change and several run folders: what trains, what is kept."""

import hashlib
import importlib
import sys

import numpy as np
import pytest

from ddspec import pipeline
from ddspec.errors import DdspecError
from ddspec.execution.events import Noted
from ddspec.plan.origins import changes
from ddspec.results.store import open_store
from ddspec.training.record import Record
from ddspec.upkeep import accept, orphans, stale_in
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.kinds import REGISTRY

SOLVED = """dd 1
experiment risk {
  dataset: linear_gaussian(samples: 12, features: 6, noise_std: 0.5, test: 50)
  architecture: linear(features: p)
  train: least_squares()
  sweep {
    p in {2, 4}
    seed in 0..<3
  }
}
"""
TRAINED = """dd 1
train brief {
  optimizer: sgd(lr: 0.1)
  loss:      mse
  batch:     10 samples
  for:       8 epochs
}
experiment risk {
  dataset: linear_gaussian(samples: 20, features: 6, noise_std: 0.5, test: 10)
  architecture: mlp(hidden: [width])
  regularizer: reg
  train: brief
  measure { size: weight_norm() }
  sweep {
    width in {2, 3}
    reg in {none, l2(0.1)}
    epochs in {4, 8}
    seed in 0..<2
  }
}
"""


def fake(batch, *rest):
    """Readings that tell the cell, the point and the quantity, by what `fake` counts as now."""
    del rest
    points = np.asarray(batch.points or (8,), np.int32)
    names = ("train_loss", "test_loss", "validation_loss", *batch.measures)
    found = []
    for cell in batch.cells:
        start = int(hashlib.sha256(cell.id.encode()).hexdigest()[:4], 16) / 65536
        series = {
            name: (start + points / 8 + place + TRAINED_NOW["shift"]).astype(np.float32)
            for place, name in enumerate(names)
        }
        found.append(Record(cell.id, "done", batch.unit, points, series, 7, 8, 0.1))
        TRAINED_NOW["ids"].append(cell.id)
    return tuple(found)


TRAINED_NOW = {"ids": [], "shift": 0.0}


@pytest.fixture(autouse=True)
def pretend(monkeypatch):
    """Nothing trains for real and no figure is drawn; words are as they are now."""
    TRAINED_NOW.update(ids=[], shift=0.0)
    monkeypatch.setattr("ddspec.training.fit.fit", fake)
    monkeypatch.setattr("ddspec.publication.draw_all", lambda *_: {})
    changes.cache_clear()
    yield
    changes.cache_clear()


@pytest.fixture
def run(tmp_path):
    """Run a text into a folder: its dataset, loaded; `run.trained` tells how many trained."""

    def call(text, out="out", **options):
        path = tmp_path / "risk.dd"
        path.write_text(text)
        outcome = pipeline.run(str(path), tmp_path / out, local=True, **options)
        call.trained = outcome.trained
        with outcome.datasets["risk"] as found:
            return found.load()

    return call


def outlook(tmp_path, text, out="out", **more):
    path = tmp_path / "risk.dd"
    path.write_text(text)
    (found,) = pipeline.plan(pipeline.load(str(path)), tmp_path / out, **more)
    return found


def counts(found):
    return {
        key: n for key in ("new", "cached", "reread", "stale", "reused") if (n := found.count(key))
    }


def plans_of(tmp_path, text):
    (tmp_path / "risk.dd").write_text(text)
    return pipeline.expand_all(pipeline.load(str(tmp_path / "risk.dd")))


def renew(monkeypatch, word, version=2):
    monkeypatch.setattr(word, "version", version)
    changes.cache_clear()


# --- a spec that changes ----------------------------------------------------------------------

CHANGES = {
    "an axis widened": ("{2, 3}", "{2, 3, 5}", {"new": 4, "cached": 8}),
    "a seed more": ("0..<2", "0..<3", {"new": 4, "cached": 8}),
    "a composition more": (
        "{none, l2(0.1)}",
        "{none, l2(0.1), dropout(0.5)}",
        {"new": 4, "cached": 8},
    ),
    "a measure more": (
        "size: weight_norm()",
        "size: weight_norm()\n far: distance_to_init()",
        {"reread": 8},
    ),
    "a measure less": ("measure { size: weight_norm() }", "", {"cached": 8}),
    "points more": ("epochs in {4, 8}", "epochs in {2, 4, 8}", {"reread": 8}),
    "points fewer": ("epochs in {4, 8}", "epochs in {8}", {"cached": 8}),
    "an axis narrowed": ("{2, 3}", "{3}", {"cached": 4}),
    "epochs more": ("8 epochs", "16 epochs", {"new": 8}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_is_new_trains_and_the_rest_keeps_its_values(run, tmp_path, change):
    old, new, expected = CHANGES[change]
    text = TRAINED.replace(old, new)
    assert text != TRAINED
    before = run(TRAINED)
    assert counts(outlook(tmp_path, text)) == expected
    after = run(text)
    assert run.trained == sum(expected.values()) - expected.get("cached", 0)
    if change not in ("an axis narrowed", "points fewer", "epochs more"):
        shared = {name: before[name].values for name in before.dims}
        assert np.array_equal(after.test_loss.sel(shared), before.test_loss)
    run(TRAINED)
    assert run.trained == 0  # nothing was deleted


# --- words that change ------------------------------------------------------------------------


def test_a_new_version_trains_its_cells_again_and_then_the_old_ones_are_orphans(
    run, tmp_path, monkeypatch
):
    run(TRAINED)
    from ddspec.vocabulary.regularizers.l2 import L2

    renew(monkeypatch, L2)
    found = outlook(tmp_path, TRAINED)
    assert counts(found) == {"stale": 4, "cached": 4}
    assert found.reasons == ("stale: `l2` was version 1, is 2 now (4 cells)",)
    assert found.orphaned == 0
    with open_store(tmp_path / "out", readonly=True) as store:
        assert stale_in(store) == {"`l2` was version 1, is 2 now": 4}
        assert orphans(plans_of(tmp_path, TRAINED), store) == set()
    run(TRAINED)
    assert run.trained == 4
    assert counts(outlook(tmp_path, TRAINED)) == {"cached": 8}
    with open_store(tmp_path / "out", readonly=True) as store:
        assert stale_in(store) == {}
        assert len(orphans(plans_of(tmp_path, TRAINED), store)) == 4


def test_accepted_cells_of_a_former_version_are_kept_under_their_new_id(run, tmp_path, monkeypatch):
    from ddspec.vocabulary.regularizers.l2 import L2

    before = run(TRAINED)
    renew(monkeypatch, L2)
    with open_store(tmp_path / "out") as store:
        plans = plans_of(tmp_path, TRAINED)
        assert not accept(plans, store, "mlp")
        accepted = accept(plans, store, "l2")
        assert accepted.reasons == {"`l2` was version 1, is 2 now": 4}
        notes = [code for code in store.codes() if "~regularizer.l2@1" in code]
        assert len(notes) == 1
        assert store.codes()[notes[0]] == 4
        assert not accept(plans, store)
    after = run(TRAINED)
    assert run.trained == 0
    assert after.test_loss.identical(before.test_loss)


def test_a_stale_cell_is_replaced_only_when_it_has_trained(run, tmp_path, monkeypatch):
    before = run(TRAINED)
    with open_store(tmp_path / "out") as store:  # as if trained with another source of `mlp`
        held = store.held(store.ids())
        for cell, each in held.items():
            code = each.origin.code.replace("mlp@1", "mlp@0")
            store.attribute({cell: type(each.origin)(code, each.origin.kin)})
    TRAINED_NOW["shift"] = 10.0

    def broken(*_):
        raise ValueError("broken")

    monkeypatch.setattr("ddspec.training.fit.fit", broken)
    kept = run(TRAINED, retries=0)
    assert np.array_equal(kept.test_loss, before.test_loss)
    assert kept.attrs["cells_stale"] == 8
    assert counts(outlook(tmp_path, TRAINED)) == {"stale": 8}
    monkeypatch.setattr("ddspec.training.fit.fit", fake)
    fewer = TRAINED.replace("epochs in {4, 8}", "epochs in {8}").replace("size: weight_norm()", "")
    after = run(fewer.replace("measure {  }", ""))
    assert np.allclose(after.test_loss, before.test_loss.sel(epochs=[8]) + 10.0)
    assert "cells_stale" not in after.attrs
    assert counts(outlook(tmp_path, TRAINED)) == {"reread": 8}  # nothing of before is mixed in


OWN = '''"""A word of one's own."""
from typing import ClassVar

from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.kinds import word

SCALE = 1.0


@word
class Own(Linear):
    """A line.

    Source: mine.
    Example: own(features: 2)
    """

    def initialize(self, module, draws):
        for parameter in module.parameters():
            parameter.data.fill_(SCALE)
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Load a word from a file with that text."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(text):
        (tmp_path / "own_words.py").write_text(text)
        sys.modules.pop("own_words", None)
        importlib.invalidate_caches()
        importlib.import_module("own_words")
        changes.cache_clear()

    yield load
    sys.modules.pop("own_words", None)
    REGISTRY.pop(("architecture", "own"), None)


def test_cells_of_a_word_of_ones_own_are_stale_when_its_source_has_changed(run, tmp_path, own):
    text = SOLVED.replace("linear(features", "own(features")
    own(OWN)
    run(text)
    own(OWN.replace("A line.", "A straight line.") + "\n# done\n")
    assert counts(outlook(tmp_path, text)) == {"cached": 6}
    own(OWN.replace("SCALE = 1.0", "SCALE = 2.0"))
    found = outlook(tmp_path, text)
    assert found.reasons == ("stale: `own`: its source has changed since (6 cells)",)
    with open_store(tmp_path / "out") as store:
        assert accept(plans_of(tmp_path, text), store).reasons == {
            "`own`: its source has changed since": 6
        }
    assert counts(outlook(tmp_path, text)) == {"cached": 6}
    own(OWN)
    run(text)
    assert run.trained == 6
    assert counts(outlook(tmp_path, text)) == {"cached": 6}


def test_stores_of_before_are_not_stale(run, tmp_path, monkeypatch):
    run(SOLVED)
    with open_store(tmp_path / "out") as store:
        store.attribute({cell: type(h.origin)() for cell, h in store.held(store.ids()).items()})
    assert counts(outlook(tmp_path, SOLVED)) == {"cached": 6}
    renew(monkeypatch, Linear)
    assert counts(outlook(tmp_path, SOLVED)) == {"new": 6}


CHAIN = TRAINED.replace(
    "for:       8 epochs", "for:       8 epochs\n  start: weight_reuse(over: width)"
)


def test_cells_of_a_chain_are_stale_together(run, tmp_path, monkeypatch):
    from ddspec.vocabulary.starts.weight_reuse import WeightReuse

    run(CHAIN)
    plain = counts(outlook(tmp_path, CHAIN))
    assert plain == {"cached": 8}
    renew(monkeypatch, WeightReuse)
    assert counts(outlook(tmp_path, CHAIN)) == {"stale": 4, "cached": 4}
    renew(monkeypatch, type(plans_of(tmp_path, CHAIN)[0].cell(0).architecture), 3)
    assert counts(outlook(tmp_path, CHAIN)) == {"stale": 8}


HALVED = TRAINED.replace("test: 10)", "test: 10, validation: 10)").replace(
    "reg in {none, l2(0.1)}",
    "reg in {l2(tune({1e-3, 0.1}, minimise: validation_loss, across: seed, halving: 2))}",
)


def test_a_plan_begins_with_the_round_that_has_stale_cells(run, tmp_path, monkeypatch):
    run(HALVED)
    found = outlook(tmp_path, HALVED)
    assert (found.round, counts(found)) == (2, {"cached": 4})
    with open_store(tmp_path / "out") as store:
        first = plans_of(tmp_path, HALVED)[0].rungs[0].ids[0]
        origin = store.held([first])[first].origin
        store.attribute({first: type(origin)(origin.code.replace("mlp@1", "mlp@0"), origin.kin)})
    found = outlook(tmp_path, HALVED)
    assert (found.round, counts(found)) == (1, {"stale": 1, "cached": 7})
    run(HALVED)
    assert run.trained == 1
    assert outlook(tmp_path, HALVED).round == 2


# --- other run folders ------------------------------------------------------------------------


def test_what_other_folders_have_is_carried_over_and_told(run, tmp_path):
    before = run(TRAINED, "a")
    wider = TRAINED.replace("{2, 3}", "{2, 3, 5}")
    found = outlook(tmp_path, wider, reuse=[tmp_path / "a"])
    assert counts(found) == {"new": 4, "reused": 8}
    assert found.folders == {str(tmp_path / "a"): 8}
    assert len(found.pending) == 4
    told = []
    after = run(wider, reuse=[tmp_path / "a"], on_event=told.append)
    assert run.trained == 4
    assert Noted(f"carried over 8 cells from {tmp_path / 'a'}") in told
    assert np.array_equal(after.test_loss.sel(width=[2, 3]), before.test_loss)


def test_a_cell_is_carried_over_from_the_first_folder_that_has_it(run, tmp_path):
    run(TRAINED.replace("{2, 3}", "{2}"), "a")
    run(TRAINED, "b")
    both = [tmp_path / "a", tmp_path / "b"]
    found = outlook(tmp_path, TRAINED, reuse=both)
    assert found.folders == {str(both[0]): 4, str(both[1]): 4}
    run(TRAINED, reuse=both)
    assert run.trained == 0


def test_what_is_stale_failed_or_lacks_readings_elsewhere_trains(run, tmp_path, monkeypatch):
    run(TRAINED, "a")
    with open_store(tmp_path / "a") as store:
        first, second, *rest = sorted(store.ids())
        origin = store.held([first])[first].origin
        store.attribute({first: type(origin)(origin.code.replace("mlp@1", "mlp@0"), origin.kin)})
        (stored,) = store.read([second])
        failed = Record(second, "failed", "epochs", stored.points[:0], {}, 0, 0, 0.0, error="x")
        store.write([failed], replace=True)
    assert counts(outlook(tmp_path, TRAINED, reuse=[tmp_path / "a"])) == {"new": 2, "reused": 6}
    run(TRAINED, reuse=[tmp_path / "a"])
    assert set(TRAINED_NOW["ids"][8:]) == {first, second}
    more = TRAINED.replace("{4, 8}", "{2, 4, 8}")
    assert counts(outlook(tmp_path, more, "new", reuse=[tmp_path / "a"])) == {"new": 8}
    assert len(rest) == 6


def test_a_damaged_folder_is_said(run, tmp_path):
    run(SOLVED, "a")
    (tmp_path / "a" / "cells.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(DdspecError, match="is damaged"):
        run(SOLVED, reuse=[tmp_path / "a"])
