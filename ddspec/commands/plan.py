"""`ddspec plan`: what a run would train, and why, before anything is trained."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec import pipeline
from ddspec.commands.terminal import again, set_option, show, step_option
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    from ddspec.plan.ways import Step


reuse_option = click.option(
    "--reuse",
    type=Path,
    multiple=True,
    metavar="DIR",
    help="Carry finished cells over from that run folder too; may be repeated.",
)


@click.command("plan")
@click.argument("file")
@click.option("--out", type=Path, metavar="DIR", help="The run folder [default: runs/SPEC].")
@click.option("--experiment", metavar="NAME", help="Only the experiment of that name.")
@click.option("--workers", type=click.IntRange(1), help="Workers the estimate is for.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@reuse_option
@step_option
@set_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    out: Path | None,
    experiment: str | None,
    workers: int | None,
    as_json: bool,
    reuse: tuple[Path, ...],
    step: Step,
    values: dict[str, str],
) -> None:
    """Show which cells of FILE a run would train, which it keeps, and how long it would take."""
    spec = checked(ctx, file, values)
    folder = out or pipeline.default_folder(file)
    outlooks = pipeline.plan(spec, folder, experiment, workers=workers, step=step, reuse=reuse)
    if as_json:
        click.echo(json.dumps({"experiments": [each.as_json() for each in outlooks]}, indent=2))
        return
    from ddspec.plan.describe import describe

    for outlook in outlooks:
        click.echo(describe(outlook, workers or os.cpu_count() or 1) + "\n")
    click.echo(f"Nothing has run. Continue with: {again(ctx)}")


def checked(ctx: click.Context, file: str, values: dict[str, str]) -> Spec:
    """The checked spec; with errors they are shown on stderr and the command exits with 1."""
    spec, problems, sources = pipeline.check(file, values)
    show(problems, sources, err=True)
    if spec is None:
        ctx.exit(1)
    return spec
