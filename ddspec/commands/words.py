"""`ddspec words`: the vocabulary, by kind."""

from __future__ import annotations

import click

from ddspec.commands.conformance import check_plugin
from ddspec.language.forms import FORMS
from ddspec.vocabulary import registry
from ddspec.vocabulary.glossary import signature, summary, words_of


@click.command("words")
@click.argument("kind", required=False, metavar="[KIND]", type=click.Choice(list(registry.FOLDERS)))
@click.option("--check", "plugin", metavar="MODULE", help="Check the words of a plug-in.")
@click.pass_context
def command(ctx: click.Context, kind: str | None, plugin: str | None) -> None:
    """List the words that a spec may use, of one KIND or of all."""
    if plugin is not None:
        check_plugin(ctx, plugin)
    for each in [kind] if kind else registry.FOLDERS:
        click.secho(each, bold=True)
        for word in words_of(each):
            click.echo(f"  {signature(word)}")
            click.echo(click.wrap_text(summary(word), 96, " " * 6, " " * 6))
    if not kind:
        click.secho("of the language", bold=True)
        click.echo(f"  {', '.join(FORMS)}")
    click.echo("\n`ddspec explain WORD` says what each argument is.")
