"""A run told to others while it goes on: `progress.json`, and a line for every batch in `logs/`."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import attrs

from ddspec.execution.advance import Advance
from ddspec.execution.events import Event, Finished, Noted, Retried, Started
from ddspec.execution.progress import Progress, Worked

NAME: Final = "progress.json"
LOGS: Final = "logs"
BEAT: Final = 2.0  # seconds between two beats
SILENT: Final = 30.0  # a run that has not beaten for so long is not there any more
RUNNING: Final = "running"


@attrs.frozen
class Pulse:
    """What `progress.json` says: a run's progress, who runs it, and how it ended.

    state: `running`, `finished`, `stopped` (on request) or `broken` (by an error). beat: seconds of
    the clock of this machine when it was written; began, refreshed: times in UTC, ISO 8601, of the
    beginning and of the last replacement of the datasets. message: how it ended, in words.
    """

    progress: Progress
    state: str
    host: str
    pid: int
    began: str
    beat: float
    refreshed: str = ""
    message: str = ""
    log: str = ""

    @property
    def alive(self) -> bool:
        """True while somebody writes it: it beat lately and, on this machine, its process lives."""
        if self.state != RUNNING:
            return False
        if self.host == platform.node() and not _lives(self.pid):
            return False
        return abs(time.time() - self.beat) < SILENT


class Heart:
    """Writes down how far a run is: at once when something changes, then every few seconds."""

    def __init__(self, folder: Path, advance: Advance) -> None:
        began = _now()
        self._path = folder / NAME
        self._advance = advance
        self._log = _log(folder, began)
        log = "" if self._log is None else f"{LOGS}/{Path(self._log.name).name}"
        self._pulse = Pulse(
            advance.progress(time.monotonic()),
            RUNNING,
            platform.node(),
            os.getpid(),
            began,
            time.time(),
            log=log,
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def see(self, event: Event) -> None:
        """Note an event: a line in the log of batches."""
        self._update()
        if self._log is not None and not isinstance(event, Started):
            with suppress(OSError):  # a full disk must not stop the run for its log
                self._log.write(json.dumps(line_of(event)) + "\n")
                self._log.flush()

    def refreshed(self) -> None:
        """Note that the datasets were replaced."""
        self._pulse = attrs.evolve(self._pulse, refreshed=_now())

    def end(self, state: str, message: str = "") -> None:
        """Say for good how it ended."""
        self._ended.set()
        self._thread.join()
        self._pulse = attrs.evolve(self._pulse, state=state, message=message)
        self._update()
        self._write()
        if self._log is not None:
            with suppress(OSError):
                self._log.close()

    def _update(self) -> None:
        progress = self._advance.progress(time.monotonic())
        self._pulse = attrs.evolve(self._pulse, progress=progress)

    def _beat(self) -> None:
        while True:
            self._write()
            if self._ended.wait(BEAT):
                return

    def _write(self) -> None:
        """Replace the file at once; a reader sees the old one or the new one."""
        pulse = attrs.asdict(attrs.evolve(self._pulse, beat=time.time()))
        beside = self._path.with_name(f".{NAME}.{os.getpid()}.tmp")
        with suppress(OSError):
            beside.write_text(json.dumps(pulse), encoding="utf-8")
            beside.replace(self._path)


@contextmanager
def beating(folder: Path, advance: Advance) -> Iterator[Heart]:
    """A heart for the time of a run; says at the end whether an error ended it."""
    heart = Heart(folder, advance)
    try:
        yield heart
    except (KeyboardInterrupt, SystemExit):
        heart.end("stopped", "interrupted")
        raise
    except BaseException as error:
        heart.end("broken", (str(error).splitlines() or [type(error).__name__])[0])
        raise
    heart.end("finished")


def read_pulse(folder: Path) -> Pulse | None:
    """What the last run in a folder said of itself; None when it said nothing that can be read."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        progress = found.pop("progress")
        workers = {name: Worked(**each) for name, each in progress.pop("workers").items()}
        return Pulse(Progress(workers=workers, **progress), **found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def line_of(event: Finished | Retried | Noted) -> Mapping[str, Any]:
    """What the log says of a batch: when, by whom, how long, which cells, what it printed."""
    if isinstance(event, Retried):
        return {"at": _now(), "retried": event.cells, "reason": event.reason}
    if isinstance(event, Noted):
        return {"at": _now(), "noted": event.text}
    statuses = Counter(record.status for record in event.records)
    errors = {record.error for record in event.records if record.error}
    return {
        "at": _now(),
        "by": event.by,
        "seconds": round(event.seconds, 3),
        "cells": [record.cell for record in event.records],
        "statuses": dict(statuses),
        **({"errors": sorted(errors)} if errors else {}),
        **({"printed": event.printed} if event.printed else {}),
    }


def _log(folder: Path, began: str) -> IO[str] | None:
    try:
        (folder / LOGS).mkdir(exist_ok=True)
        name = began.replace(":", "-").replace("+00-00", "")
        return (folder / LOGS / f"{name}.{os.getpid()}.jsonl").open("a", encoding="utf-8")
    except OSError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _lives(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
