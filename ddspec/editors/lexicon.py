"""Grammar and vocabulary → the words of the language by what they are, for every highlighter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

import attrs

from ddspec.language.forms import FORMS
from ddspec.language.grammar import tables
from ddspec.language.tokens import scanner
from ddspec.spec.axis_checks import RECORDED
from ddspec.spec.body import BLOCKS
from ddspec.spec.decimals import FUNCTIONS
from ddspec.spec.declare import KINDS, RESERVED
from ddspec.spec.units import UNITS
from ddspec.vocabulary import registry

EXPERIMENT: Final = "experiment"
LOGARITHMIC: Final = "_LOG"  # the reserved word that is a name as well


@attrs.frozen
class Lexicon:
    """Names that mean something, by what they are; a name has one meaning at one place.

    statements, expressions: reserved words, by where they stand. kinds: what declares a name.
    blocks: parts of an experiment. words: the vocabulary, by kind. choices: names that arguments
    of words take. quantities: what every cell records.
    """

    statements: tuple[str, ...]
    expressions: tuple[str, ...]
    kinds: tuple[str, ...]
    blocks: tuple[str, ...]
    units: tuple[str, ...]
    constants: tuple[str, ...]
    functions: tuple[str, ...]
    forms: tuple[str, ...]
    quantities: tuple[str, ...]
    choices: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]

    @property
    def vocabulary(self) -> frozenset[str]:
        """The words of all kinds."""
        return frozenset(name for names in self.words.values() for name in names)

    @property
    def shared(self) -> tuple[str, ...]:
        """Names that are words of several kinds, sorted."""
        count = Counter(name for names in self.words.values() for name in names)
        return tuple(sorted(name for name, kinds in count.items() if kinds > 1))

    def only(self, kind: str) -> tuple[str, ...]:
        """The words of a kind that are words of no other."""
        return tuple(name for name in self.words[kind] if name not in self.shared)


def lexicon(*, vocabulary: bool = True) -> Lexicon:
    """The language as this ddspec reads it, with the words of plug-ins that are loaded.

    Without `vocabulary` it has no words and no choices. Raises DdspecError for a plug-in that
    cannot be loaded.
    """
    inner = set(_expression_words())
    forms = tuple(sorted(set(FORMS) - set(BLOCKS)))
    constants = RESERVED - {*FUNCTIONS, *forms, *RECORDED}
    words = {kind: registry.names(kind) for kind in registry.FOLDERS} if vocabulary else {}
    meant = {*constants, *RECORDED, *chain(*words.values())}
    return Lexicon(
        statements=tuple(sorted(set(scanner().words) - inner)),
        expressions=tuple(sorted(inner)),
        kinds=(*KINDS, EXPERIMENT),
        blocks=BLOCKS,
        units=UNITS,
        constants=tuple(sorted(constants)),
        functions=tuple(sorted(FUNCTIONS)),
        forms=forms,
        quantities=RECORDED,
        choices=tuple(sorted(set(_choices(words)) - meant)),
        words=words,
    )


def pattern(terminal: str) -> str:
    """The regular expression of a terminal of the grammar: `NUMBER`."""
    (found,) = (t.pattern.value for t in tables().terminals if t.name == terminal)
    return str(found)


def signs() -> tuple[str, ...]:
    """Every sign of the language that is no word, longest first."""
    named = {t.pattern.value for t in tables().terminals if t.pattern.type == "str"}
    return tuple(sorted(named - set(scanner().words), key=lambda sign: (-len(sign), sign)))


def _expression_words() -> Iterator[str]:
    """The reserved words that stand in expressions: those of rules met from `expr`."""
    names = {terminal: word for word, terminal in scanner().words.items()}
    seen, waiting = {"body"}, ["expr"]  # a body is made of statements
    while waiting:
        rule = waiting.pop()
        if rule in seen:
            continue
        seen.add(rule)
        for each in (r.expansion for r in tables().rules if r.origin.name == rule):
            waiting += [str(symbol.name) for symbol in each if not symbol.is_term]
            yield from (names[s.name] for s in each if s.is_term and s.name in names)


def _choices(words: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The names that arguments of words take in place of values."""
    for kind, names in words.items():
        for name in names:
            found = registry.find(kind, name)
            for parameter in () if found is None else found.parameters_of():
                yield from parameter.choices
                yield from (named for named, _ in parameter.named)
