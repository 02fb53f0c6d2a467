"""From a spec to datasets and back again: what is kept, what is new, what is shared."""

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from ddspec import pipeline, running
from ddspec.errors import DdspecError, SpecError
from ddspec.execution.ending import Ending
from ddspec.execution.events import Finished

SPEC = """dd 1
dataset gauss = linear_gaussian(samples: 12, features: 6, noise_std: 0.5, test: 50)
experiment risk {
  dataset: gauss
  architecture: linear(features: p)
  train: least_squares()
  sweep {
    p in {2, 4}
    seed in 0..<3
  }
  report { peak: argmax(test_loss, along: p) }
}
"""
TWO = SPEC + "experiment fewer amends risk {\n  sweep { p in {4} }\n}\n"


@pytest.fixture
def run(tmp_path):
    def call(text=SPEC, **options):
        (tmp_path / "risk.dd").write_text(text)
        return pipeline.run(str(tmp_path / "risk.dd"), tmp_path / "out", local=True, **options)

    return call


def test_a_run_leaves_dataset_figure_spec_and_store(run, tmp_path):
    outcome = run()
    assert outcome.counts == {"done": 6, "missing": 0}
    assert outcome.files["risk"].exists()
    assert outcome.figures["risk"].exists()
    assert (tmp_path / "out" / "spec.dd").read_text() == SPEC
    assert sqlite3.connect(tmp_path / "out" / "cells.sqlite").execute("select 1").fetchone()


def test_running_again_trains_nothing_and_changes_no_number(run):
    first = run().datasets["risk"]
    again = run()
    assert again.trained == 0
    assert np.array_equal(first.test_loss, again.datasets["risk"].test_loss)


def test_one_more_width_trains_its_cells_only_as_the_plan_said(run, tmp_path):
    before = run().datasets["risk"].test_loss
    wider = SPEC.replace("{2, 4}", "{2, 3, 4}")
    (tmp_path / "risk.dd").write_text(wider)
    spec = pipeline.load(str(tmp_path / "risk.dd"))
    (outlook,) = pipeline.plan(spec, tmp_path / "out")
    assert (outlook.count("new"), outlook.count("cached")) == (3, 6)
    outcome = run(wider)
    assert outcome.trained == 3
    assert np.array_equal(outcome.datasets["risk"].test_loss.sel(p=[2, 4]), before)


def test_two_experiments_share_their_cells(run, tmp_path):
    outcome = run(TWO)
    assert outcome.trained == 6
    both = pipeline.open(tmp_path / "out")
    assert set(both) == {"risk", "fewer"}
    assert np.array_equal(both["fewer"].test_loss, both["risk"].test_loss.sel(p=[4]))


def test_one_experiment_can_be_run_alone(run):
    assert run(TWO, experiment="fewer").trained == 3
    with pytest.raises(DdspecError, match="no experiment `none`"):
        run(TWO, experiment="none")


def test_an_override_replaces_an_axis_and_is_kept_with_the_spec(run, tmp_path):
    outcome = run(overrides={"p": "{5}"})
    assert outcome.datasets["risk"].p.values.tolist() == [5]
    assert (tmp_path / "out" / "spec.dd").read_text().endswith("# --set p={5}\n")


def test_findings_are_told_and_kept_in_the_file(run):
    outcome = run()
    assert outcome.findings["risk"][0].startswith("peak: p with the largest test_loss")
    with xr.open_dataset(outcome.files["risk"]) as dataset:
        assert "p with the largest" in dataset.attrs["findings"]
    with xr.open_dataset(outcome.folder / "findings/risk.nc", group="peak") as found:
        assert found["argmax"].item() > 1


def test_a_spec_without_reports_takes_old_findings_away(run):
    folder = run().folder
    run(SPEC.replace("  report { peak: argmax(test_loss, along: p) }\n", ""))
    assert not (folder / "findings/risk.nc").exists()


def test_an_interrupted_run_keeps_its_cells_and_its_dataset(run, tmp_path):
    def stop(event):
        if isinstance(event, Finished):
            raise KeyboardInterrupt

    many = SPEC.replace("0..<3", "0..<300")  # more than a batch
    with pytest.raises(KeyboardInterrupt):
        run(many, on_event=stop)
    kept = int((pipeline.open(tmp_path / "out").status == 1).sum())
    assert 0 < kept < 600
    assert run(many).trained == 600 - kept


