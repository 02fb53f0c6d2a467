"""Words of the vocabulary as text: how each is called, what it takes, what it means."""

from __future__ import annotations

import inspect
import re

from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Parameter

SENTENCE_END = re.compile(r"(?<!\.)\.\s+(?=[A-Z])")
TAKES = {
    "integer": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "integers": "a list of whole numbers",
    "numbers": "a list of numbers",
    "duration": "a length of training",
    "durations": "a list of lengths of training",
    "text": "a name, or a text in quotes",
}


def words_of(kind: str) -> list[type[Word]]:
    """The words of a kind, sorted by name."""
    found = (registry.find(kind, name) for name in registry.names(kind))
    return [word for word in found if word is not None]


def words_named(name: str) -> list[type[Word]]:
    """The words of that name; a few names belong to two kinds."""
    found = (registry.find(kind, name) for kind in registry.kinds_of(name))
    return [word for word in found if word is not None]


def signature(word: type[Word]) -> str:
    """The word as it is called: `sgd(lr, momentum: 0, nesterov: false)`."""
    arguments = (
        parameter.name if parameter.required else f"{parameter.name}: {spelled(parameter.default)}"
        for parameter in word.parameters_of()
    )
    return f"{word.name()}({', '.join(arguments)})"


def summary(word: type[Word]) -> str:
    """The first sentence of the word's docstring."""
    paragraph = inspect.cleandoc(word.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return re.sub(r"(?<!\.)\.$", "", SENTENCE_END.split(paragraph)[0])


def spelled(value: object) -> str:
    """A default as a spec would write it: `none`, `true`, `0.9`, `[1, 2]`, `l2(strength: 1)`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(spelled, value))}]"
    return _call(value) if isinstance(value, Word) else str(value)


def _call(value: Word) -> str:
    given = (
        f"{parameter.name}: {spelled(getattr(value, parameter.field))}"
        for parameter in value.parameters_of()
        if parameter.required or getattr(value, parameter.field) != parameter.default
    )
    return f"{value.name()}({', '.join(given)})"


def takes(parameter: Parameter) -> str:
    """What an argument accepts: `a whole number in [1, inf), in samples`."""
    if parameter.accepts == "choice":
        return f"one of {', '.join(parameter.choices)}"
    if parameter.accepts == "word":
        lifted = f", or a number n for {parameter.lift}(n)" if parameter.lift else ""
        return f"a word of kind {parameter.kind}{lifted}"
    if parameter.accepts == "words":
        return f"a list of words of kind {parameter.kind}, in order, or one"
    bounded = parameter.low is not None or parameter.high is not None
    interval = f" in {parameter.interval}" if bounded else ""
    units = f", in {' or '.join(parameter.units)}" if parameter.units else ""
    named = "".join(f", or `{name}`" for name, _ in parameter.named)
    return TAKES[parameter.accepts] + interval + units + named
