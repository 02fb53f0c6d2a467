"""`ddspec run`: train what is missing and leave datasets and figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ddspec import pipeline
from ddspec.commands.plan import checked, reuse_option
from ddspec.commands.terminal import INTERRUPTED, again, set_option, step_option
from ddspec.outcome import summary

if TYPE_CHECKING:
    from ddspec.execution.advance import Advance

DEFAULT = ParameterSource.DEFAULT  # what a profile may say, since the user has not


def _most_failures(ctx: click.Context, param: click.Parameter, given: str) -> int | None:
    """How many failures end the run; None: none do."""
    if given == "continue":
        return None
    found = re.fullmatch(r"stop(?:-after[=: ]\s*([1-9]\d*))?", given)
    if found is None:
        raise click.BadParameter(f"`{given}` is not continue, stop or stop-after=N", ctx, param)
    return int(found[1] or 1)


def _causes(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...] | None:
    """What `--retry` names, once or several times, with commas between."""
    from ddspec.plan.retrying import CHOICES

    names = tuple(name.strip() for text in given for name in text.split(","))
    for name in names:
        if name not in CHOICES:
            raise click.BadParameter(f"`{name}` is none of {', '.join(CHOICES)}", ctx, param)
    return names or None


@click.command("run")
@click.argument("file")
@click.option("--out", type=Path, metavar="DIR", help="The run folder [default: runs/SPEC].")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="DDSPEC_DATA",
    metavar="DIR",
    help="Where downloaded datasets lie [default: $DDSPEC_DATA].",
)
@click.option("--address", metavar="ADDR", help="Join the Ray cluster there [default: start one].")
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="TOML",
    help="The machines to ask for, and options that are not given here.",
)
@click.option("--workers", type=click.IntRange(1), help="How many train at once [default: all].")
@click.option("--experiment", metavar="NAME", help="Only the experiment of that name.")
@click.option("--local", is_flag=True, help="Train in this process, without Ray.")
@click.option(
    "--retries",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How often a failing cell is tried again.",
)
@click.option(
    "--on-error",
    "most_failures",
    callback=_most_failures,
    default="continue",
    show_default=True,
    metavar="continue|stop|stop-after=N",
    help="What failing cells do to the run.",
)
@click.option(
    "--retry",
    multiple=True,
    callback=_causes,
    metavar="WHAT,...",
    help="Which stored cells train again: failed (or exception, oom, killed), diverged, none"
    " [default: failed].",
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="For cells under way, after SIGTERM or Ctrl-C.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="To try again while the run folder's file system is away.",
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(0),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="How often cells in training are saved; 0: never.",
)
@click.option(
    "--keep-checkpoints",
    is_flag=True,
    help="Keep the last checkpoint of every cell: for longer training and further measures.",
)
@reuse_option
@step_option
@set_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    file: str,
    out: Path | None,
    values: dict[str, str],
    **options: Any,
) -> None:
    """Train the cells of FILE that its run folder lacks; leave datasets and figures there.

    Running again continues: finished cells are kept, failed ones are tried once more. Ctrl-C,
    SIGTERM and SIGHUP end the run after the cells under way, a second one at once.

    Exits with 1 when a cell failed, with 130, 143 or 129 after those signals.
    """
    checked(ctx, file, values)
    folder = out or pipeline.default_folder(file)
    told = {n: v for n, v in options.items() if ctx.get_parameter_source(n) is not DEFAULT}
    from ddspec.commands.display import display
    from ddspec.commands.follow import Follower

    with display() as shown:
        follower = Follower(shown)
        outcome, code = None, INTERRUPTED
        hooks: dict[str, Any] = {"on_outlook": follower.begin, "on_event": follower.see}
        try:
            outcome = pipeline.run(
                file, folder, overrides=values, advance=follower.advance, **hooks, **told
            )
        except KeyboardInterrupt:
            pass
        except SystemExit as end:
            code = int(end.code or 0)
    if outcome is None:
        click.echo(stopped(follower.advance, folder), err=True)
        click.echo(f"continue with: {again(ctx)}", err=True)
        ctx.exit(code)
    click.echo("\n".join(summary(outcome)))
    if outcome.ended:
        click.echo(f"stopped: {outcome.ended} (--on-error)\ncontinue with: {again(ctx)}", err=True)
    ctx.exit(1 if outcome.failures or outcome.ended else 0)


def stopped(advance: Advance, folder: Path) -> str:
    """What an interrupted run kept."""
    kept, total = advance.kept + advance.saved, advance.kept + advance.total
    how = f"{kept:,} of {total:,} cells are kept in {folder}" if total else "nothing was begun"
    return f"stopped: {how}"
