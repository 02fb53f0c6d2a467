"""`ddspec run`: train what is missing and leave datasets and figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec import pipeline
from ddspec.commands.plan import checked
from ddspec.commands.terminal import INTERRUPTED, again, set_option, step_option

if TYPE_CHECKING:
    from ddspec.execution.advance import Advance
    from ddspec.plan.ways import Step

SHOWN = 5  # causes of failure named at the end


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
@step_option
@set_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    out: Path | None,
    data: Path | None,
    address: str | None,
    workers: int | None,
    experiment: str | None,
    local: bool,
    retries: int,
    step: Step,
    values: dict[str, str],
) -> None:
    """Train the cells of FILE that its run folder lacks; leave datasets and figures there.

    Running again continues: finished cells are kept. Exits with 1 when a cell failed.
    """
    checked(ctx, file, values)
    folder = out or pipeline.default_folder(file)
    from ddspec.commands.display import display
    from ddspec.commands.follow import Follower

    with display() as shown:
        follower = Follower(shown)
        try:
            outcome = pipeline.run(
                file,
                folder,
                data=data,
                address=address,
                workers=workers,
                overrides=values,
                experiment=experiment,
                local=local,
                retries=retries,
                step=step,
                on_outlook=follower.begin,
                on_event=follower.see,
                advance=follower.advance,
            )
        except KeyboardInterrupt:
            outcome = None
    if outcome is None:
        click.echo(stopped(follower.advance, folder, again(ctx)), err=True)
        ctx.exit(INTERRUPTED)
    click.echo("\n".join(summary(outcome)))
    ctx.exit(1 if outcome.failures else 0)


def stopped(advance: Advance, folder: Path, words: str) -> str:
    """What an interrupted run kept, and the command that continues it."""
    kept, total = advance.kept + advance.saved, advance.kept + advance.total
    how = f"{kept:,} of {total:,} cells are kept in {folder}" if total else "nothing was begun"
    return f"stopped: {how}\ncontinue with: {words}"


def summary(outcome: pipeline.Outcome) -> Iterator[str]:
    """The counts, failures by cause, and where the datasets and figures are."""
    from ddspec.execution.advance import by_cause

    counts = ", ".join(f"{count:,} {status}" for status, count in outcome.counts.items() if count)
    yield f"{sum(outcome.counts.values()):,} cells: {counts} ({outcome.trained:,} trained now)"
    causes = by_cause(outcome.failures.values())
    for reason, count in causes[:SHOWN]:
        yield f"  failed {count:,} x {reason}"
    if causes[SHOWN:]:
        yield f"  and {len(causes) - SHOWN} other causes"
    if causes:
        yield f"  tracebacks: {outcome.folder / 'failures.log'}"
    for lines in outcome.findings.values():
        yield from lines
    for name, file in outcome.files.items():
        yield f"dataset  {file}"
        if name in outcome.figures:
            yield f"figure   {outcome.figures[name]}"
    first = next(iter(outcome.files.values()), "<dataset>")
    yield f'open     ddspec.open("{outcome.folder}") or xarray.open_dataset("{first}")'
