"""Stores to one: every cell once, and never one of two readings that contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.results.held import Held, Origin, Stored
from ddspec.results.reuse import in_parts, record_of
from ddspec.results.store import NOWHERE, Store
from ddspec.training.record import Record

NAMED = 3  # contradictions told one by one


@attrs.frozen
class Merged:
    """What was merged: cells taken by folder; `same` in several; `united` from what was read in
    several; `fuller` where readings could not be united and the fuller ones were taken; `preferred`
    where they contradicted each other.
    """

    taken: Mapping[Path, int]
    same: int = 0
    united: int = 0
    fuller: int = 0
    preferred: int = 0


@attrs.frozen(eq=False)
class Choice:
    """What becomes of a cell: what to keep of it, from which folder and how that was chosen, one of
    the counts of `Merged` or `taken`; `made` of what several hold; `against`: what contradicts it.
    record: None where it is not needed, since the store that is written to has it.
    """

    record: Record | None
    origin: Origin
    folder: Path
    how: str = "taken"
    made: bool = False
    against: str = ""

    @classmethod
    def of(cls, stored: Stored, folder: Path) -> Choice:
        """What one folder holds."""
        return cls(record_of(stored), stored.origin, folder)


def merge(
    out: Store,
    stores: Mapping[Path, Store],
    *,
    prefer: Path | None = None,
    outdated: Callable[[str], object] = lambda _: None,
) -> Merged:
    """Write to `out` what the stores hold; cells that are there already stay, unless others add.

    stores: by folder. The same cell with the same readings counts once, whoever trained it and for
    how long; what was read at other points or of other quantities is united; readings replace a
    failure, and readings of today's words those of words that have changed (`outdated` tells of a
    stored code). prefer: the folder whose readings count where they contradict others'.
    Everything is compared before anything is written, and a few hundred cells are committed at a
    time: a merge that is cut short leaves a good store, and doing it again goes on.
    Raises DdspecError, naming cells, folders and the size of differences, for contradictions.
    """
    every = {out.path.parent: out, **stores}
    order = sorted(every, key=lambda folder: folder != prefer)
    ids = sorted(set().union(*(store.ids() for store in every.values())))
    wrong = [
        each.against
        for part in in_parts(ids)
        for each in _choices(part, every, order, prefer, outdated, doubtful=True)
        if each.against
    ]
    _refuse(wrong)
    how: Counter[str] = Counter()
    taken: Counter[Path] = Counter()
    for part in in_parts(ids):
        chosen = list(_choices(part, every, order, prefer, outdated))
        _refuse([each.against for each in chosen if each.against])  # of a run that goes on there
        _write(out, chosen)
        how.update(each.how for each in chosen)
        taken.update(each.folder for each in chosen if each.folder != out.path.parent)
    del how["taken"]
    return Merged(dict(taken), **how)


def _write(out: Store, chosen: Sequence[Choice]) -> None:
    """Commit what `out` does not hold as it is."""
    here = out.path.parent
    new = [
        (each.record, each.origin)
        for each in chosen
        if each.record is not None and (each.made or each.folder != here)
    ]
    about = {record.cell: origin for record, origin in new}
    out.write((record for record, _ in new), about, replace=True)


def _choices(
    part: Sequence[str],
    stores: Mapping[Path, Store],
    order: Sequence[Path],
    prefer: Path | None,
    outdated: Callable[[str], object],
    *,
    doubtful: bool = False,
) -> Iterator[Choice]:
    """What becomes of each cell of `part`, or of the `doubtful` ones, of which stores may disagree.

    Readings are read where they are doubtful or are to be written.
    """
    held = {folder: stores[folder].held(part) for folder in stores}
    counting = {
        cell: _counting({f: held[f][cell] for f in order if cell in held[f]}, outdated)
        for cell in part
    }
    first = next(iter(stores))
    asked = {cell: _asked(cell, held, folders, first) for cell, folders in counting.items()}
    wanted = [cell for cell in part if len(asked[cell]) > 1 or not doubtful]
    read = {
        folder: {
            each.cell: each
            for each in stores[folder].read({c for c in wanted if _needed(folder, asked[c], first)})
        }
        for folder in stores
    }
    for cell in wanted:
        choices = [
            Choice.of(read[folder][cell], folder)
            if cell in read[folder]
            else Choice(None, NOWHERE, folder)
            for folder in asked[cell]
        ]
        choice = _chosen(choices, prefer)
        several = choice.how == "taken" and len(counting[cell]) > 1
        yield attrs.evolve(choice, how="same") if several else choice


def _needed(folder: Path, asked: Sequence[Path], first: Path) -> bool:
    """True when a cell must be read there: not where only the store that is written to has it."""
    return folder in asked and list(asked) != [first]


def _counting(held: Mapping[Path, Held], outdated: Callable[[str], object]) -> list[Path]:
    """The folders whose readings of a cell count: those of today's words, then any; of failures
    one.
    """
    alive = [folder for folder in held if held[folder].status != "failed"]
    fresh = [folder for folder in alive if not outdated(held[folder].origin.code)]
    return fresh or alive or list(held)[:1]


def _asked(
    cell: str, held: Mapping[Path, Mapping[str, Held]], folders: Sequence[Path], first: Path
) -> list[Path]:
    """The folders to read a cell from: one of those with the same checksum, `first` if it is."""
    digests = {held[folder][cell].digest for folder in folders}
    if len(digests) > 1 or b"" in digests:  # a store of an older format has none
        return list(folders)
    return [first] if first in folders else list(folders[:1])


def _chosen(choices: Sequence[Choice], prefer: Path | None) -> Choice:
    """One of what several stores hold of a cell."""
    choice, *others = choices
    for other in others:
        mine, theirs = choice.record, other.record
        if mine is None or theirs is None:
            continue
        different = contradiction(mine, theirs)
        if different and choice.folder != prefer:
            where = f"cell {mine.cell[:12]} of {choice.folder} and {other.folder}"
            return attrs.evolve(choice, against=f"{where}: {different}")
        if different:
            choice = attrs.evolve(choice, how="preferred")
        else:
            choice = _united(choice, other, mine, theirs)
    return choice


def contradiction(one: Record, other: Record) -> str:
    """How the readings of a cell contradict others of it, in words; empty when they do not.

    What was read at other points, or of other quantities, contradicts nothing.
    """
    if one.unit != other.unit:
        return ""
    if one.status != other.status:
        return f"{one.status} and {other.status}" + _by(one, other)
    if one.stop != other.stop:
        return f"{one.stop:,} and {other.stop:,} {one.unit} trained" + _by(one, other)
    _, here, there = np.intersect1d(one.points, other.points, return_indices=True)
    sizes = {
        name: _distance(series[here], other.series[name][there])
        for name, series in one.series.items()
        if name in other.series
        and not np.array_equal(series[here], other.series[name][there], equal_nan=True)
    }
    if not sizes:
        return ""
    return f"{', '.join(sizes)} differ by up to {max(sizes.values()):.2g}" + _by(one, other)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, infinite where only one is a number."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(one.astype(np.float64) - other)
    apart[np.isnan(one) & np.isnan(other)] = 0.0
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))


def _by(one: Record, other: Record) -> str:
    """Who trained them, if that may be the cause."""
    ways = [", ".join(filter(None, (each.worker, each.way))) for each in (one, other)]
    return "" if ways[0] == ways[1] else f" ({ways[0] or 'unknown'}; {ways[1] or 'unknown'})"


def _united(choice: Choice, other: Choice, mine: Record, theirs: Record) -> Choice:
    """The choice, of `mine`, with what another store read besides, `theirs`."""
    if _within(theirs, mine):
        return choice
    if _within(mine, theirs):
        return attrs.evolve(other, how="united")
    whole = _union(mine, theirs)
    if whole is not None:
        origin = choice.origin.beside(other.origin)
        return attrs.evolve(choice, record=whole, origin=origin, how="united", made=True)
    if mine.unit == theirs.unit and _size(theirs) > _size(mine):
        return attrs.evolve(other, how="fuller")
    return attrs.evolve(choice, how="fuller")


def _within(one: Record, other: Record) -> bool:
    """True when one record has nothing that the other lacks."""
    points = set(one.points.tolist()) <= set(other.points.tolist())
    return one.unit == other.unit and points and set(one.series) <= set(other.series)


def _union(one: Record, other: Record) -> Record | None:
    """Both records in one, where they were read at the same points or of the same quantities."""
    if one.unit != other.unit:
        return None
    if np.array_equal(one.points, other.points):
        return attrs.evolve(one, series=dict(other.series) | dict(one.series))
    if set(one.series) != set(other.series):
        return None
    points, first = np.unique(np.concatenate([one.points, other.points]), return_index=True)
    series = {
        name: np.concatenate([one.series[name], other.series[name]])[first] for name in one.series
    }
    return attrs.evolve(one, points=points.astype(np.int32), series=series)


def _size(record: Record) -> int:
    return len(record.points) * len(record.series)


def _refuse(wrong: Sequence[str]) -> None:
    """Raise DdspecError when there are contradictions."""
    if not wrong:
        return
    many = "1 cell has" if len(wrong) == 1 else f"{len(wrong):,} cells have"
    more = [f"and {len(wrong) - NAMED:,} more"] if len(wrong) > NAMED else []
    raise DdspecError(
        f"{many} readings that contradict each other",
        *wrong[:NAMED],
        *more,
        "say whose readings count with --prefer DIR, or leave a folder out",
    )
