"""`ddspec plan`, `ddspec run` and `ddspec status`."""

import json
from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.execution.events import Finished, Retried, Started
from ddspec.results.failures import Failure
from tests.commands.test_advance import TRACEBACK, record


@pytest.fixture
def outlooks(folder):
    return pipeline.plan(pipeline.load("tiny.dd"))


def outcome(folder, **changes):
    parts = {
        "folder": folder,
        "datasets": {},
        "files": {"tiny": folder / "tiny.nc"},
        "figures": {"tiny": folder / "tiny.png"},
        "findings": {"tiny": ("peak: n with the largest test_loss", "  value: 40")},
        "counts": {"done": 9, "failed": 0},
        "failures": {},
        "trained": 9,
    }
    return pipeline.Outcome(**parts | changes)


def failure(letter, cause="exception"):
    return Failure(letter * 64, "tiny: n = 4, seed = 0", "seed 0", cause, TRACEBACK)


@pytest.fixture
def pretend(monkeypatch, outlooks):
    """Replace the pipeline's run: `records` finish, then `end` is returned or raised."""

    def set_up(records=(), end=None):
        seen = {}

        def run(path, out, *, on_outlook, on_event, advance, **options):
            seen.update(options, path=path, out=out)
            advance.begin(outlooks)
            on_outlook(outlooks)
            lost = Retried(3, "OSError: gone")
            for event in (Started(2, "this machine"), lost, Finished(tuple(records))):
                advance.see(event)
                on_event(event)
            if isinstance(end, BaseException):
                raise end
            return end or outcome(Path(out))

        monkeypatch.setattr(pipeline, "run", run)
        return seen

    return set_up


# --- plan ------------------------------------------------------------------------------------


def test_plan_says_what_would_train_and_how_to_start_it(call):
    result = call("plan", "tiny.dd", "--set", "seed=0..<5")
    assert result.exit_code == 0
    assert "tiny: 15 cells = n 3 x seed 5" in result.stdout
    assert "ddspec run tiny.dd --set 'seed=0..<5'" in result.stdout


def test_plan_makes_no_folder(call, folder):
    call("plan", "tiny.dd")
    assert not (folder / "runs").exists()


def test_plan_as_json_is_one_document(call):
    result = call("plan", "tiny.dd", "--json")
    (tiny,) = json.loads(result.stdout)["experiments"]
    assert (tiny["experiment"], tiny["cells"], tiny["new"]) == ("tiny", 9, 9)


@pytest.mark.parametrize("name", ["plan", "run"])
def test_a_wrong_spec_is_told_on_stderr_and_goes_no_further(call, folder, name):
    result = call(name, "wrong.dd")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "unknown dataset `linear_gausian`" in result.stderr
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("name", ["plan", "run"])
def test_an_unknown_experiment_is_a_mistake(call, name):
    result = call(name, "tiny.dd", "--experiment", "huge")
    assert result.exit_code == 1
    assert "error: tiny.dd has no experiment `huge`" in result.stderr


# --- run -------------------------------------------------------------------------------------


def test_run_hands_every_option_on(call, pretend):
    seen = pretend()
    options = "--out there --data d --address auto --workers 3 --experiment e --local --retries 4"
    failing = "--on-error stop-after=3 --retry oom,diverged --retry killed --grace 5 --patience 60"
    words = (*options.split(), *failing.split(), "--step", "eager", "--set", "seed=0")
    call("run", "tiny.dd", *words)
    machine = {"address": "auto", "workers": 3, "local": True, "retries": 4, "step": "eager"}
    files = {"path": "tiny.dd", "out": Path("there"), "data": Path("d")}
    failures = {
        "most_failures": 3,
        "retry": ("oom", "diverged", "killed"),
        "grace": 5,
        "patience": 60,
    }
    given = {name: value for name, value in seen.items() if value is not None}
    whole = machine | files | failures | {"experiment": "e", "overrides": {"seed": "0"}}
    assert given == whole


@pytest.mark.parametrize(
    ("words", "most"), [("continue", None), ("stop", 1), ("stop-after 7", 7), ("stop-after:7", 7)]
)
def test_so_many_failures_end_the_run(call, pretend, words, most):
    seen = pretend()
    call("run", "tiny.dd", "--on-error", words)
    assert seen["most_failures"] == most


@pytest.mark.parametrize(
    "words", [("--on-error", "halt"), ("--on-error", "stop-after=0"), ("--retry", "failed,some")]
)
def test_what_failures_do_is_one_of_a_few(call, words):
    assert call("run", "tiny.dd", *words).exit_code == 2


def test_nothing_is_said_of_retries_that_nobody_asks_for(call, pretend):
    seen = pretend()
    call("run", "tiny.dd")
    assert seen.get("retry") is None


def test_the_environment_names_the_data(call, pretend, monkeypatch):
    seen = pretend()
    monkeypatch.setenv("DDSPEC_DATA", "elsewhere")
    call("run", "tiny.dd")
    assert (seen["data"], seen["out"]) == (Path("elsewhere"), Path("runs/tiny"))


