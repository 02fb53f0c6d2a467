"""Source text → the same text in the one layout: only white space and line ends change.

Two spaces a level, `name: value`, spaces around operators and none around ranges and signs.
Values of neighboring settings, `in` of axes, `=` of declarations and comments at line ends stand
below each other. A block on one line stays on one. Brackets whose elements stand on several lines
keep the line ends after commas and around operators; elements stand two columns further in when the
first begins a line, else below the first; lines that are longer than 100 columns get further ones
after commas. Brackets on one line stay on it, however long.
"""

from __future__ import annotations

import re

from ddspec.errors import SpecError
from ddspec.language.acceptance import accepts_all
from ddspec.language.edition import EDITION
from ddspec.language.formatting_breaks import break_lines, wrap_lines
from ddspec.language.formatting_columns import align_arguments, align_statements
from ddspec.language.formatting_lines import write_lines
from ddspec.language.formatting_pieces import Piece, pair, read_pieces
from ddspec.language.grammar import start
from ddspec.language.parser import MOST_OPEN, parse

_LINE_END = re.compile(r"\r\n?")


def format_text(text: str, source: str = "the text") -> str:
    r"""`text` in the one layout: `\n` at line ends, no byte order mark, no white space at ends.

    Tokens and comments stay as they are and in their order. Formatting what was formatted changes
    nothing. A file without its edition is formatted, one of an unknown edition is not: raises
    SpecError with the diagnostics when `text` (called `source` there) cannot be read.
    """
    whole = _LINE_END.sub("\n", text)
    pieces = _readable(whole if whole.endswith("\n") else whole + "\n")
    if pieces is None:
        _, found = parse(whole, source)
        raise SpecError(f"{source} has syntax errors", found, {source: whole})
    if len(pieces) == 1 and not pieces[0].gap.has_comments:
        return ""
    break_lines(pieces)
    align_statements(pieces)
    wrap_lines(pieces)
    align_arguments(pieces)
    return write_lines(pieces)


def _readable(text: str) -> list[Piece] | None:
    """The pieces of a text that the grammar takes; None for any other."""
    pieces = read_pieces(text)
    if pieces is None or (kinds := pair(pieces, MOST_OPEN)) is None:
        return None
    if pieces[0].kind == "DD" and pieces[1].text != EDITION:
        return None
    return pieces if accepts_all(start().parse_conf, kinds) else None
