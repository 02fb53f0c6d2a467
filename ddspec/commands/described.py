"""Words, forms and codes as plain data, under names that stay."""

from __future__ import annotations

import inspect
import re
from typing import Any

from ddspec.language.forms import FORMS
from ddspec.spec.catalogue import Entry
from ddspec.vocabulary.glossary import signature, spelled, summary, takes
from ddspec.vocabulary.kinds import Architecture, Optimizer, Procedure, Regularizer, Word
from ddspec.vocabulary.schema import Parameter

PART = re.compile(r"^(Source|Example): ((?:.|\n)*?)(?=^(?:Source|Example): |\Z)", re.MULTILINE)


def word_data(word: type[Word]) -> dict[str, Any]:
    """Keys: word, kind, version, signature, summary, text (with the formula), traits, needs,
    arguments, source and example.
    """
    text = inspect.cleandoc(word.__doc__ or "")
    parts = {name: " ".join(found.split()) for name, found in PART.findall(text)}
    return {
        "word": word.name(),
        "kind": word.kind,
        "version": word.version,
        "signature": signature(word),
        "summary": summary(word),
        "text": PART.sub("", text).strip(),
        "traits": traits(word),
        "needs": needs(word),
        "arguments": [_argument(parameter) for parameter in word.parameters_of()],
        "source": parts.get("Source", ""),
        "example": parts.get("Example", ""),
    }


def traits(word: type[Word]) -> list[str]:
    """What a word says of itself to others: how a regularizer acts, what a network has; none where
    that depends on its arguments.
    """
    if issubclass(word, Regularizer):
        return [word.acts]
    found = word.traits if issubclass(word, Architecture | Procedure) else frozenset()
    return sorted(found) if isinstance(found, frozenset) else []


def needs(word: type[Word]) -> list[str]:
    """Traits that others must have for it, as far as they do not depend on its arguments."""
    if issubclass(word, Optimizer):
        return sorted(word.needs)
    if word.parameters_of():
        return []
    made = word()
    return sorted(made.needs_here) if isinstance(made, Regularizer) else []


def _argument(parameter: Parameter) -> dict[str, Any]:
    """`default` is as a spec writes it, None for an argument that is required."""
    return {
        "name": parameter.name,
        "help": parameter.help,
        "takes": takes(parameter),
        "required": parameter.required,
        "default": None if parameter.required else spelled(parameter.default),
        "range": parameter.interval if _bounded(parameter) else None,
        "units": list(parameter.units),
        "choices": list(parameter.choices),
        "kind": parameter.kind,
    }


def _bounded(parameter: Parameter) -> bool:
    return parameter.low is not None or parameter.high is not None


def form_data(name: str) -> dict[str, Any]:
    """What the language itself can say. Keys: form and text."""
    return {"form": name, "text": FORMS[name].strip()}


def code_data(entry: Entry) -> dict[str, Any]:
    """Keys: code, title, why, wrong and right."""
    return {
        "code": entry.code,
        "title": entry.title,
        "why": entry.why,
        "wrong": entry.wrong,
        "right": entry.right,
    }
