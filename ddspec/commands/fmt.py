"""`ddspec fmt`: specs in the one layout, their tokens and comments as they are."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ddspec.commands.sources import STDIN, difference, read_source, replace_source
from ddspec.commands.terminal import report, show
from ddspec.errors import DdspecError, SpecError
from ddspec.language.formatting import format_text


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 1 on a change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], *, only_check: bool, diff: bool) -> None:
    """Lay out the specs in FILE...; `-` reads one from standard input and prints it.

    Only white space and line ends change, so that the cells of a spec keep their ids. A file with
    syntax errors is left as it is. Exits with 0, or with 1 when a file could not be formatted or,
    with --check, would change.
    """
    if STDIN in files and len(files) > 1:
        raise click.UsageError("`-` is given alone: it prints what it formats")
    changed = [_format(file, only_check, diff) for file in files]
    if STDIN not in files and not diff and None not in changed:
        click.echo(_summary(changed, "would change" if only_check else "formatted"))
    ctx.exit(int(None in changed or (only_check and True in changed)))


def _format(file: str, only_check: bool, diff: bool) -> bool | None:
    """Format one file: whether that changes it, or None after saying why it cannot be."""
    name = "<stdin>" if file == STDIN else file
    try:
        old = read_source(file)
        new = format_text(old, name)
        if diff:
            click.echo(difference(old, new, name), nl=False)
        elif only_check:
            click.echo(f"{name} would change\n" * (new != old), nl=False)
        elif file == STDIN:
            click.echo(new.encode("utf-8"), nl=False)
        elif new != old:
            replace_source(file, new)
            click.echo(f"formatted {file}")
    except SpecError as error:
        show(error.diagnostics, error.sources, err=True)
    except DdspecError as error:
        report(error)
    else:
        return new != old
    return None


def _summary(changed: Sequence[bool | None], verb: str) -> str:
    few = sum(map(bool, changed))
    return f"{few} file{'s' * (few != 1)} {verb}, {len(changed) - few} unchanged"
