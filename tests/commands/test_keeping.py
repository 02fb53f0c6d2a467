"""`ddspec plan --reuse`, `run --reuse`, `accept`, `gc` and `merge`, as they are typed."""

import json

import numpy as np
import pytest
import xarray as xr

from ddspec.commands.kept import overrides_of
from ddspec.plan.origins import changes
from ddspec.results.store import open_store
from ddspec.vocabulary.architectures.linear import Linear
from tests.commands.specs import TINY


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("ddspec.publication.draw_all", lambda *_: {})
    changes.cache_clear()
    yield
    changes.cache_clear()


@pytest.fixture
def run(call):
    def ran(out, *words):
        done = call("run", "tiny.dd", "--local", "--out", out, *words)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    return ran


def risk(folder, name):
    with xr.open_dataset(folder / name / "tiny.nc") as found:
        return found.test_loss.load()


def stale(folder):
    """As if the cells there had been trained with an earlier version."""
    with open_store(folder) as store:
        held = store.held(store.ids())
        store.attribute(
            {
                cell: type(each.origin)(each.origin.code.replace("linear@1", "linear@0"), "")
                for cell, each in held.items()
            }
        )


def test_a_wider_axis_trains_what_is_new_and_a_narrower_one_deletes_nothing(run, call, folder):
    assert "9 done (9 trained now)" in run("a")
    before = risk(folder, "a")
    assert "12 done (3 trained now)" in run("a", "--set", "n={4, 8, 16, 32}")
    assert np.array_equal(risk(folder, "a").sel(n=[4, 8, 16]), before)
    assert "3 done (0 trained now)" in run("a", "--set", "n={8}")
    assert "12 cells" in call("status", "a").stdout
    assert np.array_equal(risk(folder, "a"), before.sel(n=[8]))


def test_gc_lists_and_deletes_only_when_told(run, call, folder):
    run("a")
    run("a", "--set", "n={4}")
    assert (folder / "a/spec.dd").read_text().endswith("# --set n={4}\n")
    listed = call("gc", "a").stdout
    assert "6 of 9 stored cells are not asked for: 6 done" in listed
    assert "--delete" in listed
    assert "all 9 cells of a are asked for" in call("gc", "a", "tiny.dd", "--delete").stdout
    deleted = call("gc", "a", "--delete").stdout
    assert "deleted 6 cells: a/cells.sqlite has " in deleted
    assert "all 3 cells" in call("gc", "a").stdout
    assert "3 done (0 trained now)" in run("a", "--set", "n={4}")


def test_nothing_is_deleted_while_a_run_writes(run, call, folder):
    run("a")
    with open_store(folder / "a"):
        assert "6 of 9" in call("gc", "a", "--set", "n={4}").stdout
        refused = call("gc", "a", "--set", "n={4}", "--delete")
    assert refused.exit_code == 1
    assert "another run is writing to a" in refused.stderr
    assert "9 cells" in call("status", "a").stdout


def test_results_carry_over_from_another_folder(run, call, folder):
    run("a", "--set", "n={4, 8}")
    planned = call("plan", "tiny.dd", "--out", "b", "--reuse", "a").stdout
    assert "^ 6 carried over: 6 from a" in planned
    assert "+ 3 new" in planned
    assert "9 done (3 trained now)" in run("b", "--reuse", "a")
    assert np.array_equal(risk(folder, "b").sel(n=[4, 8]), risk(folder, "a"))


def test_stale_cells_are_told_trained_again_or_accepted(run, call, folder):
    run("a")
    stale(folder / "a")
    why = "`linear` was version 0, is 1 now"
    assert f"stale    9 of them: {why}" in call("status", "a").stdout
    assert json.loads(call("status", "a", "--json").stdout)["stale"] == {why: 9}
    planned = call("plan", "tiny.dd", "--out", "a").stdout
    assert "* 9 stale" in planned
    assert f"why stale: {why} (9 cells)" in planned
    wrong = call("accept", "a", "--word", "ridge")
    assert wrong.exit_code == 1
    assert "no cell of a is stale for `ridge` alone" in wrong.stderr
    assert why in wrong.stderr
    assert f"9 cells: {why}" in call("accept", "a", "--word", "linear").stdout
    assert "nothing is stale in a" in call("accept", "a").stdout
    assert "9 done (0 trained now)" in run("a")
    stale(folder / "a")
    assert "9 done (9 trained now)" in run("a")


