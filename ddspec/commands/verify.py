"""`ddspec verify`: whether what a run folder holds can be read, and the repair of what cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from ddspec.commands.kept import SPEC, overrides_of, words_to_run
from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from ddspec.results.verify import Verdict

SHOWN = 8  # unreadable cells named one by one


@click.command("verify")
@click.argument("folder", type=Path, metavar="DIR")
@click.option("--repair", is_flag=True, help="Take out what is unreadable; `run` trains it again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.pass_context
def command(ctx: click.Context, folder: Path, *, repair: bool, as_json: bool) -> None:
    """Read all that the run folder DIR holds, and say what is damaged.

    Of every stored cell the checksum is compared; datasets are read in full and compared with the
    store. Exit code 0: all of it is sound, or has been repaired; 1: something is unreadable.

    --repair takes unreadable cells out of the store, notes them in unreadable.jsonl, and moves
    unreadable datasets aside as *.damaged. Of a damaged cells.sqlite a new one is made of every
    cell that can be found in it; the old one is kept as cells.sqlite.damaged.
    """
    from ddspec.results.verify import repair as repaired
    from ddspec.results.verify import verify

    verdict = _with_files(folder, verify(folder))
    if as_json:
        click.echo(json.dumps(as_object(folder, verdict), indent=2))
    else:
        click.echo("\n".join(lines_of(folder, verdict)))
    if verdict.whole:
        return
    if not repair:
        ctx.exit(1)
    after = repaired(folder, verdict)
    aside = [path.replace(path.with_name(f"{path.name}.damaged")) for path, _ in verdict.files]
    if not as_json:
        click.echo("\n".join(_repaired(folder, after, aside)))
    ctx.exit(0 if after.whole else 1)


def _with_files(folder: Path, verdict: Verdict) -> Verdict:
    """The verdict on the datasets too."""
    from ddspec.results.verify_files import unreadable

    broken, lost = dict(unreadable(folder)), {}
    for path, (reason, count) in _against(folder):
        if reason:
            broken.setdefault(path, reason)
        if count:
            lost[path] = count
    return attrs.evolve(verdict, files=tuple(broken.items()), lost=tuple(lost.items()))


def _against(folder: Path) -> Iterator[tuple[Path, tuple[str, int]]]:
    """What the datasets of the spec that was run here show that the store does not hold."""
    from ddspec import pipeline
    from ddspec.results.assemble import assemble
    from ddspec.results.store import open_store
    from ddspec.results.verify_files import disagreement, fault

    try:
        text = (folder / SPEC).read_text(encoding="utf-8")
        plans = pipeline.expand_all(pipeline.load(str(folder / SPEC), overrides_of(text)))
        with open_store(folder, readonly=True) as store:
            for plan in plans:
                path = folder / f"{plan.experiment.name}.nc"
                if path.exists() and not fault(path):
                    yield path, disagreement(path, assemble(plan, store, provenance={}))
    except (DdspecError, OSError, UnicodeDecodeError):
        return  # no spec to compare by, or a store that cannot be read: that is told already


def lines_of(folder: Path, verdict: Verdict) -> Iterator[str]:
    """The verdict in lines."""
    yield f"{folder}: {verdict.sound:,} cells are sound"
    if verdict.damage:
        yield "cells.sqlite is damaged:"
        yield from (f"  {line}" for line in verdict.damage)
    if verdict.unreadable:
        yield f"{len(verdict.unreadable):,} cells are unreadable:"
        for each in verdict.unreadable[:SHOWN]:
            yield f"  {each.cell[:12] or 'unknown':12}  {each.reason}"
        if (more := len(verdict.unreadable) - SHOWN) > 0:
            yield f"  and {more:,} more"
    yield from (f"{path} {reason}" for path, reason in verdict.files)
    for path, count in verdict.lost:
        yield f"{path} shows {count:,} cells that are not stored: {words_to_run(folder)}"
    if verdict.unreadable or verdict.damage or verdict.files:
        yield f"keep what is readable, to train the rest again: ddspec verify --repair {folder}"


def as_object(folder: Path, verdict: Verdict) -> dict[str, Any]:
    """The same under stable names."""
    return {
        "folder": str(folder),
        "whole": verdict.whole,
        "sound": verdict.sound,
        "unreadable": [attrs.asdict(each) for each in verdict.unreadable],
        "damage": list(verdict.damage),
        "files": {str(path): reason for path, reason in verdict.files},
        "lost": {str(path): count for path, count in verdict.lost},
    }


def _repaired(folder: Path, after: Verdict, aside: list[Path]) -> Iterator[str]:
    yield f"repaired: {after.sound:,} cells are kept"
    yield from (f"moved    {path}" for path in aside)
    yield f"train what is missing, and write the datasets: {words_to_run(folder)}"
