"""`ddspec watch`: follow a run that another process makes, until it ends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from ddspec.results.heartbeat import Pulse

FAILED, TIMED_OUT = 1, 2
START = "ddspec run SPEC"
FIRST_SIGN = 10.0  # seconds within which a run that was just started should be heard of


@click.command("watch")
@click.argument("folder", type=Path, metavar="DIR")
@click.option(
    "--timeout", type=click.FloatRange(0), metavar="SECONDS", help="Give up after so long."
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two lines.",
)
@click.pass_context
def command(ctx: click.Context, folder: Path, *, timeout: float | None, interval: float) -> None:
    """Follow the run that writes to the run folder DIR until it ends, a line now and then.

    Exits with 0 when it has finished and no cell failed, with 1 when cells failed or it was stopped
    or broke off, and with 2 after --timeout. A run may be watched from any machine that sees DIR.
    """
    from ddspec.commands.status import state_of, told
    from ddspec.results.heartbeat import read_pulse

    began = time.monotonic()
    while True:
        pulse, passed = read_pulse(folder), time.monotonic() - began
        if pulse is None and passed > FIRST_SIGN:
            raise DdspecError(f"no run has begun in {folder}", f"start one: {START} --out {folder}")
        if pulse is not None:
            lines = list(told(pulse))
            click.echo("\n".join(lines[:1] if pulse.alive else lines))
            if not pulse.alive:
                ctx.exit(0 if _fine(pulse) else FAILED)
        if timeout is not None and passed >= timeout:
            what = "nothing was heard" if pulse is None else state_of(pulse)
            click.echo(f"not ended within {timeout:g} s: {what}", err=True)
            ctx.exit(TIMED_OUT)
        left = interval if timeout is None else min(interval, timeout - passed)
        time.sleep(max(left, 0.05))


def _fine(pulse: Pulse) -> bool:
    return pulse.state == "finished" and not pulse.progress.statuses.get("failed")
