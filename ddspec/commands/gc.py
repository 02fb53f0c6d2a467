"""`ddspec gc`: which stored cells no experiment asks for, and their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec.commands.kept import plans_of
from ddspec.commands.terminal import set_option

if TYPE_CHECKING:
    from ddspec.results.held import Held

SHOWN = 8  # cells named one by one


@click.command("gc")
@click.argument("folder", type=Path, metavar="DIR")
@click.argument("file", required=False, metavar="[SPEC]")
@click.option("--delete", is_flag=True, help="Delete them; without it they are only listed.")
@set_option
@click.pass_context
def command(
    ctx: click.Context, *, folder: Path, file: str | None, delete: bool, values: dict[str, str]
) -> None:
    """List the cells of the run folder DIR that no experiment of SPEC asks for.

    SPEC is by default the one that was run there. Candidates of a tuning, the shorter trainings of
    candidates and cells that others start from are asked for, and so are stale cells until they are
    trained again. Deleting is refused while a run writes to DIR.
    """
    plans = plans_of(ctx, folder, file, values)
    from ddspec.results.reuse import in_parts
    from ddspec.results.store import open_store
    from ddspec.resuming import unasked
    from ddspec.upkeep import orphans

    with open_store(folder, readonly=not delete) as store:
        found, stored = orphans(plans, store), len(store)
        before = size_of(store.path)
        _checkpoints(unasked(plans, folder), delete=delete)
        if not found:
            click.echo(f"all {stored:,} cells of {folder} are asked for")
            return
        click.echo("\n".join(listed(store.held(found), stored)))
        if not delete:
            about = size_text(before * len(found) // stored)
            click.echo(f"about {about} of {size_text(before)}; delete them with --delete")
            return
        for part in in_parts(sorted(found)):
            store.forget(part)
        store.compact()
        after = size_of(store.path)
    sizes = f"{size_text(after)}, {size_text(before)} before"
    click.echo(f"deleted {len(found):,} cells: {store.path} has {sizes}")


def _checkpoints(files: Sequence[Path], *, delete: bool) -> None:
    """Say, and do, what becomes of checkpoints."""
    if not files:
        return
    size = size_text(sum(file.stat().st_size for file in files))
    word = "deleted" if delete else "delete with --delete"
    click.echo(f"{len(files):,} checkpoints, {size}, are of cells not asked for: {word}")
    for file in files if delete else ():
        file.unlink(missing_ok=True)


def listed(orphans: dict[str, Held], stored: int) -> list[str]:
    """How many cells nobody asks for, by status, and some of them by id."""
    statuses = Counter(each.status for each in orphans.values()).most_common()
    words = ", ".join(f"{count:,} {status}" for status, count in statuses)
    lines = [f"{len(orphans):,} of {stored:,} stored cells are not asked for: {words}"]
    for cell in sorted(orphans)[:SHOWN]:
        each = orphans[cell]
        lines.append(f"  {cell[:12]}  {each.status:8}  {each.seconds:.3g} s to train")
    more = len(orphans) - SHOWN
    return [*lines, f"  and {more:,} more"] if more > 0 else lines


def size_of(path: Path) -> int:
    """The bytes of a store, those of its log included."""
    log = path.with_name(path.name + "-wal")
    return path.stat().st_size + (log.stat().st_size if log.exists() else 0)


def size_text(count: int) -> str:
    """`812 bytes`, `3.1 MB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
