"""`ddspec words`: the vocabulary, by kind."""

from __future__ import annotations

import json
from typing import Any

import click

from ddspec.commands.conformance import check_plugin
from ddspec.commands.described import form_data, word_data
from ddspec.language.forms import FORMS
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import signature, summary, words_of


@click.command("words")
@click.argument("kind", required=False, metavar="[KIND]", type=click.Choice(list(registry.FOLDERS)))
@click.option("--check", "plugin", metavar="MODULE", help="Check the words of a plug-in.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@click.pass_context
def command(ctx: click.Context, kind: str | None, plugin: str | None, *, as_json: bool) -> None:
    """List the words that a spec may use, of one KIND or of all.

    With --json: `words`, all that `explain` tells of each, and `forms` of the language.
    """
    if plugin is not None:
        check_plugin(ctx, plugin)
    if as_json:
        click.echo(json.dumps(_data(kind), indent=2, ensure_ascii=False))
        return
    for each in [kind] if kind else registry.FOLDERS:
        click.secho(each, bold=True)
        for word in words_of(each):
            click.echo(f"  {signature(word)}")
            click.echo(click.wrap_text(summary(word), 96, " " * 6, " " * 6))
    if not kind:
        click.secho("of the language", bold=True)
        click.echo(f"  {', '.join(FORMS)}")
    click.echo("\n`ddspec explain WORD` says what each argument is.")


def _data(kind: str | None) -> dict[str, list[dict[str, Any]]]:
    kinds = [kind] if kind else list(registry.FOLDERS)
    return {
        "words": [word_data(word) for each in kinds for word in words_of(each)],
        "forms": [] if kind else [form_data(name) for name in FORMS],
    }
