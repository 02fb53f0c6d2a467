"""`ddspec merge`: the cells of several run folders in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec.commands.kept import SPEC, words_to_run
from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from ddspec.results.merge import Merged


@click.command("merge")
@click.argument("out", type=Path, metavar="OUT")
@click.argument("folders", type=Path, nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--prefer", type=Path, metavar="DIR", help="Whose readings count where two contradict."
)
def command(out: Path, folders: tuple[Path, ...], prefer: Path | None) -> None:
    """Unite the cells of the run folders DIR... in OUT, which may hold some already.

    The same cell with the same readings is kept once; other points and quantities are united.
    Readings that contradict each other are refused, with the cells and by how much they differ.
    Merging again continues a merge that was cut short.
    """
    from ddspec.plan.origins import changes
    from ddspec.results.merge import merge
    from ddspec.results.reuse import checked
    from ddspec.results.store import open_store

    sources = checked(folders, out)
    preferred = chosen(prefer, (out, *sources))
    with ExitStack() as opened:
        stores = {each: opened.enter_context(open_store(each, readonly=True)) for each in sources}
        into = opened.enter_context(open_store(out))
        merged = merge(into, stores, prefer=preferred, outdated=changes)
        stored = len(into)
    told = share_spec(out, sources)
    click.echo("\n".join([*lines_of(merged, out, stored), *told]))


def chosen(prefer: Path | None, folders: Sequence[Path]) -> Path | None:
    """The folder that is preferred, as it was named among the others; DdspecError for another."""
    if prefer is None:
        return None
    for folder in folders:
        if folder.resolve() == prefer.resolve():
            return folder
    raise DdspecError(
        f"{prefer} is none of the folders that are merged",
        f"they are {', '.join(map(str, folders))}",
    )


def lines_of(merged: Merged, out: Path, stored: int) -> Iterator[str]:
    """How many cells there are now, how many came from where, and what several folders had."""
    yield f"{out}: {stored:,} cells"
    yield from (f"  {count:,} from {folder}" for folder, count in merged.taken.items())
    told = {
        "the same in several folders": merged.same,
        "united from what several folders read": merged.united,
        "read at other points and of other quantities: the fuller readings are kept": merged.fuller,
        "that contradict others and are preferred": merged.preferred,
    }
    yield from (f"  {count:,} {words}" for words, count in told.items() if count)


def share_spec(out: Path, folders: Sequence[Path]) -> Iterator[str]:
    """Leave the spec of the folders in OUT where all have the same; what to do next."""
    texts = {
        folder: (folder / SPEC).read_bytes()
        for folder in (out, *folders)
        if (folder / SPEC).is_file()
    }
    if len(set(texts.values())) == 1:
        from ddspec.results.files import replace

        (text,) = set(texts.values())
        replace(out / SPEC, lambda beside: beside.write_bytes(text), len(text))
        yield f"make its datasets with: {words_to_run(out)}"
        return
    found = "the folders were run with other specs" if texts else "no folder holds its spec"
    yield f"{found}: make datasets with a spec that asks for these cells:"
    yield f"  ddspec run SPEC --out {out}"
