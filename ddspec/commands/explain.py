"""`ddspec explain`: one word of the vocabulary or one code of a message, in full."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import click

from ddspec.commands.described import code_data, form_data, needs, word_data
from ddspec.errors import DdspecError
from ddspec.language.forms import FORMS
from ddspec.language.near import nearest
from ddspec.spec.catalogue import CATALOGUE, Entry
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import signature, spelled, takes, words_named
from ddspec.vocabulary.kinds import Regularizer, Word
from ddspec.vocabulary.theory import Theory


@click.command("explain")
@click.argument("subject", metavar="WORD|CODE")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
def command(subject: str, *, as_json: bool) -> None:
    """Say what a WORD of the vocabulary does, or what the CODE of a message means.

    With --json: `words`, `forms` and `codes`, each a list, since a few names belong to two kinds.
    """
    if as_json:
        click.echo(json.dumps(_data(subject), indent=2, ensure_ascii=False))
        return
    parts = [_word(word) for word in words_named(subject)]
    if text := FORMS.get(subject):
        parts.append(_form(subject, text))
    if entry := CATALOGUE.get(subject.upper()):
        parts.append(_code(entry))
    if not parts:
        raise _unknown(subject)
    click.echo("\n\n".join("\n".join(lines) for lines in parts))


def _data(subject: str) -> dict[str, list[dict[str, Any]]]:
    entry = CATALOGUE.get(subject.upper())
    data = {
        "words": [word_data(word) for word in words_named(subject)],
        "forms": [form_data(subject)] if subject in FORMS else [],
        "codes": [code_data(entry)] if entry is not None else [],
    }
    if not any(data.values()):
        raise _unknown(subject)
    return data


def _word(word: type[Word]) -> Iterator[str]:
    yield f"{click.style(word.name(), bold=True)} ({word.kind}, version {word.version})"
    yield f"  {signature(word)}\n"
    yield from (f"  {line}".rstrip() for line in inspect.cleandoc(word.__doc__ or "").split("\n"))
    if issubclass(word, Regularizer):
        yield f"\n  Acts as: {word.acts} regularizer."
    if wanted := needs(word):
        yield f"\n  Needs: {', '.join(wanted)}."
    if word.parameters_of():
        yield "\n  Arguments:"
    for parameter in word.parameters_of():
        default = "required" if parameter.required else f"default {spelled(parameter.default)}"
        if issubclass(word, Theory) and parameter.default is None:
            default = "unless written, as in the experiment"
        yield f"    {parameter.name:<12} {parameter.help}\n{'':17}{takes(parameter)}; {default}"


def _form(name: str, text: str) -> Iterator[str]:
    yield f"{click.style(name, bold=True)} (of the language)"
    yield from (f"  {line}".rstrip() for line in text.strip().split("\n"))


def _unknown(subject: str) -> DdspecError:
    words = {name for kind in registry.FOLDERS for name in registry.names(kind)}
    near = nearest(subject, sorted(words | set(CATALOGUE) | set(FORMS)))
    hints = [f"similar names: {', '.join(near)}"] if near else []
    hints.append("`ddspec words` lists every word; a code looks like `DD101`")
    return DdspecError(f"no word or code `{subject}`", *hints)


def _code(entry: Entry) -> Iterator[str]:
    yield f"{click.style(entry.code, bold=True)} {entry.title}\n"
    yield click.wrap_text(entry.why, 96, "  ", "  ")
    yield f"\n  wrong:  {entry.wrong}\n  right:  {entry.right}"