TRAINED = """dd 1
train brief {
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     10 samples
  for:       2 epochs
}
experiment short {
  dataset: mnist1d(samples: 20, test: 10)
  architecture: mlp(hidden: [width])
  train: brief
  sweep { width in {2, 3} }
}
"""


@pytest.mark.parametrize("step", ["native", "compiled", "eager"])
def test_steps_are_taken_as_asked_and_ids_do_not_tell(run, monkeypatch, step):
    seen = []

    def fake(batch, *_):
        seen.append(batch)
        raise ValueError("not trained")

    monkeypatch.setattr("ddspec.training.fit.fit", fake)
    for name in ("c_compiler", "cpp_compiler"):
        monkeypatch.setattr(f"ddspec.plan.machine.{name}", lambda: "cc")
    outcome = run(TRAINED, step=step, retries=0)
    assert {batch.ways[0] for batch in seen} == {step}
    (plan,) = pipeline.expand_all(pipeline.load(str(outcome.folder.parent / "risk.dd")))
    assert {cell.id for batch in seen for cell in batch.cells} == set(plan.ids)


HALVED = TRAINED.replace("for:       2 epochs", "for:       8 epochs").replace(
    "test: 10)", "test: 10, validation: 10)"
).replace(
    "  train: brief\n",
    "  regularizer: l2(tune({1e-4, 1e-3, 1e-2, 0.1}, minimise: validation_loss, across: seed,"
    " halving: 2))\n  train: brief\n",
).replace("width in {2, 3}", "width in {2, 3}\n    seed in 0..<2")  # fmt: skip


def test_candidates_are_halved_in_rounds_and_running_again_trains_nothing(run):
    seen = []
    outcome = run(HALVED, on_outlook=seen.extend)
    assert [(each.round, len(each.pending)) for each in seen] == [(1, 16), (2, 8), (3, 4)]
    assert [each.later for each in seen] == [12, 4, 0]
    assert outcome.trained == 28
    assert outcome.counts == {"done": 28, "missing": 0}
    first = outcome.datasets["short"]
    assert (first.status == 1).all()
    assert sorted(first.halving_rung.sel(width=2).values.tolist()) == [0, 0, 1, 2]
    again = run(HALVED)
    assert again.trained == 0
    assert first.equals(again.datasets["short"])
    with xr.open_dataset(again.files["short"]) as kept:
        assert kept.halving_rung.dtype == np.int8


def test_a_run_that_is_interrupted_between_rounds_goes_on_where_it_was(run, tmp_path):
    rounds = []

    def stop(outlooks):
        rounds.append(outlooks[0].round)
        if len(rounds) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(HALVED, on_outlook=stop)
    assert (pipeline.open(tmp_path / "out").status == 0).all()  # nobody has come to the end
    (outlook,) = pipeline.plan(pipeline.load(str(tmp_path / "risk.dd")), tmp_path / "out")
    assert (outlook.round, outlook.orphaned, len(outlook.pending)) == (2, 0, 8)
    assert run(HALVED).trained == 12


def test_other_experiments_train_in_the_first_round(run):
    seen = []
    run(HALVED + "experiment b amends short { regularizer: none }\n", on_outlook=seen.append)
    assert [[each.plan.experiment.name for each in now] for now in seen] == [
        ["short", "b"],
        ["short"],
        ["short"],
    ]


def test_datasets_that_take_long_are_refreshed_seldom(monkeypatch):
    """A refresh takes 5 s of a clock that goes on by a second at every look."""
    clock = SimpleNamespace(now=0.0)

    def look():
        clock.now += 1
        return clock.now

    refreshed = []

    def refresh():
        clock.now += 5
        refreshed.append(clock.now)

    monkeypatch.setattr(running.time, "monotonic", look)
    store = SimpleNamespace(write=lambda records, about: None)
    events = (Finished(()) for _ in range(1_000))
    running.keep(events, store, refresh, (lambda _: None,), Ending(), 10.0)
    assert len(refreshed) > 2
    assert min(np.diff(refreshed)) > 5 / running.REFRESH_SHARE
    assert refreshed[0] < running.REFRESH_SECONDS + 10


def test_a_spec_with_errors_is_refused_with_all_of_them(run):
    with pytest.raises(SpecError) as caught:
        run(SPEC.replace("linear(features", "linaer(features").replace("seed in 0", "seed in -1"))
    assert len(caught.value.diagnostics) >= 2


def test_a_file_without_an_experiment_has_nothing_to_run(run):
    with pytest.raises(DdspecError, match="declares no experiment"):
        run("dd 1\nlet a = 1\n")
