"""An experiment to the words it is made of, each with the paper it comes from."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final

import attrs

from ddspec.spec.model import Experiment
from ddspec.vocabulary.kinds import Word

SOURCE: Final = re.compile(r"Source[^:\n]*: (.*?)(?=\n\n|\nExample|\Z)", re.DOTALL)


def sources(experiment: Experiment) -> list[tuple[str, str]]:
    """The names of the words in use with their sources, each once, sorted by name."""
    values: list[Any] = [
        *experiment.dataset.values,
        *experiment.architecture.values,
        *(term for terms in experiment.regularizer.values for term in terms or ()),
        *experiment.train.values,
        *experiment.measures.values(),
        *experiment.reports.values(),
    ]
    used = {type(word) for value in values for word in _words(value)}
    found = {word.name(): _source(word) for word in used}
    return sorted((name, source) for name, source in found.items() if source)


def _words(value: object) -> Iterator[Word]:
    if isinstance(value, Word):
        yield value
        for field in attrs.fields(type(value)):  # type: ignore[arg-type]
            yield from _words(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _words(each)


def _source(word: type[Word]) -> str:
    match = SOURCE.search(inspect.cleandoc(word.__doc__ or ""))
    return " ".join(match[1].split()) if match else ""
