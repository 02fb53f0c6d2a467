"""Pages about words, arguments, codes and forms of the language, as an editor shows them."""

from __future__ import annotations

import inspect

from ddspec.language.forms import FORMS
from ddspec.spec.catalogue import CATALOGUE
from ddspec.vocabulary.glossary import signature, spelled, takes
from ddspec.vocabulary.kinds import Regularizer, Word
from ddspec.vocabulary.schema import Parameter
from ddspec.vocabulary.theory import Theory

SCHEME = "ddspec"  # of the addresses of pages that the server itself gives


def fenced(text: str) -> str:
    """Text of a spec, as a block of code."""
    return f"```dd\n{text}\n```"


def word_page(word: type[Word]) -> str:
    """What `ddspec explain` says of a word, in Markdown."""
    lines = [fenced(signature(word)), f"*{word.kind}*, version {word.version}", ""]
    lines += [_prose(inspect.cleandoc(word.__doc__ or ""))]
    if issubclass(word, Regularizer):
        lines += ["", f"Acts as: {word.acts} regularizer."]
    if word.parameters_of():
        lines += [""]
    lines += [f"- {argument_text(parameter, word)}" for parameter in word.parameters_of()]
    return "\n".join(lines)


def argument_text(parameter: Parameter, word: type[Word] | None = None) -> str:
    """An argument: what it is, what it takes, its default."""
    default = default_of(parameter)
    if word is not None and issubclass(word, Theory) and parameter.default is None:
        default = "unless written, as in the experiment"
    return f"`{parameter.name}`: {parameter.help}. {takes(parameter)}; {default}"


def argument_line(parameter: Parameter) -> str:
    """What an argument takes, and its default."""
    return f"{takes(parameter)}; {default_of(parameter)}"


def default_of(parameter: Parameter) -> str:
    """`required`, or `default 0.9`."""
    return "required" if parameter.required else f"default {spelled(parameter.default)}"


def form_page(name: str) -> str | None:
    """What the language itself can call; None for any other name."""
    if name not in FORMS:
        return None
    head, _, rest = FORMS[name].strip().partition("\n\n")
    return f"{fenced(head)}\n{_prose(rest)}"


def code_page(code: str) -> str | None:
    """What the code of a message means, with a wrong and a right example; None for no code."""
    entry = CATALOGUE.get(code)
    if entry is None:
        return None
    examples = f"# wrong\n{entry.wrong}\n# right\n{entry.right}"
    return f"**{code}** {entry.title}\n\n{entry.why}\n\n{fenced(examples)}"


def address_of(code: str) -> str:
    """Where an editor asks for the page of a code."""
    return f"{SCHEME}:/explain/{code}.md"


def page_at(address: str) -> str:
    """The page of an address of `address_of`; empty when there is none."""
    return code_page(address.rpartition("/")[2].removesuffix(".md")) or ""


def _prose(text: str) -> str:
    """A docstring in Markdown: as it is, for its line breaks and formulas."""
    return f"```text\n{text}\n```"
