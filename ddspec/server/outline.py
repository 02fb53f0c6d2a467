"""The outline of a file: what it declares, nested, and what can be folded away."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import DocumentSymbol, FoldingRange, FoldingRangeKind, SymbolKind

from ddspec.errors import Span
from ddspec.language.tree import (
    Axis,
    Block,
    Define,
    File,
    Identifier,
    Let,
    Setting,
    Statement,
    Use,
    When,
    Zip,
    walk,
)
from ddspec.server.positions import Places


def outline(places: Places, file: File) -> list[DocumentSymbol]:
    """The declarations of a file, with the lines of their blocks."""
    return [s for each in file.statements for s in _symbols(places, each)]


def _symbols(places: Places, statement: Statement) -> Iterator[DocumentSymbol]:
    match statement:
        case Let(name=name):
            yield _symbol(places, statement.span, name, SymbolKind.Constant, "let")
        case Define(name=name, kind=kind):
            yield _symbol(places, statement.span, name, SymbolKind.Variable, kind.text)
        case Use(alias=Identifier() as alias):
            yield _symbol(places, statement.span, alias, SymbolKind.Module, "use")
        case Block(name=name, kind=kind, body=body):
            detail = "" if name is None else kind.text
            named = kind if name is None else name
            sort = SymbolKind.Namespace if name is None else SymbolKind.Class
            yield _symbol(places, statement.span, named, sort, detail, body)
        case Axis(name=name, domain=domain):
            detail = " ".join(places.text[domain.span.start : domain.span.end].split())
            yield _symbol(places, statement.span, name, SymbolKind.Array, detail)
        case Setting(name=name, value=value):
            detail = " ".join(places.text[value.span.start : value.span.end].split())
            yield _symbol(places, statement.span, name, SymbolKind.Field, detail)
        case Zip(body=body) | When(body=body):
            yield from (s for each in body for s in _symbols(places, each))


def _symbol(
    places: Places,
    span: Span,
    name: Identifier,
    kind: SymbolKind,
    detail: str,
    body: tuple[Statement, ...] = (),
) -> DocumentSymbol:
    inner = [s for each in body for s in _symbols(places, each)]
    whole = places.range(span.to(name.span))
    return DocumentSymbol(name.text, kind, whole, places.range(name.span), detail, children=inner)


def folds(places: Places, file: File) -> list[FoldingRange]:
    """What lies on several lines: blocks, calls, and comments that stand together."""
    found: dict[int, FoldingRange] = {}
    for part in walk(file):
        span = getattr(part, "span", None)
        if isinstance(part, File) or span is None:
            continue
        first, last = places.position(span.start).line, places.position(span.end).line
        if last > first:
            end = last - 1 if places.source.line(last + 1).strip() in ("}", ")", "]") else last
            if end > first:
                found.setdefault(first, FoldingRange(first, end))
    return [*found.values(), *_comments(places)]


def _comments(places: Places) -> Iterator[FoldingRange]:
    count, first = len(places.source.starts), None
    for line in range(count + 1):
        if places.source.line(line + 1).lstrip().startswith("#"):
            first = line if first is None else first
        elif first is not None:
            if line - 1 > first:
                yield FoldingRange(first, line - 1, kind=FoldingRangeKind.Comment)
            first = None
