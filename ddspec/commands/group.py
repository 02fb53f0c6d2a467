"""The `ddspec` command: finds the command asked for and turns mistakes into messages."""

from __future__ import annotations

import importlib
from typing import Any

import click

from ddspec import __version__
from ddspec.commands.plugged import behind, plugged
from ddspec.commands.terminal import INTERRUPTED, mistakes, report
from ddspec.errors import DdspecError
from ddspec.language.near import nearest

NAMES = (
    "new",
    "check",
    "fmt",
    "show",
    "diff",
    "plan",
    "run",
    "status",
    "watch",
    "repro",
    "accept",
    "merge",
    "gc",
    "verify",
    "plot",
    "report",
    "data",
    "words",
    "explain",
    "editors",
    "doctor",
    "completion",
    "lsp",
)


class Commands(click.Group):
    """Loads only the file of the command asked for, so that `check` starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The commands, in the order in which one meets them."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; a wrong one is refused with the nearest right ones."""
        if cmd_name not in NAMES and ctx.resilient_parsing:
            return None
        if cmd_name not in NAMES:
            near = " or ".join(f"`ddspec {name}`" for name in nearest(cmd_name, NAMES))
            ctx.fail(f"no command `{cmd_name}`{near and f'; did you mean {near}?'}")
        command: click.Command = importlib.import_module(f"ddspec.commands.{cmd_name}").command
        if ctx.resilient_parsing:  # a shell completes what is typed
            from ddspec.commands.completion import completing

            return completing(command)
        return plugged(command)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, keeping the words typed, to be able to say how to continue."""
        args = behind(args)
        ctx.meta["ddspec.typed"] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a user's mistake, a file that cannot be used and a lack of memory are
        messages and exit code 1, never tracebacks.
        """
        try:
            with mistakes():
                return super().invoke(ctx)
        except DdspecError as error:
            report(error)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ddspec %(version)s")
def ddspec() -> None:
    """Declare double-descent experiments, train the whole grid, get one labelled dataset."""
