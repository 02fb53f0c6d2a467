"""`ddspec diff`: which cells another version of a spec adds, drops and keeps, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from ddspec import pipeline
from ddspec.commands.kept import SPEC, overrides_of
from ddspec.commands.terminal import report, show
from ddspec.errors import DdspecError
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    from ddspec.plan.comparing import AxisChange, Difference
    from ddspec.plan.plan import Plan

DIFFERENT, TROUBLE = 1, 2  # as of diff(1)
SHOWN = 8  # labels, settings and readings that are shown
LABELS = 6


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--experiment", metavar="NAME", help="Only the experiment of that name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@click.pass_context
def command(
    ctx: click.Context, before: str, after: str, *, experiment: str | None, as_json: bool
) -> None:
    """Compare what the specs A and B ask for; either may be a run folder: its spec, as it was run.

    Names, comments, order and layout make no difference. Exits with 0 when cells, readings and
    reports are the same, with 1 when they are not, and with 2 when a spec cannot be read, as diff
    does.
    """
    from ddspec.plan.comparing import compare

    try:
        sides = [_plans(ctx, side, experiment) for side in (before, after)]
        stale = {side: lines for side in (before, after) if (lines := _stale(side))}
    except DdspecError as error:
        report(error)
        ctx.exit(TROUBLE)
    found = compare(*sides)
    if as_json:
        listed = [{**attrs.asdict(each), "different": each.any} for each in found]
        click.echo(json.dumps({"experiments": listed, "stale": stale}, indent=2))
    else:
        click.echo("\n\n".join("\n".join(told(each)) for each in found))
        for side, lines in stale.items():
            click.echo("\n".join(f"{side}: {line}" for line in lines))
    ctx.exit(DIFFERENT if any(each.any for each in found) else 0)


def _plans(ctx: click.Context, side: str, experiment: str | None) -> Sequence[Plan]:
    """The plans of a spec, or of the one a run folder was run with; of one experiment, or all."""
    path = Path(side)
    ran = path / SPEC if path.is_dir() else path
    if path.is_dir() and not ran.is_file():
        raise DdspecError(f"{side} is no run folder: it holds no {SPEC}")
    values: dict[str, str] = {}
    if ran.name == SPEC and ran.is_file():
        values = overrides_of(ran.read_text(encoding="utf-8"))
    spec, problems, sources = pipeline.check(str(ran), values)
    if spec is None:
        show(problems, sources, err=True)
        ctx.exit(TROUBLE)
    return pipeline.expand_all(_only(spec, experiment))


def _only(spec: Spec, experiment: str | None) -> Spec:
    """The spec with that experiment only, or with none when it lacks it: then all of it is new."""
    if experiment is None:
        return spec
    kept = tuple(each for each in spec.experiments if each.name == experiment)
    if not kept:
        pipeline.expand_all(spec, experiment)  # raises: there is no such experiment
    return attrs.evolve(spec, experiments=kept)


def _stale(side: str) -> list[str]:
    """How the words that the cells of a run folder were trained with have changed since."""
    folder = Path(side) if Path(side).is_dir() else Path(side).parent
    if not (folder / "cells.sqlite").is_file() or Path(side).name not in (folder.name, SPEC):
        return []
    from ddspec.results.store import open_store
    from ddspec.upkeep import stale_in

    with open_store(folder, readonly=True) as store:
        found = stale_in(store)
    return [f"{count:,} stored cells are stale: {why}" for why, count in found.items()]


def told(difference: Difference) -> Iterator[str]:
    """The difference of an experiment in a few lines."""
    yield _headline(difference)
    if not difference.any:
        return
    for sign, cells, what in (
        ("=", difference.same, "the same"),
        ("-", len(difference.dropped), "dropped"),
        ("+", len(difference.added), "added"),
    ):
        if cells:
            yield f"  {sign} {cells:,} cells {what}" if cells > 1 else f"  {sign} 1 cell {what}"
    yield from map(_axis, difference.axes)
    for change in difference.settings[:SHOWN]:
        where = f"{change.setting}: {change.before} -> {change.after}"
        yield f"  why {where}  (at {change.points:,} points)"
    if len(difference.settings) > SHOWN:
        yield f"  and {len(difference.settings) - SHOWN:,} other settings: --json has all"
    yield from (f"  {line}" for line in difference.readings)


def _headline(difference: Difference) -> str:
    before, after = difference.before, difference.after
    if not difference.any:
        return f"{before}: the same {difference.same:,} cells"
    if not before:
        return f"{after}: only in B"
    if not after:
        return f"{before}: only in A"
    return f"{before}:" if before == after else f"{before}, called {after} in B:"


def _axis(change: AxisChange) -> str:
    if change.whole:
        side, labels = ("A", change.dropped) if change.whole == "before" else ("B", change.added)
        return f"  why axis {change.axis} is only in {side}: {_few(labels)}"
    parts = [f"- {_few(change.dropped)}"] if change.dropped else []
    parts += [f"+ {_few(change.added)}"] if change.added else []
    return f"  why axis {change.axis}: {'; '.join(parts)}"


def _few(labels: Sequence[str]) -> str:
    if len(labels) <= LABELS:
        return ", ".join(labels)
    return f"{', '.join(labels[: LABELS - 1])}, ... ({len(labels):,} in all)"
