"""The pages of a damaged SQLite file to the cells on them, without the tree that led to them.

The format: https://www.sqlite.org/fileformat2.html. Only leaves of tables are read. What comes out
is judged by its checksum, so that nothing is taken for a cell that is not one.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from ddspec.results.rows import COLUMNS
from ddspec.results.scan import Sound, judged

LEAF: Final = 13  # the first byte of a leaf of a table
INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # bytes by type
DIGEST, ATTEMPT = (COLUMNS.split(", ").index(name) for name in ("digest", "attempt"))
WIDTH: Final = len(COLUMNS.split(", ")) + 1  # of a row of `cells`; one of `readings` has two


@attrs.frozen(eq=False)
class Pages:
    """A file as pages; `usable`: bytes of one that hold data."""

    data: memoryview
    size: int
    usable: int

    def page(self, number: int) -> memoryview:
        """A page, the first of number 1; shorter or empty beyond the end."""
        return self.data[(number - 1) * self.size : number * self.size]

    def places(self) -> Iterator[tuple[int, int]]:
        """Where rows of leaves lie: page and offset."""
        for number in range(1, len(self.data) // self.size + 2):
            page, start = self.page(number), 100 if number == 1 else 0
            if len(page) < start + 8 or page[start] != LEAF:
                continue
            count = int.from_bytes(page[start + 3 : start + 5], "big")
            for place in range(start + 8, start + 8 + 2 * count, 2):
                yield number, int.from_bytes(page[place : place + 2], "big")

    def row(self, number: int, offset: int) -> tuple[int, list[Any]]:
        """A row's number and its values; none where they make no sense."""
        try:
            return self._row(self.page(number), offset)
        except (IndexError, ValueError, KeyError, struct.error, OverflowError):
            return 0, []

    def _row(self, page: memoryview, offset: int) -> tuple[int, list[Any]]:
        length, offset = _varint(page, offset)
        number, offset = _varint(page, offset)
        if length > len(self.data):
            raise ValueError("longer than the file")
        here = self._local(length)
        parts = [bytes(page[offset : offset + here])]
        if here < length:
            parts += self._overflow(page[offset + here : offset + here + 4], length - here)
        return number, _values(memoryview(b"".join(parts)))

    def _local(self, length: int) -> int:
        """How many bytes of a row lie on its leaf."""
        if length <= self.usable - 35:
            return length
        least = (self.usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self.usable - 4)
        return here if here <= self.usable - 35 else least

    def _overflow(self, pointer: memoryview, left: int) -> Iterator[bytes]:
        following = int.from_bytes(pointer, "big")
        while left > 0:
            page = self.page(following) if following > 0 else self.data[:0]
            if not page:
                raise ValueError("the chain of pages is broken")
            part = bytes(page[4 : 4 + min(left, self.usable - 4)])
            yield part
            left -= len(part)
            following = int.from_bytes(page[:4], "big")


def salvaged(path: Path) -> Iterator[Sound]:
    """The sound cells on the pages of a file, each at its latest attempt."""
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
            memoryview(data) as view,
        ):
            yield from _cells(Pages(view, _page_size(view), _page_size(view) - view[20]))
    except (OSError, ValueError, IndexError):  # nothing there, or nothing in it
        return


def _cells(pages: Pages) -> Iterator[Sound]:
    rows: dict[int, list[list[Any]]] = {}
    for place in pages.places():
        number, values = pages.row(*place)
        if len(values) == WIDTH:
            rows.setdefault(number, []).append(values[1:])
    best: dict[str, tuple[int, list[Any], tuple[int, int]]] = {}
    for place in pages.places():
        number, values = pages.row(*place)
        if len(values) == 2 and number in rows:  # noqa: PLR2004 - of `readings`
            for row in rows[number]:
                each = judged((number, *row, values[1]))
                if isinstance(each, Sound) and row[DIGEST]:
                    found = (int(row[ATTEMPT]), row, place)
                    best[row[0]] = max(found, best.get(row[0], found), key=lambda one: one[0])
    for _, row, place in best.values():
        yield Sound(tuple(row), pages.row(*place)[1][1])


def _page_size(data: memoryview) -> int:
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size >= 512 and size & (size - 1) == 0 else 4096  # noqa: PLR2004 - the format's


def _varint(data: memoryview, offset: int) -> tuple[int, int]:
    """A whole number of one to nine bytes, and where it ends."""
    value = 0
    for place in range(8):
        byte = data[offset + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follow
            return value, offset + place + 1
    return value << 8 | data[offset + 8], offset + 9


def _values(record: memoryview) -> list[Any]:
    """The values of a row from its bytes."""
    head, offset = _varint(record, 0)
    types = []
    while offset < head:
        kind, offset = _varint(record, offset)
        types.append(kind)
    values, place = [], head
    for kind in types:
        length = _length(kind)
        values.append(_value(kind, bytes(record[place : place + length]), length))
        place += length
    return values


def _length(kind: int) -> int:
    if kind >= 12:  # noqa: PLR2004 - the first type of varying length
        return (kind - 12) // 2
    return INTEGERS.get(kind, 8 if kind == 7 else 0)  # noqa: PLR2004 - 7 is a float


def _value(kind: int, data: bytes, length: int) -> Any:
    if len(data) != length:
        raise ValueError("a row that is cut off")
    if kind >= 12:  # noqa: PLR2004
        return data.decode() if kind % 2 else data
    if kind == 7:  # noqa: PLR2004
        return struct.unpack(">d", data)[0]
    if kind in INTEGERS:
        return int.from_bytes(data, "big", signed=True)
    return {0: None, 8: 0, 9: 1}[kind]
