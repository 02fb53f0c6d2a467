"""Nodes and whole clusters that die under a run, by kill -9 of their processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ddspec.execution import ray_session
from ddspec.execution.events import Finished, Retried, Started
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.execution.ray_session import ClusterLostError, Pulse, quiet_ray
from ddspec.results.store import open_store
from tests.execution import faulty
from tests.execution.batches import cells, finished, read, split

ROOT = Path(__file__).parent.parent.parent


def until(true, seconds=90):
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.1)
    assert found
    return found


@pytest.fixture
def third_node(cluster):
    """A node that joins the cluster of two for one test."""
    ray = quiet_ray()
    node = cluster.add_node(num_cpus=1)
    until(lambda: ray.cluster_resources()["CPU"] == 3)
    yield node
    cluster.remove_node(node)
    until(lambda: sum(each["Alive"] for each in ray.nodes()) == 2)


def parent(pid):
    """The process that has started a process of this machine."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux's /proc")
@pytest.mark.slow
def test_a_node_that_is_lost_costs_nothing(third_node, tmp_path):
    """The batch that its worker had is trained by another."""
    (raylet,) = (each.process.pid for each in third_node.all_processes["raylet"])
    lost, killed, events = tmp_path / "lost", False, []

    def slow(batch, pools, device, **more):
        time.sleep(0.0 if lost.exists() else 0.2)
        return tuple(map(read, batch.cells))

    for event in execute(split(cells(300), 1), Options(retries=0), fit=slow):
        events.append(event)
        if isinstance(event, Retried):
            lost.touch()
        elif isinstance(event, Finished) and not killed:
            worker = int(event.by.rpartition(":")[2])
            if killed := parent(worker) == raylet:
                os.kill(raylet, signal.SIGKILL)
    records = finished(events)
    assert killed
    assert events[0] == Started(3, "3 nodes")
    assert {cell.id for cell in cells(300)} == set(records)
    assert {record.status for record in records.values()} == {"done"}
    assert [event.cells for event in events if isinstance(event, Retried)] == [1]


def children(pid, name):
    """The processes that a process has started, of that name."""
    found = subprocess.run(
        ["pgrep", "-P", str(pid), "-f", name], capture_output=True, text=True, check=False
    )
    return [int(each) for each in found.stdout.split()]


def stored(folder):
    try:
        with open_store(folder, readonly=True) as store:
            return len(store)
    except Exception:  # noqa: BLE001 - it is not there yet
        return 0


@pytest.fixture
def begin(tmp_path):
    """Start `ddspec run` on Ray, on a grid of slow cells, in a session of its own."""
    (tmp_path / "grid.dd").write_text(faulty.SPEC)
    started = []

    def start(*words):
        command = [sys.executable, "-m", "tests.execution.faulty", "run", "grid.dd", "--out", "out"]
        process = subprocess.Popen(
            [*command, *words],
            cwd=tmp_path,
            env=os.environ | {"FAULT": "slow=0.5 size=1", "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        until(lambda: stored(tmp_path / "out") >= 1)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs Linux's /proc")
@pytest.mark.slow
def test_a_cluster_of_ours_that_dies_is_replaced_and_sigterm_ends_the_run_on_it(begin, tmp_path):
    process = begin("--workers", "1", "--grace", "30")
    before = stored(tmp_path / "out")
    (raylet,) = children(process.pid, "raylet/raylet")
    os.kill(raylet, signal.SIGKILL)
    kept = until(lambda: (now := stored(tmp_path / "out")) > before + 2 and now)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert "the Ray cluster on this machine died (raylet): starting another" in err
    assert "SIGTERM: no cells are begun any more" in err
    assert kept <= stored(tmp_path / "out") <= kept + 3 < faulty.CELLS
    assert f"stopped: {stored(tmp_path / 'out')} of 12 cells are kept in out" in err
    assert (tmp_path / "out" / "grid.nc").exists()
    assert "Traceback" not in err
    assert "Raylet" not in err


@pytest.fixture
def pulse(monkeypatch):
    """A look at a cluster that another started, whose parts may be made to die."""
    node = {"NodeID": "here", "Alive": True}
    state = SimpleNamespace(answers=True, node=node)
    context = SimpleNamespace(gcs_address="10.0.0.1:6379", get_node_id=lambda: "here")
    ray = SimpleNamespace(
        nodes=lambda: [node],
        get_runtime_context=lambda: context,
        util=SimpleNamespace(
            client=SimpleNamespace(ray=SimpleNamespace(is_connected=lambda: False))
        ),
    )
    monkeypatch.setattr(ray_session, "_answers", lambda address: state.answers)
    monkeypatch.setattr(ray_session, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(ray_session, "SILENT_SECONDS", 0.0)
    return Pulse(ray), state


def test_a_head_node_that_is_silent_three_times_is_lost(pulse):
    look, state = pulse
    look.check()
    state.answers = False
    look.check()
    look.check()
    with pytest.raises(ClusterLostError, match=r"at 10\.0\.0\.1:6379 does not answer"):
        look.check()


def test_a_head_node_that_answers_again_is_not(pulse):
    look, state = pulse
    for answers in (False, False, True, False, False, True):
        state.answers = answers
        look.check()


def test_a_worker_that_dies_with_the_head_node_waits_to_see_which_it_was(pulse):
    look, state = pulse
    look.confirm()
    state.answers = False
    with pytest.raises(ClusterLostError):
        look.confirm()


def test_the_node_of_this_machine_may_be_what_died(pulse):
    look, state = pulse
    state.node["Alive"] = False
    with pytest.raises(ClusterLostError, match="node on this machine died"):
        look.check()
