"""A run that was killed continues its long cells; longer training and further measures do, too."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.group import ddspec
from ddspec.plan.describe import describe
from ddspec.results.checkpoints import Folder, folder_in, read_head
from ddspec.results.store import open_store
from ddspec.training import stack as stack_module
from ddspec.upkeep import groups_of

SPEC = """dd 1
dataset lines = linear_gaussian(samples: 20, features: 6, noise_std: 0.5, test: 30)
train plain {
  optimizer: adam(lr: LR)
  loss: mse
  batch: 10 samples
  for: LENGTH epochs
}
experiment risk {
  dataset: lines
  architecture: mlp(hidden: [width])
  train: plain
  sweep { width in {3, 4}
          seed in 0..<2 }
  measure { norm: weight_norm() }
}
"""


def spec(length=60, lr="0.01", **changes):
    text = SPEC.replace("LENGTH", str(length)).replace("LR", lr)
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def steps(monkeypatch):
    """Every (first, last) that a stack trains."""
    found, train = [], stack_module.Stack._train

    def counted(self, models, first, last):
        found.append((first, last))
        return train(self, models, first, last)

    monkeypatch.setattr(stack_module.Stack, "_train", counted)
    return found


@pytest.fixture
def run(tmp_path):
    def call(text, out="out", **options):
        (tmp_path / "risk.dd").write_text(text)
        return pipeline.run(str(tmp_path / "risk.dd"), tmp_path / out, local=True, **options)

    return call


def planned(tmp_path, text):
    (tmp_path / "risk.dd").write_text(text)
    (outlook,) = pipeline.plan(pipeline.load(str(tmp_path / "risk.dd")), tmp_path / "out")
    return outlook, describe(outlook, 1)


def files(tmp_path):
    folder = Folder(folder_in(tmp_path / "out"))
    return [*folder.running()], [*folder.kept()]


def same(one, other):
    for name in one.datasets["risk"].data_vars:
        if name != "seconds":
            here, there = (o.datasets["risk"][name].values for o in (one, other))
            assert np.array_equal(here, there, equal_nan=here.dtype.kind == "f"), name
    return True


def test_after_kill_9_the_run_goes_on_where_it_was(run, tmp_path, steps):
    text = spec(length=12_000)
    (tmp_path / "risk.dd").write_text(text)
    words = ["run", "risk.dd", "--out", "out", "--local", "--checkpoint-every", "0.01"]
    command = [sys.executable, "-m", "ddspec", *words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 120
        while not files(tmp_path)[0] and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        process.kill()
    running, _ = files(tmp_path)
    begun = {file.name: read_head(file).step for file in running}
    assert 0 < max(begun.values()) < 24_000
    outlook, words = planned(tmp_path, text)
    assert f"{len(begun)} cell" in words.partition("continue")[2]
    assert {each.step for each in outlook.begun.values()} == set(begun.values())
    resumed = run(text)
    assert min(first for first, _ in steps) == min([*begun.values(), *[0] * (len(begun) < 4)])
    assert files(tmp_path) == ([], [])
    assert same(resumed, run(text, "straight"))


def test_finished_cells_leave_no_checkpoint_unless_they_are_kept(run, tmp_path):
    run(spec(), checkpoint_every=1e-9)
    assert files(tmp_path) == ([], [])
    run(spec(), "kept", keep_checkpoints=True)
    assert len([*Folder(folder_in(tmp_path / "kept")).kept()]) == 4


def test_more_epochs_continue_from_what_was_kept(run, tmp_path, steps):
    run(spec(), keep_checkpoints=True)
    outlook, words = planned(tmp_path, spec(100))
    assert "4 cells from checkpoints, at epoch 60: 60% of their training is done" in words
    assert outlook.as_json()["begun"] == [{"step": 120, "total": 200, "epoch": 2}] * 4
    steps.clear()
    longer = run(spec(100))
    assert {first for first, _ in steps} >= {120}
    assert min(first for first, _ in steps) == 120
    assert same(longer, run(spec(100), "straight"))


def test_more_epochs_of_a_schedule_that_looks_ahead_begin_anew(run, tmp_path, steps):
    run(spec(lr="cosine(0.01)"), keep_checkpoints=True)
    outlook, words = planned(tmp_path, spec(100, lr="cosine(0.01)"))
    assert not outlook.begun
    assert "continue" not in words.partition("Nothing")[0]


def test_a_further_measure_is_read_from_what_was_kept_without_a_step(run, tmp_path, steps):
    run(spec(), keep_checkpoints=True)
    more = spec(**{"weight_norm()": "weight_norm()\n  moved: distance_to_init()"})
    assert "4 cells to be read at the end, not trained" in planned(tmp_path, more)[1]
    steps.clear()
    found = run(more)
    assert not steps
    assert len(files(tmp_path)[1]) == 4  # for the next one
    assert same(found, run(more, "straight"))


def test_a_damaged_checkpoint_is_said_and_its_cell_trains_from_the_start(run, tmp_path, steps):
    run(spec(), keep_checkpoints=True)
    for file in files(tmp_path)[1]:
        os.truncate(file, 100)
    said = []
    steps.clear()
    longer = run(spec(100), on_event=lambda event: said.append(getattr(event, "text", "")))
    assert min(first for first, _ in steps) == 0
    assert len([text for text in said if "it is damaged" in text]) == 4
    assert same(longer, run(spec(100), "straight"))


def stored(tmp_path):
    """A checkpoint of a cell in training that has been trained, as a run leaves that dies then."""
    (file, *_) = files(tmp_path)[1]
    cell = file.name.partition(".")[2]
    place = folder_in(tmp_path / "out") / "running" / cell[:2] / cell
    place.parent.mkdir(parents=True)
    place.write_bytes(file.read_bytes())
    return place


def test_what_is_left_of_cells_that_are_stored_is_swept_away(run, tmp_path):
    run(spec(), keep_checkpoints=True)
    place = stored(tmp_path)
    run(spec())
    assert not place.exists()
    assert len(files(tmp_path)[1]) == 4


def test_cells_of_one_stack_are_grouped_by_the_step_they_begin_at(run, tmp_path):
    run(spec(), keep_checkpoints=True)
    files(tmp_path)[1][0].unlink()
    outlook, _ = planned(tmp_path, spec(100))
    with open_store(tmp_path / "out", readonly=True) as store:
        groups = groups_of([outlook], store)
    assert len(outlook.begun) == 3
    assert sorted(len(group) for group in groups) == [1, 1, 2]
    assert outlook.seconds == pytest.approx(outlook.work.sum())
    begun = set(outlook.begun)
    ratios = outlook.work[[n in begun for n in range(4)]] / outlook.work.max()
    assert np.all(ratios < 0.5)


def test_checkpoints_of_cells_not_asked_for_are_deleted_by_gc_only(run, tmp_path):
    run(spec(), keep_checkpoints=True)
    run(spec(100))
    assert len(files(tmp_path)[1]) == 4
    listed = CliRunner().invoke(ddspec, ["gc", str(tmp_path / "out")])
    assert "4 checkpoints" in listed.output
    assert len(files(tmp_path)[1]) == 4
    CliRunner().invoke(ddspec, ["gc", str(tmp_path / "out"), "--delete"])
    assert not files(tmp_path)[1]
