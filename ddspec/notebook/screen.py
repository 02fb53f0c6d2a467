"""What a magic shows: HTML where the front end draws it, text in a terminal."""

from __future__ import annotations

import base64
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from ddspec.commands.display import Display, display, line_of
from ddspec.commands.terminal import paints
from ddspec.execution.advance import Advance
from ddspec.markup import SHADES, message, painted
from ddspec.plan.outlook import Outlook

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

PAUSE: Final = 0.25  # seconds, at least, between two drawings of a bar
DRAWINGS: Final = 500  # of a bar, about, while the age of its run doubles: front ends keep them
WIDE: Final = 640  # pixels of a figure


@attrs.frozen(eq=False)
class Screen:
    """Where the cell's output goes: a notebook's front end, or the terminal of IPython."""

    shell: InteractiveShell

    @property
    def draws(self) -> bool:
        """Whether HTML may be drawn: a kernel answers, not a terminal."""
        return hasattr(self.shell, "kernel")

    def show(self, text: str, html: str, key: str = "", *, again: bool = False) -> None:
        """Show one thing in both ways; `again`: in place of what was shown under the same key."""
        data = {"text/plain": text, "text/html": html}
        self._publish(data, {}, transient={"display_id": key} if key else {}, update=again)

    def tell(self, text: str) -> None:
        """Show a message with its marks and severities in color."""
        colored = not self.draws and paints(sys.stdout)
        self.show(painted(text) if colored else text, message(text))

    def plan(self, outlooks: Sequence[Outlook], workers: int | None) -> None:
        """Show what would train, a table for each experiment."""
        from ddspec.plan.describe import describe

        for each in outlooks:
            self.show(describe(each, workers or os.cpu_count() or 1), each._repr_html_())

    def outlook(self, outlooks: Sequence[Outlook]) -> None:
        """Show what trains now in a line for each experiment, with its table to unfold."""
        for each in outlooks:
            self.show(each.title, each._repr_html_(unfolded=False))

    def figure(self, file: Path) -> None:
        """Draw a picture, where pictures are drawn."""
        if self.draws and file.exists():
            image = base64.b64encode(file.read_bytes()).decode()
            data = {"text/plain": f"figure {file}", "image/png": image}
            self._publish(data, {"image/png": {"width": WIDE}})

    def _publish(self, data: Any, about: Any, **more: Any) -> None:
        self.shell.display_pub.publish(data, about, **more)

    @contextmanager
    def following(self) -> Iterator[Display]:
        """The display of a run: a bar in the notebook, or that of the command line."""
        if self.draws:
            yield Board(self)
            return
        with display() as shown:
            yield shown


@attrs.define(eq=False)
class Board:
    """A bar filled by work done, with what happened under it, drawn in its place in a notebook."""

    screen: Screen
    share: float = 0.0
    line: str = "starting"
    notes: list[tuple[str, str | None]] = attrs.field(factory=list)
    _key: str = attrs.field(factory=lambda: uuid.uuid4().hex, init=False)
    _shown: bool = attrs.field(default=False, init=False)
    _due: float = attrs.field(default=0.0, init=False)

    def update(self, advance: Advance) -> None:
        """Draw the bar as it is now, unless that was done a moment ago."""
        now = time.monotonic()
        self.share, self.line = advance.share, line_of(advance.progress(now))
        if now >= self._due or advance.done == advance.total:
            self._due = now + max(PAUSE, (now - advance.started) / DRAWINGS)
            self._draw()

    def note(self, text: str, color: str | None = None) -> None:
        """Add a line under the bar."""
        self.notes.append((text, color))
        self._draw()

    def _draw(self) -> None:
        bar = f'<progress max="1" value="{self.share:.4f}" style="width: 16em"></progress>'
        told = "".join(
            f'<div style="color: {SHADES.get(color or "", "inherit")}">{escape(text)}</div>'
            for text, color in self.notes
        )
        texts = [self.line, *(text for text, _ in self.notes)]
        html = f"<div>{bar} {escape(self.line)}</div>{told}"
        self.screen.show("\n".join(texts), html, self._key, again=self._shown)
        self._shown = True
