"""`ddspec doctor`: whether this machine can train, and what to do where it cannot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from ddspec.commands.data import data_option

if TYPE_CHECKING:
    from ddspec.commands.examination import Finding, State

SIGNS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "problem": ("PROBLEM", "red")}


@click.command("doctor")
@data_option
@click.option("--no-run", "quick", is_flag=True, help="Look only: train nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@click.pass_context
def command(ctx: click.Context, folder: Path | None, *, quick: bool, as_json: bool) -> None:
    """Look at Python, packages, compilers, cards, folders and data, and train four small networks,
    in one process and through Ray; takes under a minute, unless the machine is busy.

    Exits with 1 when something is a problem; warnings are none.
    """
    from ddspec.commands.examination import examine

    found = []
    for finding in examine(folder, runs=not quick):
        found.append(finding)
        if not as_json:
            click.echo("\n".join(_lines(finding)))
    states = Counter(finding.state for finding in found)
    if as_json:
        listed = [attrs.asdict(finding) for finding in found]
        document = {"ok": not states["problem"], "findings": listed}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(_summary(states))
    ctx.exit(1 if states["problem"] else 0)


def _lines(finding: Finding) -> Iterator[str]:
    sign, color = SIGNS[finding.state]
    yield f"{click.style(f'{sign:8}', fg=color)} {finding.what:12} {finding.text}"
    yield from (f"{'':9}{'':12} = help: {line}" for line in finding.advice)


def _summary(states: Counter[State]) -> str:
    if not states["problem"] and not states["warning"]:
        return "all well"
    bad: tuple[State, ...] = ("problem", "warning")
    counts = (
        f"{states[state]} {state}{'s' * (states[state] > 1)}" for state in bad if states[state]
    )
    return " and ".join(counts)
