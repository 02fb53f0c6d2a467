"""Cells that fail for real: exceptions, memory, divergence; what is recorded, retried and told."""

import ast
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ddspec import pipeline
from ddspec.execution.worker import cause_of
from ddspec.plan.retrying import CHOICES
from ddspec.results.store import open_store
from tests.execution import faulty

DIVERGING = """dd 1
experiment steep {
  dataset:      linear_gaussian(features: 4, samples: 8, noise_std: 0.5, test: 5)
  architecture: linear()
  train:        gradient_descent(loss: mse, batch: 8, optimizer: sgd(lr: rate), for: 40 epochs)
  sweep {
    rate in {0.01, 1000}
    seed in 0..<2
  }
}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a spec here, its cells misbehaving."""

    def go(fault="", spec=faulty.SPEC, **options):
        (tmp_path / "grid.dd").write_text(spec)
        with monkeypatch.context() as patch:
            faulty.install(fault, patch.setattr)
            return pipeline.run(
                str(tmp_path / "grid.dd"), tmp_path / "out", **{"local": True, **options}
            )

    return go


def causes(outcome):
    return sorted((each.settings, each.cause) for each in outcome.failures.values())


def test_two_poison_cells_of_one_batch_are_both_found(run, tmp_path):
    outcome = run("size=12 raise=4")
    assert causes(outcome) == [(f"grid: n = 4, seed = {s}", "exception") for s in (0, 1)]
    assert outcome.counts == {"done": 10, "failed": 2, "missing": 0}
    with open_store(tmp_path / "out", readonly=True) as store:
        assert store.causes() == {"exception": 2}


def test_a_cell_that_torch_has_no_memory_for_is_recorded_as_such(run):
    outcome = run("size=12 oom=6", retries=0)
    assert {cause for _, cause in causes(outcome)} == {"oom"}
    assert outcome.counts["failed"] == 2
    (error, _) = [each.error for each in outcome.failures.values()]
    assert "can't allocate memory" in error


def test_a_batch_that_a_card_has_no_memory_for_is_halved(run):
    assert run("size=12 card=3").counts["done"] == faulty.CELLS


def test_a_cell_that_a_card_has_no_memory_for_alone_is_recorded_as_such(run):
    outcome = run("size=2 card=0", retries=0)
    assert {cause for _, cause in causes(outcome)} == {"oom"}
    assert outcome.counts["failed"] == faulty.CELLS


@pytest.mark.slow
def test_memory_that_the_system_refuses_fails_the_cell_and_not_the_run(tmp_path):
    """The limit that ulimit and batch systems set: numpy and torch are refused for real."""
    (tmp_path / "grid.dd").write_text(LARGE)
    code = f"import resource, sys; import torch, numpy; from tests.execution import faulty;{LIMIT}"
    words = ["run", "grid.dd", "--local", "--retries", "0", "--out", "out"]
    root = str(Path(__file__).parent.parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "2 cells: 1 done, 1 failed" in done.stdout
    assert "oom        large: n = 20000" in done.stdout
    assert "out of memory: train fewer at once (--workers)" in done.stdout
    assert "Traceback" not in done.stderr + done.stdout


LARGE = """dd 1
experiment large {
  dataset:      linear_gaussian(features: 20000, samples: n, noise_std: 0.5, test: 4)
  architecture: linear()
  train:        least_squares()
  sweep { n in {8, 20000} samples }
}
"""
LIMIT = """
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 700_000_000,) * 2)
faulty.ddspec(sys.argv[1:], prog_name='ddspec')
"""


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError(), "oom"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "oom"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), "oom"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] ... can't allocate memory"), "oom"),
        (OSError(12, "Cannot allocate memory"), "oom"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "exception"),
        (ValueError("out of memory is a word of a user's"), "exception"),
    ],
)
def test_memory_is_told_from_other_failures(error, cause):
    assert cause_of(error) == cause


def test_memory_that_ran_out_behind_another_error_is_known():
    error = RuntimeError("no kernel")
    error.__cause__ = MemoryError()
    assert cause_of(error) == "oom"


def test_divergence_is_a_result_and_trained_again_only_when_asked(run):
    first = run(spec=DIVERGING)
    assert first.counts == {"done": 2, "diverged": 2, "missing": 0}
    assert first.failures == {}
    assert run(spec=DIVERGING).trained == 0
    assert run(spec=DIVERGING, retry=["diverged"]).trained == 2


@pytest.mark.parametrize(
    ("retry", "again"),
    [
        (None, 4),
        (["failed"], 4),
        (["oom"], 2),
        (["exception"], 2),
        (["oom", "exception"], 4),
        (["killed"], 0),
        (["diverged"], 0),
        (["none"], 0),
    ],
)
def test_failed_cells_are_tried_again_as_asked(run, retry, again):
    run("raise=4 oom=6 size=1", retries=0)
    outcome = run(retry=retry)
    assert outcome.trained == again
    assert outcome.counts.get("failed", 0) == 4 - again
    assert len(outcome.failures) == 4 - again


def test_what_can_be_retried_is_a_closed_list(run):
    assert CHOICES == ("failed", "exception", "oom", "killed", "diverged", "none")


# --- clocks -----------------------------------------------------------------------------------

WALL = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
INFORMS = {  # what tells a reader when something was, and decides nothing about a run
    *("results/heartbeat.py", "results/provenance.py", "results/store.py", "results/verify.py"),
    "commands/status.py",
}


def test_nothing_that_a_run_decides_reads_the_clock_on_the_wall():
    package = Path(pipeline.__file__).parent
    calls = {
        str(path.relative_to(package)): {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        }
        for path in package.rglob("*.py")
    }
    assert {name for name, found in calls.items() if found & WALL} == INFORMS
    assert "time.monotonic" in calls["running.py"]


def test_a_clock_that_is_set_while_a_run_goes_on_changes_nothing(run, tmp_path, monkeypatch):
    jumps = itertools.cycle((0.0, 4e8, -4e8))
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    outcome = run("size=2")
    assert outcome.counts["done"] == faulty.CELLS
    with open_store(tmp_path / "out", readonly=True) as store:
        seconds = [each.seconds for each in store.held(store.ids()).values()]
    assert len(seconds) == faulty.CELLS
    assert all(0 <= each < 60 for each in seconds)
