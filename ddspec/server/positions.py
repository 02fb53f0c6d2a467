"""Character offsets of a text ↔ the lines and columns that an editor counts in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import attrs
from lsprotocol.types import Location, Position, PositionEncodingKind, Range

from ddspec.errors import Span
from ddspec.language.source import Source

Encoding = PositionEncodingKind | str
UNITS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


@attrs.frozen
class Places:
    """A text, its address and its lines; columns count from 0 in units of an encoding."""

    path: str
    text: str
    uri: str = ""
    encoding: str = "utf-16"
    source: Source = attrs.field(init=False, repr=False)

    @source.default
    def _find_lines(self) -> Source:
        return Source(self.path, self.text)

    def units(self, text: str) -> int:
        """The length of a text in units of the encoding."""
        return len(text) if text.isascii() else UNITS[self.encoding](text)

    def position(self, offset: int) -> Position:
        """The place of a character offset; one beyond the text is its end."""
        place = min(max(offset, 0), len(self.text))
        line = bisect_right(self.source.starts, place) - 1
        return Position(line, self.units(self.text[self.source.starts[line] : place]))

    def offset(self, position: Position) -> int:
        """The character offset of a place; a column beyond its line is the line's end."""
        if position.line >= len(self.source.starts):
            return len(self.text)
        start = self.source.starts[position.line]
        line = self.source.line(position.line + 1)
        if line.isascii():
            return start + min(position.character, len(line))
        count = 0
        for number, sign in enumerate(line):
            if count >= position.character:
                return start + number
            count += self.units(sign)
        return start + len(line)

    def range(self, span: Span) -> Range:
        """The stretch of a span."""
        return Range(self.position(span.start), self.position(span.end))

    def location(self, span: Span) -> Location:
        """The stretch of a span, with the file it lies in."""
        return Location(self.uri, self.range(span))
