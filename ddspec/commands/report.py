"""`ddspec report`: one page with the question, the verdicts, the figures and how it was made."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("folder", type=Path, metavar="DIR")
@click.option("--out", type=Path, metavar="FILE", help="The page [default: DIR/report.html].")
def command(folder: Path, out: Path | None) -> None:
    """Write one HTML page about the run folder DIR: it needs no network and no other file.

    Also while a run goes on: the page tells what is there so far.
    """
    from ddspec.reporting import write_report
    from ddspec.results.fitness import explained

    with explained(folder):
        path = write_report(folder, folder / "report.html" if out is None else out)
    click.echo(f"report   {path}")
