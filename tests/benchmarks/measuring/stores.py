"""A store of made-up cells, and what one does with it, each thing in a process of its own.

    python -m tests.benchmarks.measuring.stores DEED FOLDER CELLS

Prints the wall seconds and the processor seconds that the deed took, imports left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ddspec import pipeline
from ddspec.plan.plan import Plan
from ddspec.publication import draw_all, publish
from ddspec.results.assemble import assemble
from ddspec.results.files import open_dataset, write_dataset
from ddspec.results.held import Origin
from ddspec.results.meaning import stored_names
from ddspec.results.store import Store, open_store
from ddspec.results.verify import verify
from ddspec.training.record import Record
from tests.benchmarks.rivals.cell_files import cell_files
from tests.benchmarks.store import EPOCHS, FILES, NAMES

BATCH = 500


def records(plan: Plan, numbers: Sequence[int]) -> list[Record]:
    """Made-up readings of cells: curves that fall, with noise, as losses do."""
    names, points = [*stored_names(plan).values()], np.arange(1, EPOCHS + 1, dtype=np.int32)
    chance = np.random.default_rng(numbers[0])
    noise = chance.normal(1, 0.05, (len(numbers), len(names), EPOCHS))
    values = (noise / np.sqrt(points)).astype(np.float32)
    return [
        Record(
            plan.ids[number],
            "done",
            "epochs",
            points,
            dict(zip(names, series, strict=True)),
            *(1000, EPOCHS, 1.0, "a worker"),
            way="native",
        )
        for number, series in zip(numbers, values, strict=True)
    ]


def fill(folder: Path, cells: int) -> None:
    """Commit every cell, in batches and in no order, as a run does."""
    (plan,) = pipeline.expand_all(pipeline.load(str(folder / "big.dd")))
    order = np.random.default_rng(0).permutation(cells).tolist()
    with open_store(folder / "run") as store:
        for start in range(0, cells, BATCH):
            made = records(plan, order[start : start + BATCH])
            store.write(made, {each.cell: Origin("mlp@1:0123456789", each.cell) for each in made})


def keep_writing(folder: Path, cells: int) -> None:
    """Commit cells again and again, until the input ends; says when it has begun."""
    (plan,) = pipeline.expand_all(pipeline.load(str(folder / "big.dd")))
    with open_store(folder / "run") as store:
        sys.stdout.write("writing\n")
        sys.stdout.flush()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            store.write(records(plan, range(min(cells, BATCH))))


def with_store(folder: Path, deed: Callable[[Plan, Store], object]) -> None:
    """Plan, open and do something."""
    (plan,) = pipeline.expand_all(pipeline.load(str(folder / "big.dd")))
    with open_store(folder / "run", readonly=True) as store:
        deed(plan, store)


def slabs(folder: Path, cells: int) -> None:
    """The dataset, as a run publishes it."""
    del cells
    spec = pipeline.load(str(folder / "big.dd"))
    with_store(folder, lambda plan, store: publish([plan], store, spec, folder / "run"))


def figure(folder: Path, cells: int) -> None:
    """The figure, as a run draws it from the file."""
    del cells
    dataset = open_dataset(folder / "run")
    assert not isinstance(dataset, dict)
    draw_all({"big": dataset}, folder / "run")


def memory(folder: Path, cells: int) -> None:
    """The dataset, all of it in memory before it is written."""
    del cells

    def deed(plan: Plan, store: Store) -> None:
        whole = assemble(plan, store, provenance={}).load()
        write_dataset(whole, folder / "whole.nc")

    with_store(folder, deed)


def opened(folder: Path, cells: int) -> None:
    """The dataset, opened."""
    del cells
    open_dataset(folder / "run")


def plane(folder: Path, cells: int) -> None:
    """One curve over widths and epochs, read from the file."""
    del cells
    dataset = open_dataset(folder / "run")
    dataset.test_loss.isel(seed=3).mean().item()  # type: ignore[union-attr]


def planned(folder: Path, cells: int) -> None:
    """What is to be trained, by what is stored."""
    del cells
    pipeline.plan(pipeline.load(str(folder / "big.dd")), folder / "run")


def verified(folder: Path, cells: int) -> None:
    """Every checksum."""
    if verify(folder / "run").sound != cells:
        raise RuntimeError("cells are missing")


def files(folder: Path, cells: int) -> None:
    """FILES files of one cell each."""
    del cells
    cell_files(folder, FILES, NAMES, EPOCHS)


DEEDS: dict[str, Callable[[Path, int], None]] = {
    each.__name__: each
    for each in (fill, keep_writing, slabs, figure, memory, files, opened, plane, planned, verified)
}


def main(deed: str, folder: str, cells: str) -> None:
    """Do it, and print how long it took."""
    work = partial(DEEDS[deed], Path(folder), int(cells))
    wall, used = time.perf_counter(), time.process_time()
    work()
    wall, used = time.perf_counter() - wall, time.process_time() - used
    sys.stdout.write(f"{wall} {used}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
