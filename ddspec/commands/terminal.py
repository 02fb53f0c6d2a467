"""What every command says in the same way: problems of a spec, mistakes, `--set name=value`."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

import click

from ddspec.errors import DdspecError, Diagnostic
from ddspec.language.render import render, summary
from ddspec.markup import painted, plain

SHOWN = 100  # problems of a spec that are told in full
INTERRUPTED = 130  # what shells expect after Ctrl-C
ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*=\s*(\S.*?)\s*", re.DOTALL)


def _assignments(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """The texts of `--set` by name; the last of a name counts."""
    found = [(text, ASSIGNMENT.fullmatch(text)) for text in given]
    for text, match in found:
        if match is None:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE", ctx, param)
    return {match[1]: match[2] for _, match in found if match}


set_option = click.option(
    "--set",
    "values",
    multiple=True,
    callback=_assignments,
    metavar="NAME=VALUE",
    help="Replace an axis or a `let` of the spec; may be repeated.",
)

step_option = click.option(
    "--step",
    type=click.Choice(["auto", "native", "compiled", "eager"]),
    default="auto",
    show_default=True,
    help="How training steps are taken; `plan` tells what `auto` comes to.",
)


def paints(stream: IO[str]) -> bool:
    """True when `stream` is a terminal whose reader did not ask for plain text."""
    return stream.isatty() and not plain()


def write(text: str, *, err: bool = False) -> None:
    """Print `text`, its messages colored on a terminal."""
    colored = paints(sys.stderr if err else sys.stdout)
    click.echo(painted(text) if colored else text, err=err, color=colored)


def report(error: DdspecError) -> None:
    """A user's mistake on stderr: what is wrong, and what to do."""
    write(error.text, err=True)


@contextmanager
def mistakes() -> Iterator[None]:
    """A file that cannot be used and a lack of memory become DdspecErrors."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise DdspecError(f"cannot use {error.filename}: {error.strerror}") from error
    except MemoryError as error:
        raise DdspecError("this machine has no memory left", "run on one with more") from error


def show(problems: Sequence[Diagnostic], sources: Mapping[str, str], *, err: bool = False) -> None:
    """Every problem of a spec with its place, then how many there are."""
    for problem in problems[:SHOWN]:
        write(render(problem, sources) + "\n", err=err)
    if len(problems) > SHOWN:
        write(f"... and {len(problems) - SHOWN} more", err=err)
    if problems:
        write(summary(problems), err=err)


def again(ctx: click.Context) -> str:
    """The words that run what `ctx` was called for: `ddspec run FILE ...`, ready to paste."""
    typed = [word for word in ctx.meta["ddspec.typed"][1:] if word != "--json"]
    return shlex.join(["ddspec", "run", *typed])
