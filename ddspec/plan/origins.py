"""Cells of a plan to where their readings come from: the code of their words, and their kin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property

import attrs

from ddspec.plan.code import Code, Mark
from ddspec.plan.fingerprint import fingerprint
from ddspec.plan.identity import canonical, cell_text, kin, started, versionless
from ddspec.plan.plan import Plan
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word


def mark_of(word: type[Word]) -> Mark:
    """The mark of a word as it is now."""
    return Mark(word.kind, word.name(), word.version, fingerprint(word))  # type: ignore[arg-type]


def today(kind: str, name: str) -> Mark | None:
    """The mark of the word of that kind and name as it is now; None when there is none."""
    word = registry.find(kind, name) if kind in registry.FOLDERS else None
    return None if word is None else mark_of(word)


@cache
def changes(code: str) -> dict[Mark, str]:
    """What has changed since cells of a stored `code` were trained, by mark: how, in words.

    Empty for the code of a store of before there was any.
    """
    return Code.parse(code).changes(today)


def words_of(value: object) -> Iterator[type[Word]]:
    """The classes of the words that a value of a cell is made of, neutral ones left out."""
    if isinstance(value, tuple):
        for item in value:
            yield from words_of(item)
    if isinstance(value, Word) and not value.neutral:
        yield type(value)
        for parameter in value.parameters_of():
            yield from words_of(getattr(value, parameter.field))


@attrs.frozen(eq=False, slots=False)
class Origins:
    """The code and the kin of the cells of a plan by number, each worked out when asked for."""

    plan: Plan
    _codes: dict[tuple[int, ...], Code] = attrs.field(factory=dict)
    _kins: dict[int, str] = attrs.field(factory=dict)

    def code(self, number: int) -> Code:
        """The words that the readings of a cell come from: its own, and those of the cells whose
        trained weights it starts from.
        """
        found = Code()
        for place, link in enumerate(self._chain(number)):
            row = (*self.plan.rows[link].tolist()[:4], place > 0)
            if row not in self._codes:
                self._codes[row] = Code.of(self._marked(*row))
            found = found | self._codes[row] if found.marks else self._codes[row]
        return found

    def _marked(self, *row: int) -> Iterator[Mark]:
        """The marks of the words of a row of parts; a run that draws its own weights does not read
        the `start` of its procedure.
        """
        *places, started_from = row
        starts = frozenset() if started_from else frozenset({"start"})
        for place, part in zip(places, self._marks, strict=True):
            yield from (mark for mark in part[place] if mark.kind not in starts)

    def kin(self, number: int) -> str:
        """What the ids of a cell before and after a new version of a word have in common."""
        for link in self._chain(number):
            if link not in self._kins:
                self._kins[link] = self._kin(link)
        return self._kins[number]

    def _kin(self, number: int) -> str:
        dataset, architecture, terms, train, seed = (
            texts[place] for texts, place in zip(self._texts, self.plan.rows[number], strict=True)
        )
        if self.plan.before is not None:
            link = int(self.plan.before[number])
            procedure = self.plan.parts[3][self.plan.rows[number][3]]
            train = versionless(started(procedure, self._kins[link] if link >= 0 else None))
        return kin(cell_text(architecture, dataset, terms, seed, train))

    def _chain(self, number: int) -> list[int]:
        """A cell after those it starts from, the first first."""
        links = [number]
        while self.plan.before is not None and (link := int(self.plan.before[links[-1]])) >= 0:
            links.append(link)
        return links[::-1]

    @cached_property
    def _texts(self) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(versionless(canonical(value)) for value in part) for part in self.plan.parts
        )

    @cached_property
    def _marks(self) -> tuple[tuple[frozenset[Mark], ...], ...]:
        """The marks of the words of each value of the parts that are words."""
        return tuple(
            tuple(frozenset(_marks(words_of(value))) for value in part)
            for part in self.plan.parts[:4]
        )


def _marks(words: Iterable[type[Word]]) -> Iterator[Mark]:
    return map(mark_of, words)