def test_cells_of_a_former_version_are_accepted_under_their_new_ids(run, call, folder, monkeypatch):
    run("a")
    before = risk(folder, "a")
    monkeypatch.setattr(Linear, "version", 2)
    changes.cache_clear()
    assert "9 cells: `linear` was version 1, is 2 now" in call("accept", "a").stdout
    assert "9 done (0 trained now)" in run("a")
    assert np.array_equal(risk(folder, "a"), before)
    assert "9 of 18 stored cells are not asked for" in call("gc", "a").stdout


def test_merged_folders_hold_the_cells_of_all(run, call, folder):
    run("a", "--set", "n={4, 8}")
    run("b", "--set", "n={8, 16}")
    told = call("merge", "c", "a", "b").stdout
    assert "c: 9 cells" in told
    assert "6 from a" in told
    assert "3 from b" in told
    assert "ddspec run SPEC --out c" in told
    assert "9 done (0 trained now)" in run("c")
    assert np.array_equal(risk(folder, "c").sel(n=[8, 16]), risk(folder, "b"))


def test_a_spec_that_all_share_is_kept_and_how_to_run_it_is_told(run, call, folder):
    run("a", "--set", "n={4}")
    run("b", "--set", "n={4}")
    told = call("merge", "c", "a", "b").stdout
    assert "ddspec run c/spec.dd --out c --set 'n={4}'" in told
    assert (folder / "c/spec.dd").read_text() == (folder / "a/spec.dd").read_text()


def test_contradictions_are_refused_unless_a_folder_is_preferred(run, call, folder):
    run("a")
    run("b")
    with open_store(folder / "b") as store:
        (one,) = store.read(sorted(store.ids())[:1])
        from ddspec.results.reuse import record_of

        record = record_of(one)
        record.series["test_loss"] = record.series["test_loss"] + np.float32(0.5)
        store.write([record], {one.cell: one.origin}, replace=True)
    refused = call("merge", "c", "a", "b")
    assert refused.exit_code == 1
    assert f"cell {one.cell[:12]} of a and b: test_loss differ by up to 0.5" in refused.stderr
    assert "9 cells" in call("merge", "c", "a", "b", "--prefer", "a/../b").stdout
    with open_store(folder / "c", readonly=True) as store:
        assert store.held([one.cell])[one.cell].digest == digest(folder / "b", one.cell)


def digest(path, cell):
    with open_store(path, readonly=True) as store:
        return store.held([cell])[cell].digest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("merge", "c", "nowhere"), "there is no folder nowhere"),
        (("merge", "c", "a", "./a"), "a is given twice"),
        (("merge", "a", "a"), "a is the folder that results go to"),
        (("merge", "c", "a", "--prefer", "b"), "b is none of the folders that are merged"),
        (("gc", "."), ". is no run folder: it has no cells.sqlite"),
        (("gc", "a"), "a holds no spec.dd"),
        (("accept", "nowhere"), "there is no folder nowhere"),
        (("plan", "tiny.dd", "--out", "b", "--reuse", "nowhere"), "there is no folder nowhere"),
        (("plan", "tiny.dd", "--out", "a", "--reuse", "a"), "a is the folder that results go to"),
    ],
)
def test_a_wrong_folder_is_said(call, folder, words, says):
    open_store(folder / "a").close()
    refused = call(*words)
    assert refused.exit_code == 1
    assert says in refused.stderr


def test_what_was_replaced_is_read_from_the_end_of_a_spec():
    text = TINY + "# --set n={4, 8}\n# --set x=a=b\n"
    assert overrides_of(text) == {"n": "{4, 8}", "x": "a=b"}
    assert overrides_of(text + "# --set n={16}\n")["n"] == "{16}"
    assert overrides_of("# --set n=1\n" + TINY) == {}
