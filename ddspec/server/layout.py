"""The one layout of a file as an edit."""

from __future__ import annotations

from lsprotocol.types import TextEdit

from ddspec.errors import Span, SpecError
from ddspec.language.formatting import format_text
from ddspec.server.positions import Places


def layout(places: Places) -> list[TextEdit]:
    """The edit that lays a text out; none for one that is laid out, or cannot be read.

    Lines that stay at the beginning and at the end are not part of it, so that an editor keeps its
    cursor and its marks there.
    """
    try:
        new = format_text(places.text, places.path)
    except SpecError:
        return []
    old = places.text
    if new == old:
        return []
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    rest = 0
    most = min(len(before), len(after)) - same
    while rest < most and before[-1 - rest] == after[-1 - rest]:
        rest += 1
    start = sum(map(len, before[:same]))
    end = len(old) - sum(map(len, before[len(before) - rest :]))
    text = "".join(after[same : len(after) - rest])
    return [TextEdit(places.range(Span(places.path, start, end)), text)]
