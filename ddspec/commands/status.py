"""`ddspec status`: what a run folder holds, and how far the run is that writes to it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

if TYPE_CHECKING:
    from ddspec.results.heartbeat import Pulse

REASONS = 5  # of failure named one by one
CAUSES = {
    "exception": "an error in training them",
    "oom": "out of memory",
    "killed": "their worker's process died",
    "": "not known",
}
WORKERS = 16  # shown one by one


@click.command("status")
@click.argument("folder", type=Path, metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def command(folder: Path, *, as_json: bool) -> None:
    """Count the cells that are stored in the run folder DIR, also while a run writes to it."""
    from ddspec.results.heartbeat import read_pulse
    from ddspec.results.opening import InUseError
    from ddspec.results.store import open_store
    from ddspec.upkeep import stale_in

    counts: dict[str, int] | None = None
    stale: dict[str, int] = {}
    causes: dict[str, int] = {}
    pulse = read_pulse(folder)
    try:
        with open_store(folder, readonly=True) as store:
            counts, stale, causes = store.counts(), stale_in(store), store.causes()
    except InUseError:
        if pulse is None:
            raise
    if as_json:
        click.echo(json.dumps(as_object(folder, counts, pulse, stale, causes), indent=2))
    else:
        click.echo("\n".join(lines_of(folder, counts, pulse, stale, causes)))


def lines_of(
    folder: Path,
    counts: Mapping[str, int] | None,
    pulse: Pulse | None,
    stale: Mapping[str, int],
    causes: Mapping[str, int],
) -> Iterator[str]:
    """What is stored, what of it is stale and why, why cells failed, how the last run stands, its
    workers and failures, and where files lie. counts: None where a run keeps the store to itself.
    """
    if counts is None:
        yield f"{folder}: its run keeps the store to itself; the run says:"
        counts = {}
    else:
        words = ", ".join(f"{count:,} {status}" for status, count in counts.items())
        yield f"{folder}: {sum(counts.values()):,} cells{words and ': '}{words}"
    for how, count in stale.items():
        yield f"stale    {count:,} of them: {how}"
    for cause, count in causes.items():
        yield f"failed   {count:,} of them: {CAUSES.get(cause, cause)}"
    if pulse is not None:
        yield from told(pulse)
    for kind, files in files_of(folder).items():
        yield from (f"{kind:8} {file}" for file in files)
    if counts.get("failed"):
        yield f"failures {folder / 'failures.log'}"
    if pulse is not None and pulse.log:
        yield f"log      {folder / pulse.log}"


def told(pulse: Pulse) -> Iterator[str]:
    """How the run stands that says this of itself."""
    from ddspec.commands.display import line_of

    progress = pulse.progress
    yield f"{state_of(pulse)}  {line_of(progress)}"
    if pulse.alive:
        for name, each in sorted(progress.workers.items())[:WORKERS]:
            share = min(each.seconds / max(progress.seconds, 1e-9), 1.0)
            yield f"  worker {name}: {each.cells:,} cells, {share:.0%} busy"
        if (more := len(progress.workers) - WORKERS) > 0:
            yield f"  and {more} other workers"
    for reason, count in sorted(progress.causes.items(), key=lambda each: -each[1])[:REASONS]:
        yield f"  failed {count:,} x {reason}"


def state_of(pulse: Pulse) -> str:
    """`running (pid 4711 on node-3)`, `finished`, `broken: the disk is full`, ..."""
    where = f"pid {pulse.pid} on {pulse.host}"
    if pulse.alive:
        return f"running ({where}, since {pulse.began})"
    if pulse.state == "running":
        return f"gone without a word ({where}, last heard of {_ago(pulse)} ago)"
    return f"{pulse.state}: {pulse.message}" if pulse.message else pulse.state


def as_object(
    folder: Path,
    counts: Mapping[str, int] | None,
    pulse: Pulse | None,
    stale: Mapping[str, int],
    causes: Mapping[str, int],
) -> dict[str, Any]:
    """The same under stable names; `run` is null where no run told anything, `cells` where a run
    keeps the store to itself.
    """
    run = None
    if pulse is not None:
        pace, busy = pulse.progress.pace, pulse.progress.busy
        run = {**attrs.asdict(pulse), "alive": pulse.alive, "cells_per_second": pace, "busy": busy}
    files = {kind: [str(file) for file in found] for kind, found in files_of(folder).items()}
    cells = None if counts is None else dict(counts)
    found = {"cells": cells, "stale": dict(stale), "failed": dict(causes)}
    return {"folder": str(folder), **found, "run": run, "files": files}


def files_of(folder: Path) -> dict[str, list[Path]]:
    """The datasets and figures of a run folder."""
    suffixes = {"dataset": "*.nc", "figure": "*.png"}
    return {kind: sorted(folder.glob(pattern)) for kind, pattern in suffixes.items()}


def _ago(pulse: Pulse) -> str:
    from ddspec.plan.duration import duration_text

    return duration_text(abs(time.time() - pulse.beat))
