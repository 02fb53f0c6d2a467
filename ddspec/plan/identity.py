"""The normal form of a cell, its id and its kin."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import attrs

from ddspec.spec.model import Composition, Seed
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.word import label_of

# The version of this algorithm: to change what enters an id is to change this text.
PREFIX = b"ddspec-cell-1\0"
KIN_PREFIX = b"ddspec-kin-1\0"
VERSIONED = re.compile(r'("word":"[\w:]+)@\d+"')


def normal(value: Any) -> Any:
    """A value of a cell as plain JSON: neutral defaults and neutral words are left out.

    A word becomes an object with `word`, its label; a duration is in steps.
    """
    if isinstance(value, Word):
        return _normal_word(value)
    if isinstance(value, Duration):
        return {value.unit: value.count}
    if isinstance(value, tuple):
        return [normal(item) for item in value]
    return value


def _normal_word(value: Word) -> dict[str, Any]:
    form: dict[str, Any] = {"word": label_of(type(value))}
    for parameter in value.parameters_of():
        argument = getattr(value, parameter.field)
        if isinstance(argument, Word) and argument.neutral:
            continue
        if parameter.accepts == "words":
            argument = tuple(word for word in argument if not word.neutral)
        if parameter.accepts == "number" and argument is not None:
            argument = float(argument)
        if parameter.accepts == "numbers" and argument is not None:
            argument = tuple(map(float, argument))
        if argument != parameter.default:
            form[parameter.name] = normal(argument)
    return form


def canonical(value: Word | Composition | Seed) -> str:
    """The normal form of one part of a cell as canonical JSON: sorted keys, ASCII, no spaces."""
    form: Any
    if isinstance(value, Seed):
        form = attrs.asdict(value)
    elif isinstance(value, tuple):
        form = sorted((normal(term) for term in value if not term.neutral), key=_dump)
    else:
        form = normal(value)
    return _dump(form)


def started(train: Any, before: str | None) -> str:
    """The canonical JSON of a procedure with a `start`, in a cell that starts from the weights of
    the cell of id `before`; where it draws its own, that of the procedure without.
    """
    form = normal(attrs.evolve(train, start=None) if hasattr(train, "start") else train)
    if before is not None:
        start = normal(train.start)
        del start["over"]  # the names of axes are no part of a cell
        start.pop("below", None)  # nor are the cells it does not apply to
        form["start"] = {**start, "from": before}
    return _dump(form)


def cell_text(architecture: str, dataset: str, regularizer: str, seed: str, train: str) -> str:
    """The canonical JSON of a whole cell from the canonical JSON of its parts."""
    return (
        f'{{"architecture":{architecture},"dataset":{dataset},"regularizer":{regularizer},'
        f'"seed":{seed},"train":{train}}}'
    )


def digest(text: str) -> str:
    """The id of a cell, 64 hex digits, from its canonical JSON."""
    return hashlib.sha256(PREFIX + text.encode("ascii")).hexdigest()


def versionless(text: str) -> str:
    """A canonical JSON without the versions of its words."""
    return VERSIONED.sub(r'\1"', text)


def kin(text: str) -> str:
    """The kin of a cell, 32 hex digits, from its canonical JSON without versions: what the ids of a
    cell before and after a new version of one of its words have in common.
    """
    return hashlib.sha256(KIN_PREFIX + text.encode("ascii")).hexdigest()[:32]


def _dump(form: Any) -> str:
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
