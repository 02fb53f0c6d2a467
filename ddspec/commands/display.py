"""The one live display of a run: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ddspec.commands.advance import Advance
from ddspec.commands.terminal import paints

LINE_SECONDS = 15.0  # least time between two lines where there is no terminal
LINES_AN_AGE = 20  # a run of a day need not say more than one of an hour


class Display(Protocol):
    """What shows a run that is going on."""

    def update(self, advance: Advance, causes: Sequence[str] = ()) -> None:
        """Show how far the run is and causes of failure not seen before."""


@attrs.define
class Lines:
    """Plain lines on stderr, for logs of batch systems: fewer the longer the run lasts."""

    last: float = 0.0

    def update(self, advance: Advance, causes: Sequence[str] = ()) -> None:
        """Print failures at once, the count now and then."""
        for reason in causes:
            click.echo(f"failed: {reason}", err=True)
        now = time.monotonic()
        pause = max(LINE_SECONDS, (now - advance.started) / LINES_AN_AGE)
        if advance.done == advance.total or now - self.last >= pause:
            self.last = now
            click.echo(advance.line(now), err=True)


@attrs.define
class Bar:
    """A bar filled by work done, redrawn in place."""

    progress: Progress
    task: TaskID

    def update(self, advance: Advance, causes: Sequence[str] = ()) -> None:
        """Redraw the bar; failures stay above it."""
        for reason in causes:
            self.progress.console.print(f"failed: {reason}", style="red", markup=False)
        line = advance.line(time.monotonic())
        self.progress.update(self.task, completed=advance.share, line=line)


@contextmanager
def display() -> Iterator[Display]:
    """The display that fits stderr, closed when the run ends, whatever ends it."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    console = Console(stderr=True, no_color=not paints(sys.stderr))
    columns = (
        SpinnerColumn(),
        BarColumn(32),
        TextColumn("{task.fields[line]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, progress.add_task("training", total=1.0, line="starting"))
