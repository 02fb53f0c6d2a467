"""The open documents and the files they use: each read and checked once for each of its texts."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

import attrs

from ddspec.errors import Diagnostic
from ddspec.language.parser import parse
from ddspec.language.tree import File
from ddspec.server.index import Index, build_index
from ddspec.server.paths import uri_of
from ddspec.server.positions import Places
from ddspec.spec.check import check
from ddspec.spec.model import Spec
from ddspec.spec.reading import read_text, read_used


@attrs.frozen(eq=False)
class Checked:
    """What the check of a document found; `sources` are the texts its places point into."""

    spec: Spec | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


@attrs.define(eq=False)
class Project:
    """Texts of open documents by path, and what was read of them, until one of them changes."""

    open: dict[str, str] = attrs.field(factory=dict)
    uris: dict[str, str] = attrs.field(factory=dict)  # as the editor writes them
    encoding: str = "utf-16"  # what columns count
    _checked: dict[str, Checked] = attrs.field(factory=dict)
    _read: defaultdict[str, frozenset[str]] = attrs.field(factory=lambda: defaultdict(frozenset))
    _texts: dict[str, str | None] = attrs.field(factory=dict)
    _index: Index | None = None

    def put(self, path: str, text: str) -> None:
        """A document is open and has this text."""
        if self.open.get(path) != text:
            self.open[path] = text
            self._changed(path)

    def close(self, path: str) -> None:
        """A document is closed: the text of its file counts again."""
        self.open.pop(path, None)
        self._changed(path)

    def forget(self) -> None:
        """Files may have changed on disk: nothing that was read counts any longer."""
        self._checked.clear()
        self._texts.clear()
        self._index = None

    def affected(self, path: str) -> list[str]:
        """The open documents whose last check read a path, itself first."""
        others = [each for each in self.open if each != path and path in self._read[each]]
        return [path] * (path in self.open) + others

    def _changed(self, path: str) -> None:
        for each in [path, *self.affected(path)]:
            self._checked.pop(each, None)
        self._texts.pop(path, None)
        self._index = None

    def text(self, path: str) -> str | None:
        """The text of a document, or of a file that is not open; None when it cannot be read."""
        if path in self.open:
            return self.open[path]
        if path not in self._texts:
            try:
                self._texts[path] = read_text(path) if posixpath.isabs(path) else None
            except (OSError, ValueError):
                self._texts[path] = None
        return self._texts[path]

    def places(self, path: str) -> Places:
        """The text of a path with its lines; an empty one when it cannot be read."""
        return places(path, self.text(path) or "", self.uri(path), self.encoding)

    def uri(self, path: str) -> str:
        """The address of a path, as the editor writes it where it has said one."""
        return self.uris.get(path) or uri_of(path)

    def checked(self, path: str) -> Checked:
        """The check of a document, as `ddspec check` makes it; nothing is executed."""
        if path not in self._checked:

            def read(used: str) -> str:
                return self.open[used] if used in self.open else read_used(used, path)

            found = Checked(*check(self.text(path) or "", path, read=read))
            self._checked[path], self._read[path] = found, frozenset(found.sources)
        return self._checked[path]

    def tree(self, path: str) -> File:
        """The syntax tree of a document, with holes where it cannot be read."""
        return parse(self.text(path) or "", path)[0]

    @property
    def index(self) -> Index:
        """Every name of the open documents and the files they use, by what it stands for."""
        if self._index is None:
            self._index = build_index(list(self.open), self.text)
        return self._index


@lru_cache(maxsize=32)
def places(path: str, text: str, uri: str, encoding: str) -> Places:
    """A text with its lines, found once for all questions."""
    return Places(path, text, uri, encoding)
