"""The one live display of a run: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import attrs
import click
from rich import progress as rich_progress
from rich.console import Console

from ddspec.commands.terminal import paints
from ddspec.execution.advance import Advance
from ddspec.execution.progress import Progress
from ddspec.plan.duration import duration_text

LINE_SECONDS = 15.0  # least time between two lines where there is no terminal
LINES_AN_AGE = 20  # a run of a day need not say more than one of an hour


class Display(Protocol):
    """What shows a run that is going on."""

    def update(self, advance: Advance) -> None:
        """Show how far the run is."""

    def note(self, text: str, color: str | None = None) -> None:
        """Show what happened, once and for good."""


@attrs.define
class Lines:
    """Plain lines on stderr, for logs of batch systems: fewer the longer the run lasts."""

    last: float = 0.0

    def update(self, advance: Advance) -> None:
        """Print the count now and then, and at the end."""
        now = time.monotonic()
        pause = max(LINE_SECONDS, (now - advance.started) / LINES_AN_AGE)
        if advance.done == advance.total or now - self.last >= pause:
            self.last = now
            self.note(line_of(advance.progress(now)))

    def note(self, text: str, color: str | None = None) -> None:
        """Print a line."""
        del color  # there is no terminal to show it
        click.echo(text, err=True)


@attrs.define
class Bar:
    """A bar filled by work done, redrawn in place, with notes above it."""

    progress: rich_progress.Progress
    task: rich_progress.TaskID

    def update(self, advance: Advance) -> None:
        """Redraw the bar."""
        line = line_of(advance.progress(time.monotonic()))
        self.progress.update(self.task, completed=advance.share, line=line)

    def note(self, text: str, color: str | None = None) -> None:
        """Print a line above the bar."""
        self.progress.console.print(text, style=color, markup=False, highlight=False)


def line_of(progress: Progress) -> str:
    """`120/440 cells  2.4 cells/s  about 3 min left  2 failed`."""
    most = "at most " if progress.most else ""
    parts = [f"{progress.done:,}/{most}{progress.cells:,} cells"]
    parts += [f"{progress.pace:.3g} cells/s"] if progress.done else []
    if progress.left is not None and progress.done < progress.cells:
        parts.append(f"about {duration_text(progress.left)} left")
    parts += [
        f"{progress.statuses[status]:,} {status}"
        for status in ("failed", "diverged")
        if progress.statuses.get(status)
    ]
    return "  ".join(parts)


@contextmanager
def display() -> Iterator[Display]:
    """The display that fits stderr, closed when the run ends, whatever ends it."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    console = Console(stderr=True, no_color=not paints(sys.stderr))
    columns = (
        rich_progress.SpinnerColumn(),
        rich_progress.BarColumn(32),
        rich_progress.TextColumn("{task.fields[line]}"),
        rich_progress.TimeElapsedColumn(),
    )
    with rich_progress.Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, progress.add_task("training", total=1.0, line="starting"))
