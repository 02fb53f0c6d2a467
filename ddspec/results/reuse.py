"""Cells of one store to another: checked folders, and copies of what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ddspec.errors import DdspecError
from ddspec.results.held import Stored
from ddspec.results.opening import NAME
from ddspec.results.store import Store
from ddspec.training.record import Record

AT_ONCE = 500  # cells that are copied in one commit


def checked(folders: Iterable[Path], out: Path | None) -> tuple[Path, ...]:
    """Run folders to take results from, each known to hold a store and to be given once.

    Raises DdspecError for one that is missing, is no run folder, is given twice or is `out`, where
    the results go.
    """
    given = tuple(folders)
    seen: dict[Path, Path] = {}
    for folder in given:
        _check(folder)
        where = folder.resolve()
        if out is not None and where == out.resolve():
            raise DdspecError(
                f"{folder} is the folder that results go to", "name other run folders to take from"
            )
        if where in seen:
            same = "" if str(seen[where]) == str(folder) else f": {seen[where]} is the same folder"
            raise DdspecError(f"{folder} is given twice{same}", "name each run folder once")
        seen[where] = folder
    return given


def _check(folder: Path) -> None:
    if not folder.exists():
        raise DdspecError(
            f"there is no folder {folder}", "name the folder that `ddspec run` wrote to, its --out"
        )
    if not (folder / NAME).is_file():
        inside = f": name the folder, {folder.parent}" if folder.name == NAME else ""
        raise DdspecError(
            f"{folder} is no run folder{inside or f': it has no {NAME}'}",
            "name the folder that `ddspec run` wrote to, its --out",
        )


def copy(source: Store, into: Store, ids: Iterable[str]) -> int:
    """Write cells of one store to another as they are, some at a time; how many there were."""
    count = 0
    for part in in_parts(ids):
        found = list(source.read(part))
        into.write(map(record_of, found), {each.cell: each.origin for each in found})
        count += len(found)
    return count


def record_of(stored: Stored) -> Record:
    """The record that a stored cell was written from."""
    series = dict(zip(stored.names, stored.values, strict=True))
    series |= {name: stored.array(name) for name in stored.arrays}
    return Record(
        cell=stored.cell,
        status=stored.status,  # type: ignore[arg-type]
        unit=stored.unit,  # type: ignore[arg-type]
        points=stored.points,
        series=series,
        parameters=stored.parameters,
        stop=stored.stop,
        seconds=stored.seconds,
        worker=stored.worker,
        error=stored.error,
        cause=stored.cause,
        way=stored.way,
    )


def in_parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    """The ids, as many at a time as are copied in one commit."""
    items = list(ids)
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
