"""`ddspec status` and `ddspec watch`, beside a run in another process and after it."""

import json
import os
import platform
import signal
import subprocess
import sys
import time

import attrs
import pytest

from ddspec.execution.progress import Progress, Worked
from ddspec.results.heartbeat import NAME, RUNNING, SILENT, Pulse, read_pulse

SLOW = """
import sys, time
from functools import partial
from ddspec import pipeline
from ddspec.execution import execute as module

real, train = module.execute, module.train

def slow(batch, pools, device, **how):
    time.sleep(1)
    if sys.argv[2] == "poisoned":
        raise ValueError("poisoned")
    return train(batch, pools, device, **how)

module.execute = partial(real, fit=slow)
pipeline.run(sys.argv[1], "out", local=True, retries=0)
"""


def written(folder, **changes):
    """The pulse of a run of this process, as a run would write it."""
    progress = Progress(cells=10, done=4, statuses={"done": 3, "failed": 1}, seconds=8.0, left=12.0,
                        causes={"ValueError: poisoned": 1}, share=0.4,
                        workers={"node-3:4711": Worked(4, 7.2)})  # fmt: skip
    pulse = Pulse(progress, RUNNING, platform.node(), os.getpid(), "2026-01-01T00:00", time.time())
    pulse = attrs.evolve(pulse, **changes)
    (folder / NAME).write_text(json.dumps(attrs.asdict(pulse)))
    return pulse


def start(folder, mode="fine"):
    (folder / "slow.py").write_text(SLOW)
    return subprocess.Popen([sys.executable, "slow.py", "tiny.dd", mode], cwd=folder)


def until(there, seconds=30):
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def test_a_run_is_followed_to_its_end(call, folder):
    process = start(folder)
    until(lambda: read_pulse(folder / "out"))
    result = call("watch", "out", "--interval", "0.2")
    assert result.exit_code == 0
    first, *_, last = result.stdout.splitlines()
    assert first.startswith(f"running (pid {process.pid} on {platform.node()}")
    assert last.startswith("finished  9/9 cells")
    assert process.wait() == 0
    (log,) = (folder / "out" / "logs").iterdir()
    batches = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(len(batch["cells"]) for batch in batches) == 9
    assert all(batch["by"] and batch["seconds"] > 0.3 for batch in batches)
    told = json.loads(call("status", "out", "--json").stdout)
    assert told["cells"] == {"done": 9}
    assert told["run"]["state"] == "finished"
    assert told["run"]["refreshed"]
    assert [os.path.basename(file) for file in told["files"]["dataset"]]  # noqa: PTH119


def test_a_run_with_failed_cells_ends_in_1_and_says_why(call, folder):
    process = start(folder, "poisoned")
    until(lambda: read_pulse(folder / "out"))
    result = call("watch", "out", "--interval", "0.2")
    process.wait()
    assert result.exit_code == 1
    assert "failed 9 x ValueError: poisoned" in result.stdout
    assert "failed   9 of them: an error in training them" in call("status", "out").stdout
    assert json.loads(call("status", "out", "--json").stdout)["failed"] == {"exception": 9}


def test_a_run_that_was_killed_is_gone_without_a_word(call, folder):
    process = start(folder)
    until(lambda: read_pulse(folder / "out"))
    process.send_signal(signal.SIGKILL)
    process.wait()
    result = call("watch", "out")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"gone without a word (pid {process.pid}")


def test_patience_ends_in_2(call, folder):
    written(folder)
    result = call("watch", ".", "--timeout", "0.3", "--interval", "0.1")
    assert result.exit_code == 2
    assert result.stdout.startswith("running (pid")
    assert "4/10 cells  0.5 cells/s  about 12 s left  1 failed" in result.stdout
    assert "not ended within 0.3 s" in result.stderr


def test_where_nobody_runs_there_is_nothing_to_watch(call, monkeypatch):
    monkeypatch.setattr("ddspec.commands.watch.FIRST_SIGN", -1.0)
    result = call("watch", "nowhere")
    assert result.exit_code == 1
    assert "no run has begun in nowhere" in result.stderr


@pytest.mark.parametrize(
    ("changes", "alive"),
    [
        ({}, True),
        ({"pid": 2**22 + 1}, False),  # no such process
        ({"host": "another"}, True),
        ({"host": "another", "beat": 0.0}, False),
        ({"beat": 0.0}, False),  # another process has the number by now
        ({"state": "finished"}, False),
    ],
)
def test_a_run_is_alive_while_it_beats(tmp_path, changes, alive):
    written(tmp_path, **changes)
    assert read_pulse(tmp_path).alive is alive
    assert SILENT > 10


def test_status_shows_workers_causes_and_the_log(call, folder):
    call("run", "tiny.dd", "--out", "out", "--local")
    written(folder / "out", log="logs/x.jsonl")
    shown = call("status", "out").stdout
    assert "  worker node-3:4711: 4 cells, 90% busy" in shown
    assert "  failed 1 x ValueError: poisoned" in shown
    assert "log      out/logs/x.jsonl" in shown


@pytest.mark.parametrize("text", ["", "{", "[]", '{"progress": 3}', '{"progress": {"workers": 1}}'])
def test_a_damaged_pulse_is_none(call, folder, text):
    call("run", "tiny.dd", "--out", "out", "--local")
    (folder / "out" / NAME).write_text(text)
    assert read_pulse(folder / "out") is None
    assert call("status", "out").exit_code == 0
