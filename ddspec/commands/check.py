"""`ddspec check`: every problem of a spec, without running anything, and what can be fixed."""

from __future__ import annotations

import json
from typing import Any

import attrs
import click

from ddspec import pipeline
from ddspec.commands.annotations import Verdict, sarif, workflow_commands
from ddspec.commands.sources import difference, read_source, replace_source
from ddspec.commands.terminal import report, set_option, show
from ddspec.errors import DdspecError, Fix
from ddspec.language.render import as_json
from ddspec.spec.fixing import fixed


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Text for people; one JSON document for scripts; workflow commands for GitHub Actions; "
    "SARIF 2.1.0 for code scanning.",
)
@click.option("--fix", is_flag=True, help="Make the safe fixes first, until none is left.")
@click.option("--diff", is_flag=True, help="Write nothing; print what --fix would change.")
@set_option
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[str, ...],
    form: str,
    values: dict[str, str],
    *,
    fix: bool,
    diff: bool,
) -> None:
    """Say everything that is wrong with the specs in FILE...; nothing is trained.

    With --fix the safe fixes are written to the files themselves; those that need your eye, and
    those of files that they use, are only told. Lines and columns count from 1, columns in
    characters. Exits with 0 when every file can be run (warnings allowed), with 1 when one cannot.
    """
    if diff:
        for file in files:
            click.echo(_changes(file, values), nl=False)
    verdicts = [_judge(file, values, fix=fix and not diff) for file in files]
    if form == "json":
        click.echo(json.dumps({"files": [_data(verdict) for verdict in verdicts]}, indent=2))
    elif form == "sarif":
        click.echo(json.dumps(sarif(verdicts), indent=2))
    elif form == "github":
        click.echo(workflow_commands(verdicts))
    elif not diff:
        for verdict in verdicts:
            _print(verdict)
    ctx.exit(0 if all(verdict.spec for verdict in verdicts) else 1)


def _changes(file: str, values: dict[str, str]) -> str:
    """What fixing a file would change, as a unified diff; empty when it cannot be read."""
    try:
        old = read_source(file)
        return difference(old, _fixed(file, old, values)[0], file)
    except DdspecError:
        return ""  # said by the check


def _fixed(file: str, text: str, values: dict[str, str]) -> tuple[str, tuple[Fix, ...]]:
    return fixed(text, file, lambda new: pipeline.check(file, values, text=new)[1])


def _judge(file: str, values: dict[str, str], *, fix: bool) -> Verdict:
    try:
        titles = _fix(file, values) if fix else ()
        return attrs.evolve(Verdict(file, *pipeline.check(file, values)), fixed=titles)
    except DdspecError as mistake:
        return Verdict(file, mistake=mistake)


def _fix(file: str, values: dict[str, str]) -> tuple[str, ...]:
    """Write the safe fixes of a file; what each did."""
    old = read_source(file)
    new, fixes = _fixed(file, old, values)
    if new != old:
        replace_source(file, new)
    return tuple(fix.title for fix in fixes)


def _print(verdict: Verdict) -> None:
    for title in verdict.fixed:
        click.echo(f"fixed {verdict.file}: {title}")
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
        "fixed": list(verdict.fixed),
        "diagnostics": [as_json(problem, verdict.sources) for problem in verdict.problems],
    }
