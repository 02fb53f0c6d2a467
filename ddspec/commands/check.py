"""`ddspec check`: every problem of a spec, without running anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import click

from ddspec import pipeline
from ddspec.commands.terminal import report, set_option, show
from ddspec.errors import DdspecError, Diagnostic
from ddspec.language.render import as_json
from ddspec.spec.model import Spec


@attrs.frozen
class Verdict:
    """What the check of one file found; `mistake` is why the file could not be read at all."""

    file: str
    spec: Spec | None = None
    problems: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = attrs.field(factory=dict)
    mistake: DdspecError | None = None


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, one JSON document for scripts.",
)
@set_option
@click.pass_context
def command(ctx: click.Context, files: tuple[str, ...], form: str, values: dict[str, str]) -> None:
    """Say everything that is wrong with the specs in FILE...; nothing is trained.

    Exits with 0 when every file can be run (warnings allowed), with 1 when one cannot.
    """
    verdicts = [_judge(file, values) for file in files]
    if form == "json":
        click.echo(json.dumps({"files": [_data(verdict) for verdict in verdicts]}, indent=2))
    else:
        for verdict in verdicts:
            _print(verdict)
    ctx.exit(0 if all(verdict.spec for verdict in verdicts) else 1)


def _judge(file: str, values: dict[str, str]) -> Verdict:
    try:
        return Verdict(file, *pipeline.check(file, values))
    except DdspecError as mistake:
        return Verdict(file, mistake=mistake)


def _print(verdict: Verdict) -> None:
    show(verdict.problems, verdict.sources)
    if verdict.mistake is not None:
        report(verdict.mistake)
    if verdict.spec is not None:
        grids = [f"{each.name} ({each.size:,} grid points)" for each in verdict.spec.experiments]
        click.echo(f"{verdict.file} can be run: {', '.join(grids) or 'declarations only'}")


def _data(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "ok": verdict.spec is not None,
        "error": verdict.mistake and str(verdict.mistake),
        "diagnostics": [as_json(problem, verdict.sources) for problem in verdict.problems],
    }
