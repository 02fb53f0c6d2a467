"""The line of `%%dd` to options: those of `ddspec run`, and a few that a cell needs."""

from __future__ import annotations

import keyword
import shlex
from collections.abc import Callable
from typing import Final

import click

from ddspec.commands.plugged import plugged
from ddspec.commands.run import command as run_command
from ddspec.errors import DdspecError

HELP: Final = """Check the spec below `%%dd`, or in FILE after `%dd`; show its plan, train what its
run folder lacks, and put the dataset of risk into a variable.

Running the cell again trains only what is missing. The run folder of a cell is runs/VAR, where VAR
is --name or else the first experiment's name; files that the spec uses are looked for in the
folder one is in. The variable has the experiment's name, or is `risk` where that is taken and
where there are several experiments, whose datasets it then holds by name.
"""


def parsed(line: str, answer: Callable[..., None]) -> None:
    """Call `answer` with the options of a line; `--help` prints them instead.

    Raises DdspecError for a line that says something else.
    """
    try:
        with command_for(answer).make_context("%%dd", _words(line)) as ctx:
            ctx.command.invoke(ctx)
    except click.exceptions.Exit:
        pass
    except click.ClickException as error:
        raise DdspecError(error.format_message(), "`%dd --help` lists the options") from None


def is_variable(name: str) -> bool:
    """Whether Python takes a name for a variable."""
    return name.isidentifier() and not keyword.iskeyword(name)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise DdspecError(f"the line of %%dd cannot be read: {error}", "close the quotes") from None


def command_for(answer: Callable[..., None]) -> click.Command:
    """The command that reads the line and gives its options to `answer`."""
    own: list[click.Parameter] = [
        click.Argument(["file"], required=False),
        click.Option(
            ["--name"], callback=_variable, metavar="VAR", help="The variable, and the run folder."
        ),
        click.Option(["--check", "only_check"], is_flag=True, help="Only check; train nothing."),
        click.Option(["--plan", "only_plan"], is_flag=True, help="Only plan; train nothing."),
    ]
    theirs = [each for each in run_command.params if each.name != "file"]
    return plugged(click.Command("dd", params=[*own, *theirs], callback=answer, help=HELP))


def _variable(ctx: click.Context, param: click.Parameter, given: str | None) -> str | None:
    if given is not None and not is_variable(given):
        raise click.BadParameter(f"`{given}` cannot be a variable", ctx, param)
    return given
