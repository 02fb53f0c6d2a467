"""Completion: what can be written at a cursor, what fits best first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol.types import (
    CompletionItem,
    CompletionItemKind,
    MarkupContent,
    MarkupKind,
    TextEdit,
)

from ddspec.server.cursor import Cursor, Frame, find_cursor
from ddspec.server.explaining import argument_line, default_of, form_page, word_page
from ddspec.server.files import Space
from ddspec.server.index import Index
from ddspec.server.positions import Places
from ddspec.server.signatures import Signature, of_member, of_name, of_word, word_of
from ddspec.server.sites import ANYTHING, Taken
from ddspec.spec.axis_checks import RECORDED, SEEDS, TIMES
from ddspec.spec.body import BLOCKS, SETTINGS
from ddspec.spec.decimals import FUNCTIONS
from ddspec.spec.declare import KINDS
from ddspec.spec.sorts import LATTICES
from ddspec.spec.units import UNITS
from ddspec.spec.words import BLOCK_WORD, OPTIONAL
from ddspec.vocabulary import registry

# The words a statement of each kind of block may begin with; elsewhere none of them may.
BEGIN = {
    "": ("dd", "use", "let"),
    "experiment": ("where", "except"),
    "sweep": ("zip", "when", "let", "where", "except"),
    "when": ("zip",),
}
NAMED = ("train", "experiment")  # blocks that have a name
Kind = CompletionItemKind
Found = Iterator[tuple[str, CompletionItemKind, str]]  # what is written, what it is, its detail


def complete(places: Places, offset: int, index: Index) -> list[CompletionItem]:
    """The completions at an offset; none in comments and in texts.

    Each replaces the name that is being typed. `data` names a word, for `explained`.
    """
    cursor = find_cursor(places.text, offset, places.path)
    space = index.spaces.get(places.path)
    if cursor is None or space is None:
        return []
    asked = Asked(cursor, index, space)
    items: dict[str, CompletionItem] = {}
    for rank, (text, kind, detail) in enumerate(asked.answers()):
        if text not in items:
            items[text] = CompletionItem(
                text,
                kind=kind,
                detail=detail or None,
                sort_text=f"{rank:04}",
                text_edit=TextEdit(places.range(cursor.span), text),
                data=[detail, text] if kind in (Kind.Class, Kind.Function) else None,
            )
    return list(items.values())


def explained(item: CompletionItem) -> CompletionItem:
    """A completion with its page: words of the vocabulary and forms of the language have one."""
    kind, name = item.data if isinstance(item.data, list) else ("", "")
    word = word_of(name, kind) if kind in registry.FOLDERS else None
    text = form_page(name) if word is None else word_page(word)
    if text:
        item.documentation = MarkupContent(MarkupKind.Markdown, text)
    return item


class Asked:
    """A cursor, and what is known around it."""

    def __init__(self, cursor: Cursor, index: Index, space: Space) -> None:
        self.cursor, self.index, self.space = cursor, index, space
        self.offset = cursor.span.start

    def answers(self) -> Found:
        """What can stand here, what fits best first."""
        frame = self.cursor.frame
        if self.cursor.last == "DOT":
            yield from self._members()
        elif frame.body and not frame.items:
            yield from self._statements(frame)
        elif "NUMBER" in self.cursor.next or not self.cursor.next:
            if frame.opener == "LPAR" and not frame.items:
                yield from self._arguments(frame)
            yield from self._values(self._taken(len(self.cursor.frames) - 1))
            yield from self._reserved()
        else:
            if "NAME" in self.cursor.next and self.cursor.last in ("NUMBER", "RBRACE", "RPAR"):
                yield from self._units()
            yield from self._reserved()

    # --- statements ---------------------------------------------------------------------------

    def _statements(self, frame: Frame) -> Found:
        kind = self._kind(frame)
        if frame.opener == "":
            yield from ((each, Kind.Keyword, "declaration") for each in (*KINDS, "experiment"))
        if kind == "experiment":
            yield from self._left(SETTINGS, frame, "setting")
            blocks = (each for each in BLOCKS if each not in frame.given)
            yield from ((each, Kind.Keyword, "block") for each in blocks)
        elif kind in ("sweep", "zip", "when"):
            usual = (*self.index.wanted(self.space.path, self.offset), *SEEDS, *TIMES)
            yield from self._left(usual, frame, "axis")
        elif (signature := self._of_body(frame)) is not None:
            yield from self._named(signature, frame)
        begin = BEGIN.get(kind, ())
        yield from ((each, Kind.Keyword, "") for each in begin if each in self.cursor.words)

    def _kind(self, frame: Frame) -> str:
        """The kind of a block: the word it begins with; empty for the file."""
        if frame.head and frame.head[-1].type == "WITH":
            return "with"
        return str(frame.head[0]) if frame.head else ""

    def _left(self, names: Iterable[str], frame: Frame, detail: str) -> Found:
        yield from ((each, Kind.Field, detail) for each in names if each not in frame.given)

    def _of_body(self, frame: Frame) -> Signature | None:
        """What the settings of a `train` block, or after `with`, are arguments of."""
        kind = self._kind(frame)
        if kind == "with":
            level = self.cursor.frames.index(frame) - 1
            return self._of_head(frame.head[:-1], self._taken(level).kind)
        word = registry.find("train", BLOCK_WORD) if kind == "train" else None
        return None if word is None else of_word(word)

    def _named(self, signature: Signature, frame: Frame) -> Found:
        """The arguments that are not given yet, required ones first."""
        positional = list(signature.arguments)[: frame.position] if frame.opener == "LPAR" else []
        left = [
            (name, taken.parameter)
            for name, taken in signature.arguments.items()
            if name not in frame.given and name not in positional
        ]
        for name, parameter in sorted(left, key=lambda each: _optional(each[1])):
            detail = "" if parameter is None else argument_line(parameter)
            yield f"{name}: ", Kind.Field, detail

    # --- arguments ----------------------------------------------------------------------------

    def _arguments(self, frame: Frame) -> Found:
        signature = self.called(len(self.cursor.frames) - 1)
        if signature is not None:
            yield from self._named(signature, frame)

    def called(self, level: int) -> Signature | None:
        """What the bracket of a level calls; None for a bracket that groups."""
        frame = self.cursor.frames[level]
        if frame.opener != "LPAR":
            return None
        return self._of_head(frame.head, self._taken(level - 1).kind)

    def _of_head(self, head: tuple[object, ...], kind: str) -> Signature | None:
        names = [str(each) for each in head[-3:]]
        if not names or not names[-1].isidentifier():
            return None
        if len(names) > 2 and names[1] == "." and names[0] in self.space.modules:  # noqa: PLR2004
            return of_member(names[0], names[2], self.space)
        found = of_name(names[-1], kind, self.space)
        return found if found is not None else of_name(names[-1], "", self.space)

    # --- values -------------------------------------------------------------------------------

    def _taken(self, level: int) -> Taken:
        """What the place that is being written in the bracket of a level takes."""
        frame = self.cursor.frames[level]
        items = frame.items
        if frame.opener == "LPAR" and (signature := self.called(level)) is not None:
            named = len(items) > 1 and items[1].type == "COLON"
            return signature.taken(str(items[0]) if named else frame.position)
        if not frame.body:
            return self._taken(level - 1)
        if len(items) < 2:  # noqa: PLR2004 -- no value is begun
            return ANYTHING
        name, kind = str(items[0]), self._kind(frame)
        if items[1].type == "COLON":
            return self._set(name, kind, frame)
        if items[1].type == "IN":
            return self._read_as(name)
        declares = items[1].type == "NAME" and any(each.type == "EQUAL" for each in items)
        return Taken(name) if declares and name in registry.FOLDERS else ANYTHING

    def _set(self, name: str, kind: str, frame: Frame) -> Taken:
        if kind == "experiment":
            return Taken(name if name in SETTINGS else "")
        if kind in BLOCKS:
            return Taken(kind if kind in registry.FOLDERS else "")
        signature = self._of_body(frame)
        return ANYTHING if signature is None else signature.taken(name)

    def _read_as(self, axis: str) -> Taken:
        """What the places that read an axis take: its points are that."""
        for owner in self.space.own:
            for site in owner.free:
                if site.text == axis and (site.taken.kind or site.taken.choices):
                    return site.taken
        return Taken(axis) if axis in SETTINGS else ANYTHING

    def _values(self, taken: Taken) -> Found:
        yield from ((each, Kind.EnumMember, "choice") for each in taken.choices)
        if taken.kind:
            yield from self._words(taken.kind)
        if taken.refers == "quantity":
            recorded = (*self.index.recorded(self.space.path, self.offset), *RECORDED)
            yield from ((each, Kind.Variable, "recorded") for each in recorded)
            return
        axes = self.index.axes(self.space.path, self.offset)
        found = axes or dict.fromkeys(self.index.wanted(self.space.path, self.offset))
        yield from ((each, Kind.Variable, "axis") for each in found)
        accepts = "" if taken.parameter is None else taken.parameter.accepts
        if not taken.kind and not taken.refers and accepts not in ("choice", "flag"):
            lets = (n for n, owner in self.space.declared.items() if owner.kind == "let")
            yield from ((each, Kind.Constant, "let") for each in lets)
            yield from ((each, Kind.Function, "number") for each in ("tune", *FUNCTIONS))

    def _words(self, kind: str) -> Found:
        """Declared names of a kind, the words of it, and what stands for none of them."""
        for name, owner in self.space.declared.items():
            if owner.kind == kind:
                yield name, Kind.Variable, kind
        for alias, (_, used) in self.space.modules.items():
            names = (n for n, owner in used.declared.items() if owner.kind == kind)
            yield from ((f"{alias}.{name}", Kind.Variable, kind) for name in names)
        yield from ((each, Kind.Class, kind) for each in registry.names(kind))
        if kind == "regularizer":
            yield from ((each, Kind.Function, "compositions") for each in LATTICES)
        if kind in (*OPTIONAL, "regularizer"):
            yield "none", Kind.Keyword, ""

    def _members(self) -> Found:
        """What a file behind an alias declares."""
        items = self.cursor.frame.items
        module = self.space.modules.get(str(items[-2])) if len(items) > 1 else None
        if module is not None:
            for name, owner in module[1].declared.items():
                yield name, Kind.Variable, owner.kind
        elif len(items) > 1:
            parts = (each.partition(".") for each in SEEDS)
            yield from (
                (p[2], Kind.Field, "axis") for p in parts if p[0] == str(items[-2]) and p[2]
            )

    def _units(self) -> Found:
        taken = self._taken(len(self.cursor.frames) - 1)
        units = () if taken.parameter is None else taken.parameter.units
        if taken.parameter is None and not taken.kind:
            units = UNITS
        yield from ((each, Kind.Unit, "unit") for each in units)

    def _reserved(self) -> Found:
        yield from ((each, Kind.Keyword, "") for each in self.cursor.words)


def _optional(parameter: object) -> bool:
    return parameter is not None and default_of(parameter) != "required"  # type: ignore[arg-type]
