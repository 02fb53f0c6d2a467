"""`--plugin MODULE`: the option that every command has, and the words it loads before all else."""

from __future__ import annotations

import warnings

import click

from ddspec.commands.terminal import write
from ddspec.vocabulary.plugins import load

OPTION = "--plugin"


def _load(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> None:
    """Load installed plug-ins and those that are named; what is odd about them is said at once."""
    del param
    if ctx.resilient_parsing:  # a shell completes a line
        return
    with warnings.catch_warnings(record=True) as odd:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        load(given)
    for each in odd:
        write(f"warning: {each.message}", err=True)


def plugged(command: click.Command) -> click.Command:
    """The command with the option `--plugin`."""
    if not any(OPTION in each.opts for each in command.params):
        command.params.append(
            click.Option(
                [OPTION],
                multiple=True,
                is_eager=True,
                expose_value=False,
                callback=_load,
                metavar="MODULE",
                help="Words of your own: an installed module, or a path as ./mine.py;"
                " may be repeated.",
            )
        )
    return command


def behind(args: list[str]) -> list[str]:
    """The words typed with every leading `--plugin MODULE` behind the command, which takes it."""
    rest, moved = list(args), []
    while rest and (rest[0] == OPTION or rest[0].startswith(f"{OPTION}=")):
        count = 1 if "=" in rest[0] else 2
        moved += rest[:count]
        rest = rest[count:]
    return [*rest[:1], *moved, *rest[1:]]