def test_run_tells_the_findings_of_its_reports(call, pretend):
    pretend()
    assert "peak: n with the largest test_loss\n  value: 40\n" in call("run", "tiny.dd").stdout


def test_run_says_where_dataset_and_figure_are(call, pretend):
    pretend()
    result = call("run", "tiny.dd")
    assert result.exit_code == 0
    assert "9 cells: 9 done (9 trained now)" in result.stdout
    assert "dataset  runs/tiny/tiny.nc\nfigure   runs/tiny/tiny.png\n" in result.stdout
    assert 'ddspec.open("runs/tiny")' in result.stdout


def test_failed_cells_are_grouped_and_exit_with_1(call, pretend, folder):
    end = outcome(
        Path("runs/tiny"),
        counts={"done": 7, "failed": 2},
        failures={"a" * 64: failure("a"), "b" * 64: failure("b", "oom")},
    )
    pretend([record("a", "failed", TRACEBACK)], end)
    result = call("run", "tiny.dd")
    assert result.exit_code == 1
    assert "9 cells: 7 done, 2 failed" in result.stdout
    assert "failed 2 x ValueError: width 3 is poisoned" in result.stdout
    assert "  aaaaaaaaaaaa  exception  tiny: n = 4, seed = 0  (seed 0)\n" in result.stdout
    assert "bbbbbbbbbbbb  oom" in result.stdout
    assert "out of memory: train fewer at once (--workers)" in result.stdout
    assert "one alone: ddspec repro aaaaaaaaaaaa runs/tiny\n" in result.stdout
    assert "runs/tiny/failures.log" in result.stdout
    assert result.stderr.count("failed: ValueError") == 1


def test_a_run_tells_its_workers_and_retries(call, pretend):
    pretend()
    assert call("run", "tiny.dd").stderr.splitlines()[1:3] == [
        "2 workers: this machine",
        "trying 3 cells again: OSError: gone",
    ]


def test_an_interrupted_run_says_what_is_kept_and_how_to_go_on(call, pretend, outlooks):
    ids = outlooks[0].plan.ids
    pretend([record(ids[0]), record(ids[1])], KeyboardInterrupt())
    result = call("run", "tiny.dd", "--set", "seed=0..<3")
    assert result.exit_code == 130
    assert "2 of 9 cells are kept in runs/tiny" in result.stderr
    assert "continue with: ddspec run tiny.dd --set 'seed=0..<3'\n" in result.stderr


def test_a_run_interrupted_at_once_promises_nothing(call, monkeypatch):
    def run(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", run)
    result = call("run", "tiny.dd")
    assert result.exit_code == 130
    assert result.stderr == "stopped: nothing was begun\ncontinue with: ddspec run tiny.dd\n"


@pytest.mark.parametrize("code", [143, 129])
def test_a_terminated_run_says_so_by_its_code(call, pretend, outlooks, code):
    pretend([record(outlooks[0].plan.ids[0])], SystemExit(code))
    result = call("run", "tiny.dd")
    assert result.exit_code == code
    assert "1 of 9 cells are kept in runs/tiny\ncontinue with: ddspec run tiny.dd" in result.stderr


def test_a_run_that_failures_ended_says_how_to_go_on(call, pretend, folder):
    pretend(end=outcome(Path("runs/tiny"), ended="3 cells failed"))
    result = call("run", "tiny.dd")
    assert result.exit_code == 1
    assert "stopped: 3 cells failed (--on-error)\ncontinue with: ddspec run" in result.stderr


def test_an_interrupted_plan_is_no_defect(call, monkeypatch):
    def plan(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "plan", plan)
    result = call("plan", "tiny.dd")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_bad_options_are_wrong_usage(call):
    assert call("run", "tiny.dd", "--workers", "0").exit_code == 2
    assert call("run", "tiny.dd", "--retries", "-1").exit_code == 2
    assert call("run").exit_code == 2


def test_a_run_leaves_its_files_and_running_again_trains_nothing(call, folder):
    first = call("run", "tiny.dd", "--local")
    assert first.exit_code == 0, first.stderr
    assert "9 cells: 9 done (9 trained now)" in first.stdout
    assert {"tiny.nc", "tiny.png", "spec.dd"} <= {f.name for f in (folder / "runs/tiny").iterdir()}
    again = call("run", "tiny.dd", "--local")
    assert "9 cells: 9 done (0 trained now)" in again.stdout
    assert "nothing to train" in call("plan", "tiny.dd").stdout


# --- status ----------------------------------------------------------------------------------


def test_status_counts_cells(call):
    call("run", "tiny.dd", "--local")
    result = call("status", "runs/tiny")
    assert result.exit_code == 0
    assert "9 done" in result.stdout


def test_status_of_no_run_is_a_mistake(call, folder):
    result = call("status", "nowhere")
    assert result.exit_code == 1
    assert "error: " in result.stderr
