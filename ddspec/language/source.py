"""Offsets → lines and columns of a source text."""

from __future__ import annotations

from bisect import bisect_right

import attrs


@attrs.frozen
class Source:
    """A named text and where its lines start; lines and columns count from 1, in characters."""

    name: str
    text: str
    starts: tuple[int, ...] = attrs.field(init=False, repr=False)

    @starts.default
    def _find_starts(self) -> tuple[int, ...]:
        ends = (place + 1 for place, sign in enumerate(self.text) if sign == "\n")
        return (0, *ends)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset; an offset beyond the text is its end."""
        place = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, place)
        return line, place - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line without its line end; empty beyond the last."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] - 1 if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].removesuffix("\r")

    def byte_offset(self, offset: int) -> int:
        """The same place counted in bytes of UTF-8."""
        return len(self.text[:offset].encode("utf-8", "surrogatepass"))
