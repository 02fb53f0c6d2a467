"""kill -9 of workers, raylets and drivers, at random, until a grid is finished all the same."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ddspec.execution.ray_session import quiet_ray
from tests.chaos.runs import differences, finished_twice, start, stored, write_spec

EPOCHS = 2000
PAUSE = 5.0  # seconds between two kills, on average
CHECKPOINT = "3"  # seconds: some batches take longer than anything here lives
WEIGHTS = {"actor": 6, "worker": 1, "raylet": 2, "driver": 2}


class Victims:
    """A cluster of three nodes and a driver that is started again whenever it is gone."""

    def __init__(self, folder: Path, spec: Path) -> None:
        quiet_ray()
        from ray.cluster_utils import Cluster

        self.out, self.spec, self.log = folder / "out", spec, folder / "driver.log"
        head = {"num_cpus": 1, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.nodes = [self.cluster.add_node(num_cpus=1) for _ in range(2)]
        self.starts, self.ends = 0, Counter[int]()
        self.driver = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        words = "--address", self.cluster.address, "--checkpoint-every", CHECKPOINT
        return start(self.spec, self.out, *words, log=self.log)

    def mend(self) -> bool:
        """Start what is gone; False when the driver has ended well and there is nothing to do."""
        for place, node in enumerate(self.nodes):
            if not alive(raylet(node)):
                self.cluster.remove_node(node, allow_graceful=False)
                self.nodes[place] = self.cluster.add_node(num_cpus=1)
        code = self.driver.poll()
        if code is None:
            return True
        self.ends[code] += 1
        if code == 0:
            return False
        self.driver = self._start()
        return True

    def kill(self, what: str, chance: random.Random) -> bool:
        """Kill one of that kind; False when there is none just now."""
        if what == "driver":
            pids = [self.driver.pid] if self.driver.poll() is None else []
        elif what == "raylet":  # not the head's: with it goes the cluster
            pids = [raylet(node) for node in self.nodes]
        else:
            parents = {raylet(node) for node in (self.cluster.head_node, *self.nodes)}
            pids = [pid for pid in children(parents) if title(pid).startswith("ray::")]
            pids = [pid for pid in pids if ("Actor" in title(pid)) == (what == "actor")]
        pids = [pid for pid in pids if alive(pid)]
        if not pids:
            return False
        os.kill(chance.choice(pids), signal.SIGKILL)
        return True

    def close(self) -> None:
        """End everything."""
        if self.driver.poll() is None:
            self.driver.kill()
        self.driver.wait()
        self.cluster.shutdown()  # type: ignore[no-untyped-call]  # Ray says nothing of its types


def main(kills: int, cells: int, seed: int) -> int:
    """Kill so often during one grid of so many cells; 1 when anything was lost."""
    folder = Path(tempfile.mkdtemp(prefix="ddspec-chaos-"))
    spec = write_spec(folder, cells, EPOCHS)
    truth = folder / "truth"
    if start(spec, truth, "--local").wait():
        raise RuntimeError("the undisturbed run failed")
    say(f"undisturbed: {stored(truth)} cells")
    began = time.monotonic()
    victims = Victims(folder, spec)
    try:
        done = torment(victims, kills, cells, random.Random(seed))
    finally:
        victims.close()
    took = time.monotonic() - began
    twice, different = finished_twice(victims.out), differences(victims.out, truth)
    there = stored(victims.out)
    say(f"killed {dict(done)} in {took:.0f} s; {victims.starts} drivers, ended {victims.ends}")
    say(f"{there} of {cells} cells; trained again: {len(twice)}; variables that differ {different}")
    good = there == cells and not twice and not different and done.total() == kills
    if done.total() < kills:
        say("it finished before there were so many kills: ask for more cells")
    say("nothing was lost" if good else f"SOMETHING IS WRONG, see {folder}")
    if good:
        shutil.rmtree(folder)
    return int(not good)


def torment(victims: Victims, kills: int, cells: int, chance: random.Random) -> Counter[str]:
    """Kill now and then, until there were so many kills; then let it finish."""
    done: Counter[str] = Counter()
    due = time.monotonic()
    while victims.mend():
        if done.total() < kills and time.monotonic() > due:
            what = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if victims.kill(what, chance):
                done[what] += 1
                due = time.monotonic() + chance.expovariate(1 / PAUSE)
                say(f"{stored(victims.out)}/{cells} cells: killed {what} ({done.total()})")
        time.sleep(0.1)
    return done


def raylet(node: Any) -> int:
    """The process of a node's raylet."""
    return int(node.all_processes["raylet"][0].process.pid)


def alive(pid: int) -> bool:
    """Whether a process lives and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(parents: set[int]) -> list[int]:
    """The processes that some processes have started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent in parents:
            found.append(int(folder.name))
    return found


def title(pid: int) -> str:
    """What a process calls itself."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
