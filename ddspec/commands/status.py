"""`ddspec status`: what a run folder holds."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("status")
@click.argument("folder", type=Path, metavar="DIR")
def command(folder: Path) -> None:
    """Count the cells that are stored in the run folder DIR, also while a run writes to it."""
    from ddspec.results.store import open_store

    with open_store(folder, readonly=True) as store:
        counts = store.counts()
    words = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    click.echo(f"{folder}: {sum(counts.values()):,} cells{words and ': '}{words}")
    for file in sorted(folder.glob("*.nc")):
        click.echo(f"dataset  {file}")
    if counts.get("failed"):
        click.echo(f"failures {folder / 'failures.log'}")
