"""`ddspec words --check MODULE`: whether the words of a plug-in are as good as ddspec's own."""

from __future__ import annotations

import click

from ddspec.commands.terminal import report
from ddspec.errors import DdspecError
from ddspec.vocabulary.glossary import signature
from ddspec.vocabulary.plugins import load
from ddspec.vocabulary.registry import find


def check_plugin(ctx: click.Context, name: str) -> None:
    """Load the plug-in `name` and check each of its words; exits with 1 when one is wrong."""
    from ddspec.testing import check_word

    plugin = next((each for each in load([name]) if name in (each.named, each.module)), None)
    if plugin is None or not plugin.words:
        raise DdspecError(
            f"{name} has no words of its own to check",
            "a word is a class with the decorator `@word`, of ddspec.vocabulary.kinds",
        )
    wrong = 0
    for kind, word_name in plugin.words:
        word = find(kind, word_name)
        assert word is not None
        try:
            check_word(word)
        except DdspecError as fault:
            wrong += 1
            report(fault)
        else:
            click.echo(f"{kind} `{word_name}` is right: {signature(word)}")
    ctx.exit(1 if wrong else 0)
