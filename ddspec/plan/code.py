"""Code: which words a cell's readings come from, in which version and with which source."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

ACCEPTED = "~"  # marks what readings were accepted from, though they come from other code


@attrs.frozen(order=True)
class Mark:
    """One word of a cell: `regularizer.l2@1`, or `regularizer.mine@1:0f3a...` with a fingerprint of
    its source where that counts.
    """

    kind: str
    name: str
    version: int
    source: str = ""

    def __str__(self) -> str:
        end = f":{self.source}" if self.source else ""
        return f"{self.kind}.{self.name}@{self.version}{end}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """The mark that a text is; ValueError when it is none."""
        word, _, rest = text.partition("@")
        kind, _, name = word.partition(".")
        version, _, source = rest.partition(":")
        return cls(kind, name, int(version), source)

    def change(self, today: Mark) -> str:
        """How the word has changed since, in a few words; empty when it has not."""
        if self.version != today.version:
            return f"`{self.name}` was version {self.version}, is {today.version} now"
        if self.source and today.source and self.source != today.source:
            return f"`{self.name}`: its source has changed since"
        return ""


@attrs.frozen
class Code:
    """The words of a cell, sorted, as a store keeps them: separated by spaces.

    accepted: the marks of words of which somebody said that readings from them will do.
    """

    marks: tuple[Mark, ...] = ()
    accepted: tuple[Mark, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Code:
        """The code that a store keeps as `text`; what cannot be read is left out."""
        marks: list[Mark] = []
        accepted: list[Mark] = []
        for part in text.split():
            try:
                mark = Mark.parse(part.removeprefix(ACCEPTED))
            except ValueError:  # of a newer ddspec
                continue
            (accepted if part.startswith(ACCEPTED) else marks).append(mark)
        return cls(tuple(sorted(marks)), tuple(sorted(accepted)))

    @classmethod
    def of(cls, marks: Iterable[Mark]) -> Code:
        """The code of words, each once."""
        return cls(tuple(sorted(set(marks))))

    def __str__(self) -> str:
        return " ".join([*map(str, self.marks), *(f"{ACCEPTED}{mark}" for mark in self.accepted)])

    def __or__(self, other: Code) -> Code:
        """The words of both."""
        accepted = tuple(sorted({*self.accepted, *other.accepted}))
        return Code(tuple(sorted({*self.marks, *other.marks})), accepted)

    def changes(self, today: Callable[[str, str], Mark | None]) -> dict[Mark, str]:
        """What has changed since, by mark: how, in words. `today` tells the mark of the word of a
        kind and name now, None for one it does not know: that is no change.
        """
        found = {}
        for mark in self.marks:
            now = today(mark.kind, mark.name)
            if now is not None and (change := mark.change(now)):
                found[mark] = change
        return found

    def differs(self, other: Code) -> bool:
        """True when a word that both have is of another version or source in them."""
        known = {(mark.kind, mark.name): mark for mark in other.marks}
        return bool(self.changes(lambda kind, name: known.get((kind, name))))

    def brought(self, names: Iterable[str], today: Callable[[str, str], Mark | None]) -> Code:
        """The code after changes of the words `names` were accepted, with a note of what was."""
        wanted = set(names)
        old = [mark for mark in self.changes(today) if mark.name in wanted]
        new = {mark: today(mark.kind, mark.name) for mark in old}
        marks = [new.get(mark) or mark for mark in self.marks]
        return Code(tuple(sorted(marks)), tuple(sorted({*self.accepted, *old})))
