"""A disk that fills at random moments: a run stops with a message, and no corrupt cell counts."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.chaos.kills import say
from tests.chaos.runs import differences, finished_twice, start, stored, write_spec

CELLS, EPOCHS = 200, 10
SIZE = "24m"


def main(fills: int, seed: int) -> int:
    """Fill a small disk so often while a grid trains on it; 1 when anything was lost."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        say("mounting a small disk needs Linux and root")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="ddspec-disk-"))
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", small], check=True)
    try:
        good = torment(folder, small, fills, random.Random(seed))
    finally:
        subprocess.run(["umount", small], check=True)
    if good:
        shutil.rmtree(folder)
    say("nothing was lost" if good else f"SOMETHING IS WRONG, see {folder}")
    return int(not good)


def torment(folder: Path, small: Path, fills: int, chance: random.Random) -> bool:
    """Run again and again while the disk fills up and is freed; whether all was well."""
    spec, truth, out = write_spec(folder, CELLS, EPOCHS), folder / "truth", small / "out"
    if start(spec, truth, "--local").wait():
        raise RuntimeError("the undisturbed run failed")
    log, codes, bad = folder / "driver.log", Counter[int](), []
    ballast = small / "ballast"
    for number in range(fills):
        before = stored(out)
        driver = start(spec, out, "--local", "--set", f"seed=0..<{aim(number, fills)}", log=log)
        time.sleep(chance.uniform(1.5, 5.0))
        fill(ballast, leave=chance.choice((0, 0, 4096, 40_000)))
        codes[driver.wait(timeout=120)] += 1
        ballast.unlink(missing_ok=True)
        if stored(out) < before:
            bad.append(f"{number}: {before} cells became {stored(out)}")
    ended = start(spec, out, "--local", log=log).wait()
    wrong = traces(log)
    twice, different = finished_twice(out), differences(out, truth)
    say(f"{fills} fills: drivers ended {dict(codes)}, the last with {ended}; {stored(out)} cells")
    say(f"lost: {bad}; trained again: {len(twice)}; differ: {different}; tracebacks: {wrong}")
    return not (ended or bad or twice or different or wrong)


def aim(number: int, fills: int) -> int:
    """How many seeds are asked for at a time: each run has something new to train."""
    return max(1, (CELLS // 10) * (number + 1) // fills)


def fill(path: Path, leave: int) -> None:
    """Take all of the disk's space but some bytes."""
    free = shutil.disk_usage(path.parent).free - leave
    try:
        with path.open("wb") as file:
            file.write(b"\0" * max(free, 0))
    except OSError:
        pass  # the run took it first


def traces(log: Path) -> int:
    """How often a driver showed a traceback."""
    return log.read_text(errors="replace").count("Traceback (most recent call last)")
