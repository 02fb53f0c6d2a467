"""`ddspec accept`: keep stale cells knowingly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from ddspec.commands.kept import plans_of, words_to_run
from ddspec.commands.terminal import set_option
from ddspec.errors import DdspecError


@click.command("accept")
@click.argument("folder", type=Path, metavar="DIR")
@click.argument("file", required=False, metavar="[SPEC]")
@click.option("--word", metavar="NAME", help="Only cells that are stale for that word alone.")
@set_option
@click.pass_context
def command(
    ctx: click.Context, *, folder: Path, file: str | None, word: str | None, values: dict[str, str]
) -> None:
    """Keep the stale cells of the run folder DIR as if they had been trained today.

    A cell is stale when a word of it has another version now, or a word of your own another source.
    SPEC is by default the one that was run there. What was accepted is noted in the store. Nothing
    is trained; cells of earlier versions stay until `ddspec gc` deletes them.
    """
    plans = plans_of(ctx, folder, file, values)
    from ddspec.results.store import open_store
    from ddspec.upkeep import accept

    with open_store(folder) as store:
        accepted = accept(plans, store, word)
    if word is not None and not accepted:
        raise DdspecError(
            f"no cell of {folder} is stale for `{word}` alone",
            *(reasons(accepted.left) or ["nothing is stale there"]),
        )
    if not accepted:
        click.echo(f"nothing is stale in {folder}")
        return
    click.echo("\n".join([f"kept in {folder}:", *reasons(accepted.reasons)]))
    if accepted.left:
        click.echo("\n".join(["stale still:", *reasons(accepted.left)]))
    click.echo(f"show them in the dataset with: {words_to_run(folder)}")


def reasons(counts: Mapping[str, int]) -> list[str]:
    """A line for each change: how many cells, and what has changed."""
    return [
        f"  {count:,} {'cell' if count == 1 else 'cells'}: {how}" for how, count in counts.items()
    ]
