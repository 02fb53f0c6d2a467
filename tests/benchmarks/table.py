"""What a benchmark found: a table that prints alike in a terminal and in the README."""

from __future__ import annotations

import argparse
import inspect
import os
import sys
from collections.abc import Callable, Sequence

import attrs


@attrs.frozen
class Table:
    """`title` says what was compared; `rows` of text under `header`; `note`: how to read it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self, where: str = "") -> str:
        """The table in Markdown, numbers to the right; `where` and when, below the title."""
        rule = [" --- ", *(" ---: " for _ in self.header[1:])]
        lines = [" | ".join(self.header), "|".join(rule), *(" | ".join(row) for row in self.rows)]
        body = "\n".join(f"| {line.strip()} |" for line in lines) if self.rows else ""
        parts = [f"### {self.title}", where, body, self.note]
        return "\n\n".join(part for part in parts if part) + "\n"


def found_by(measure: Callable[..., Table], *, quick: bool) -> Table:
    """The table of a benchmark; `quick`: with less repetition, where it knows how."""
    knows = "quick" in inspect.signature(measure).parameters
    return measure(quick=True) if quick and knows else measure()


def alone(measure: Callable[..., Table]) -> None:
    """Measure and print, as `python -m tests.benchmarks.NAME [--quick]` does."""
    from tests.benchmarks.measuring.machine import described

    parser = argparse.ArgumentParser(description=inspect.getdoc(measure))
    parser.add_argument("--quick", action="store_true", help="less repetition, for a first look")
    quick, load = parser.parse_args().quick, os.getloadavg()[0]
    table = found_by(measure, quick=quick)
    sys.stdout.write(table.markdown(described(load)))
