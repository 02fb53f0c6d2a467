"""One-thread processes against the threads of one process: which way cores are best used.

python -m tests.benchmarks.threads [--quick]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ddspec.plan.batch import WAYS, Batch, Way
from tests.benchmarks.measuring.rounds import Rounds, interleaved
from tests.benchmarks.measuring.workers import Workers
from tests.benchmarks.rivals.stacks import best_stack, fitted, stacks_of
from tests.benchmarks.table import Table, alone

WIDTHS, EPOCHS, ROUNDS = (16, 48, 128, 300), 2, 3
MODELS = 8  # at most, to a core: threads that wait for a core can take very long
HEADER = (
    "way",
    "width",
    "processes, ms",
    "threads of torch, ms",
    "threads of Python, ms",
    "threads of torch / processes",
    "threads of Python / processes",
)


def train(width: int, models: int, epochs: int, way: Way) -> float:
    """Train so many models here; seconds a model."""
    return fitted(stacks_of(width, models, epochs, way))


def train_in_threads(width: int, models: int, epochs: int, way: Way, threads: int) -> None:
    """The same number of models in each of some Python threads of this process."""
    shares: Sequence[list[Batch]] = [stacks_of(width, models, epochs, way)] * threads
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fitted, shares))


def designs(
    way: Way, width: int, epochs: int, processes: Workers, process: Workers
) -> dict[str, Callable[[], float]]:
    """Seconds until every core has trained a stack of models, a model and epoch."""
    cores, models = len(processes), min(best_stack(width), MODELS)
    per = 1 / (cores * models * epochs)

    def span(workers: Workers, function: Callable[..., object], *arguments: object) -> float:
        return workers.span(function, width, *arguments) * per

    found = {"processes": partial(span, processes, train, models, epochs, way)}
    if way == "native":  # its kernel has one thread, and runs while Python's other threads do
        found["python"] = partial(span, process, train_in_threads, models, epochs, way, cores)
    else:
        found["torch"] = partial(span, process, train, cores * models, epochs, way)
    return found


def row(way: Way, width: int, rounds: Rounds) -> list[str]:
    """One line of the table."""

    def shown(name: str) -> str:
        return f"{1e3 * rounds.median(name):.2f}" if name in rounds else "-"

    def ratio(name: str) -> str:
        return f"{rounds.ratio(name, 'processes'):.2f}" if name in rounds else "-"

    names = ("processes", "torch", "python")
    return [way, str(width), *map(shown, names), *map(ratio, names[1:])]


def measure(*, quick: bool = False) -> Table:
    """Every way and width, as many processes or threads as there are cores."""
    widths, epochs, rounds = (WIDTHS[::3], 2, 1) if quick else (WIDTHS, EPOCHS, ROUNDS)
    cores = os.cpu_count() or 1
    rows = []
    with Workers(cores) as processes, Workers(1, threads=cores) as process:
        for way in WAYS:
            for width in widths:
                found = designs(way, width, epochs, processes, process)
                rows.append(row(way, width, interleaved(found, rounds)))
    return Table(
        title=f"{cores} processes of one thread, or one process of {cores} threads",
        header=HEADER,
        rows=rows,
        note=(
            f"Wall milliseconds a model and epoch of MNIST-1D when {cores} stacks train; medians "
            f"of {rounds} interleaved rounds, ratios within rounds: above 1, processes win. The "
            "native kernel has one thread, so that only Python's threads give it more; the other "
            "ways are given torch's."
        ),
    )


if __name__ == "__main__":
    alone(measure)
