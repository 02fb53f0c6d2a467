"""The engine against what a user would write instead, width by width on one core.

    python -m tests.benchmarks.engine [--quick]

Every design trains networks 40-width-width-10 on the 4,000 samples of MNIST-1D (minibatches of
100, SGD with momentum, float32) from new weights, and evaluates each once, at the end, on all
samples to train and test on.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import functools
from collections.abc import Callable

import torch

from ddspec.plan.batch import WAYS, Way
from tests.benchmarks.measuring.rounds import Rounds, interleaved
from tests.benchmarks.measuring.workers import Workers, on_one_core
from tests.benchmarks.rivals import jax_scan, loops
from tests.benchmarks.rivals.stacks import best_stack, fitted, stacks_of
from tests.benchmarks.table import Table, alone

WIDTHS, EPOCHS, ROUNDS, TEST = (16, 48, 128, 300), 20, 7, 1_000
HEADER = (
    "width",
    *WAYS,
    "notebook",
    "loop",
    "jax",
    "torch.bmm",
    "notebook / ours",
    "loop / ours",
    "jax / ours",
)


def solo(design: Callable[..., tuple[float, float]], width: int, epochs: int) -> float:
    """Seconds a model and epoch of a loop, its one reading counted in."""
    epoch, reading = loops.seconds_of(design, width, epochs, 1, TEST)
    return epoch + reading / epochs


def designs(width: int, epochs: int, jax: Workers | None) -> dict[str, Callable[[], float]]:
    """Every design by name: seconds a model and epoch."""
    models = best_stack(width)

    def ours(way: Way) -> Callable[[], float]:
        batches = stacks_of(width, models, epochs, way, test=TEST)
        return lambda: fitted(batches) / epochs

    found = {way: ours(way) for way in WAYS} | {
        "notebook": functools.partial(solo, loops.notebook, width, epochs),
        "loop": functools.partial(solo, loops.tensor_loop, width, epochs),
        "torch.bmm": lambda: loops.products(width, models, epochs) / models / epochs,
    }
    if jax is not None:
        found["jax"] = lambda: jax.call(jax_scan.train_best, (width, epochs))[0] / epochs
    return found


def row(width: int, rounds: Rounds) -> list[str]:
    """One line of the table, in milliseconds; the last columns are ratios within rounds."""
    ours = min(WAYS, key=rounds.median)

    def shown(name: str) -> str:
        return f"{1e3 * rounds.median(name):.2f}" if name in rounds else "not installed"

    ratios = (
        f"{rounds.ratio(rival, ours):.1f}" if rival in rounds else "-"
        for rival in ("notebook", "loop", "jax")
    )
    return [str(width), *map(shown, HEADER[1:8]), *ratios]


def measure(*, quick: bool = False) -> Table:
    """Every width, all designs in turns on one core."""
    on_one_core()
    torch.set_num_threads(1)
    epochs, rounds = (5, 2) if quick else (EPOCHS, ROUNDS)
    jax = Workers() if jax_scan.present() else None
    rows = [row(width, interleaved(designs(width, epochs, jax), rounds)) for width in WIDTHS]
    if jax is not None:
        jax.close()
    return Table(
        title="The engine, one core, milliseconds a model and epoch",
        header=HEADER,
        rows=rows,
        note=(
            f"MNIST-1D, 4,000 samples, two hidden layers, minibatches of 100, SGD with momentum, "
            f"float32, {epochs} epochs from new weights with one evaluation at the end in every "
            f"design; medians of {rounds} interleaved rounds, ratios within rounds against the "
            "fastest of our three ways. Stacks of "
            f"{', '.join(str(best_stack(width)) for width in WIDTHS)} models; what is compiled is "
            "compiled before. `notebook`: the MNIST-1D notebook's `nn.Module` and `DataLoader`. "
            "`loop`: tensors, fused SGD, no `DataLoader`. `jax`: `vmap` over `lax.scan`, at the "
            "fastest of 1, 4 and 16 models or `lax.map` over 4, permutations drawn by numpy. "
            "`torch.bmm`: the matrix products of the steps alone, which is as fast as PyTorch can "
            "get; the native way does not go through them."
        ),
    )


if __name__ == "__main__":
    alone(measure)
