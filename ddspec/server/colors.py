"""Semantic tokens: each piece of a text by what it is, names by what they stand for."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import SemanticTokenModifiers, SemanticTokensLegend, SemanticTokenTypes

from ddspec.language.tokens import BAD, NEWLINE, scanner
from ddspec.server.positions import Places
from ddspec.server.sites import Site

Types = SemanticTokenTypes
OF_TERMINALS = {
    "COMMENT": Types.Comment,
    "STRING": Types.String,
    "NUMBER": Types.Number,
    "DIGEST": Types.Number,
}
OF_SITES = {
    "declared": Types.Variable,
    "axis": Types.Variable,
    "derived": Types.Variable,
    "recorded": Types.Variable,
    "parameter": Types.Parameter,
    "module": Types.Namespace,
    "kind": Types.Keyword,
    "word": Types.Class,
    "form": Types.Function,
    "argument": Types.Property,
    "setting": Types.Property,
    "choice": Types.EnumMember,
    "unit": Types.Type,
}
OPERATORS = ("COMPARE", "PLUS", "MINUS", "TIMES_OVER", "RANGE", "CIRCUMFLEX", "QMARK", "VBAR")
LEGEND = SemanticTokensLegend(
    token_types=[str(each.value) for each in dict.fromkeys([*OF_TERMINALS.values(),
                 *OF_SITES.values(), Types.Operator])],
    token_modifiers=[SemanticTokenModifiers.Declaration, SemanticTokenModifiers.DefaultLibrary],
)  # fmt: skip


def colors(places: Places, sites: list[Site]) -> list[int]:
    """The tokens of a text as the protocol packs them: five numbers each, places relative."""
    named = {site.span.start: site for site in sites}
    packed: list[int] = []
    line = column = 0
    for start, end, kind, modifiers in sorted(_pieces(places.text, named)):
        place = places.position(start)
        step = place.line - line
        width = places.units(places.text[start:end])
        packed += [step, place.character - (0 if step else column), width]
        packed += [LEGEND.token_types.index(kind.value), modifiers]
        line, column = place.line, place.character
    return packed


def _pieces(text: str, named: dict[int, Site]) -> Iterator[tuple[int, int, Types, int]]:
    match, words = scanner().pattern.match, scanner().words
    place = 0
    while place < len(text):
        token = match(text, place)
        end = token.end() if token and token.end() > place else place + 1
        name = (token.lastgroup if token else None) or BAD
        if name == NEWLINE:
            yield from _comments(text, place, end)
        elif name == "NAME" and text[place:end] not in words:
            yield from _name(named.get(place), place, end)
        elif kind := _kind(name, text[place:end]):
            yield place, end, kind, 0
        place = end


def _kind(terminal: str, text: str) -> Types | None:
    if text in scanner().words or text == "log":
        return Types.Keyword
    return Types.Operator if terminal in OPERATORS else OF_TERMINALS.get(terminal)


def _name(site: Site | None, start: int, end: int) -> Iterator[tuple[int, int, Types, int]]:
    if site is None or site.sort not in OF_SITES:
        return
    stop = max(site.span.end, end)
    yield start, stop, OF_SITES[site.sort], site.defines + 2 * (site.sort in ("word", "form"))


def _comments(text: str, start: int, end: int) -> Iterator[tuple[int, int, Types, int]]:
    """A line end takes the comments before and after it along."""
    while (place := text.find("#", start, end)) >= 0:
        start = text.find("\n", place)
        yield place, place + len(text[place:start].rstrip("\r")), Types.Comment, 0
