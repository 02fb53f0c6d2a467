"""What a benchmark found: a table that prints alike in a terminal and in the README."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Table:
    """`title` says what was compared; `rows` of text under `header`; `note`: how to read it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """The table in Markdown, numbers to the right."""
        rule = [" --- ", *(" ---: " for _ in self.header[1:])]
        lines = [" | ".join(self.header), "|".join(rule), *(" | ".join(row) for row in self.rows)]
        body = "\n".join(f"| {line.strip()} |" for line in lines)
        return f"### {self.title}\n\n{body}\n" + (f"\n{self.note}\n" if self.note else "")
