"""Throughput on a graphics card against the size of the stack; for a machine with CUDA.

    python -m tests.benchmarks.gpu [--quick] [--dry]

Steps a second of all models together, for dense networks on MNIST-1D and for `cnn5`: the engine,
eager and compiled, at several sizes of stack; one model alone, eager and by a CUDA graph; and
`jax.vmap` where JAX has CUDA. `--dry` goes through the same on the processor, with next to nothing
to train and without graphs, to see that the script runs.
"""

from __future__ import annotations

import argparse
import functools
import gc
import itertools
import math
import os
import sys
from collections.abc import Callable, Iterator

import attrs
import numpy as np
import torch
from torch import Tensor, nn

from ddspec.plan.batch import Batch, Way
from ddspec.plan.cell import Cell
from ddspec.spec.model import Seed
from ddspec.training.data import Pools
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.kinds import Architecture, Dataset
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.benchmarks.measuring.machine import described
from tests.benchmarks.measuring.rounds import interleaved, timed
from tests.benchmarks.measuring.workers import Workers
from tests.benchmarks.rivals import jax_scan
from tests.benchmarks.table import Table

TITLE = "A graphics card, model steps a second"
ABSENT = "No CUDA device is here, so that nothing was measured; the script is ready for one."
HEADER = ("network", "design", "models", "steps a second", "to one eager model", "MiB a model")


@attrs.frozen
class Size:
    """What to train on which device: networks by their widths, stacks, and how long."""

    device: str = "cuda"
    widths: tuple[int, ...] = (16, 48, 128, 300)
    channels: tuple[int, ...] = (8, 64)
    dense_stacks: tuple[int, ...] = (1, 4, 16, 64, 256, 1024)
    image_stacks: tuple[int, ...] = (1, 4, 16, 64)
    steps: tuple[int, int] = (64, 576)
    image_samples: int = 5_000
    rounds: int = 3
    ways: tuple[Way, ...] = ("eager", "compiled")


QUICK = Size(widths=(16, 300), channels=(8,), dense_stacks=(1, 64, 512), image_stacks=(1, 16),
             rounds=1)  # fmt: skip
# compiling is what would take longest; a card asks nothing else of the script for it
DRY = Size("cpu", (4,), (1,), (1, 2), (1,), (2, 4), 200, 1, ("eager",))


@attrs.frozen
class Subject:
    """A network, and the samples it trains on, minibatches of `rows`."""

    name: str
    architecture: Architecture
    dataset: Dataset
    rows: int
    stacks: tuple[int, ...]
    pools: Callable[[Dataset, int], Pool]

    def cells(self, models: int, steps: int) -> tuple[Cell, ...]:
        """Cells that differ in their seeds."""
        train = GradientDescent(
            optimizer=Sgd(lr=Constant(rate=0.01), momentum=0.9),
            loss=CrossEntropy(),
            batch=self.rows,
            duration=Duration(steps, "steps"),
        )
        return tuple(
            Cell(str(n), self.dataset, self.architecture, (), train, Seed(n, n, n))
            for n in range(models)
        )

    def network(self) -> nn.Module:
        """One model as torch has it."""
        if isinstance(self.architecture, Mlp):
            sizes = (self.dataset.inputs, *self.architecture.hidden)
            pairs = itertools.pairwise(sizes)
            layers = [layer for a, b in pairs for layer in (nn.Linear(a, b), nn.ReLU())]
            return nn.Sequential(*layers, nn.Linear(sizes[-1], self.dataset.outputs))
        return solo_cnn5(self.architecture.channels, self.dataset.outputs)

    def samples(self, device: str) -> tuple[Tensor, Tensor]:
        """Inputs, in the network's shape, and classes, on the device."""
        pool, count = self.pools(self.dataset, 0), self.dataset.samples
        shape = (40,) if isinstance(self.architecture, Mlp) else self.dataset.shape
        inputs = torch.tensor(pool.train_inputs[:count]).reshape(count, *shape)
        return inputs.to(device), torch.tensor(pool.train_targets[:count]).to(device)


def solo_cnn5(channels: int, outputs: int) -> nn.Module:
    """The five-layer network from torch's own modules."""
    layers: list[nn.Module] = []
    before = 3
    for width, pool in zip([channels << n for n in range(4)], (1, 2, 2, 8), strict=True):
        layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(), nn.MaxPool2d(pool)]
        before = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before, outputs))


def subjects(size: Size) -> Iterator[Subject]:
    """Dense networks on MNIST-1D, then convolutions on made-up images of CIFAR's shape."""
    pools = Pools(None)
    for width in size.widths:
        net, data = Mlp(hidden=(width, width)), Mnist1d(samples=4_000)
        yield Subject(f"mlp {width}", net, data, 100, size.dense_stacks, pools)
    from ddspec.vocabulary.architectures.cnn5 import Cnn5
    from ddspec.vocabulary.datasets.cifar10 import Cifar10

    images = made_up(size.image_samples)
    for channels in size.channels:
        data = Cifar10(samples=size.image_samples, test=100)
        stacks = tuple(k for k in size.image_stacks if k * channels <= 1024)
        yield Subject(
            f"cnn5 {channels}", Cnn5(channels=channels), data, 128, stacks, lambda *_: images
        )


@functools.cache
def made_up(count: int) -> Pool:
    """Noise in the shape of CIFAR-10: what is trained on does not change how long it takes."""
    draws = np.random.default_rng(0)
    inputs = draws.standard_normal((count + 100, 3 * 32 * 32), np.float32)
    targets = draws.integers(0, 10, count + 100)
    none = (inputs[:0], targets[:0])
    return Pool(inputs[:count], targets[:count], *none, inputs[count:], targets[count:])


def rate(spent: Callable[[int], float], size: Size, models: int) -> float:
    """Model steps a second, by the difference of a long and a short training; NaN if too short."""
    short, long = size.steps
    seconds = spent(long) - spent(short)
    return models * (long - short) / seconds if seconds > 0 else math.nan


def stacked(subject: Subject, size: Size, way: Way, models: int) -> Callable[[], float]:
    """The engine's rate at a size of stack."""
    batches = {s: Batch(subject.cells(models, s), ways=(way, "eager")) for s in size.steps}
    return lambda: rate(
        lambda steps: timed(lambda: fit(batches[steps], subject.pools, size.device)), size, models
    )


def alone(subject: Subject, size: Size, *, graph: bool) -> Callable[[], float]:
    """One model by a good loop; `graph`: its step captured once and replayed."""
    inputs, targets = subject.samples(size.device)
    net = subject.network().to(size.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, foreach=True)
    rows = torch.arange(subject.rows, device=size.device)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(inputs[rows]), targets[rows]).backward()
        optimizer.step()

    take = captured(step) if graph else step

    def spent(steps: int) -> float:
        def work() -> None:
            done = 0
            while done < steps:
                order = torch.randperm(len(inputs), device=size.device)
                for part in order.split(subject.rows)[: steps - done]:
                    if len(part) == subject.rows:
                        rows.copy_(part)
                        take()
                        done += 1
            if size.device == "cuda":
                torch.cuda.synchronize()

        return timed(work)

    return lambda: rate(spent, size, 1)


def captured(step: Callable[[], None]) -> Callable[[], None]:
    """The step as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def by_jax(width: int, size: Size, models: int, process: Workers) -> Callable[[], float]:
    """`jax.vmap` over `lax.scan`, a whole epoch of 40 steps at a time."""
    short, long = (-(-steps // 40) for steps in size.steps)
    long = max(long, short + 1)

    def measured() -> float:
        asked = [process.call(jax_scan.train, ("vmap", width, models, n))[0] for n in (long, short)]
        seconds = asked[0] - asked[1]  # of one model: `train` has divided
        return 40 * (long - short) / seconds if seconds > 0 else math.nan

    return measured


def memory_of(subject: Subject, size: Size, models: int) -> str:
    """MiB of the card at most while a stack trains, a model."""
    if size.device != "cuda":
        return "-"
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    fit(Batch(subject.cells(models, size.steps[0])), subject.pools, size.device)
    return f"{torch.cuda.max_memory_allocated() / models / 2**20:.1f}"


def rows_of(subject: Subject, size: Size, jax: Workers | None) -> list[list[str]]:
    """Every design for one network, the designs in turns."""
    designs = {("one model, eager", 1): alone(subject, size, graph=False)}
    if size.device == "cuda":
        designs["one model, CUDA graph", 1] = alone(subject, size, graph=True)
    for models in subject.stacks:
        for way in size.ways:
            designs[f"ddspec, {way}", models] = stacked(subject, size, way, models)
        if jax is not None and isinstance(subject.architecture, Mlp):
            width = subject.architecture.hidden[0]
            designs["jax.vmap", models] = by_jax(width, size, models, jax)
    found = interleaved(designs, size.rounds)
    base = found.median(("one model, eager", 1))
    return [
        [
            subject.name,
            design,
            str(models),
            f"{found.median((design, models)):,.0f}",
            f"{found.median((design, models)) / base:.1f}",
            memory_of(subject, size, models) if design == "ddspec, eager" else "-",
        ]
        for design, models in designs
    ]


def jax_device() -> str:
    """What JAX computes with in a worker process."""
    import jax

    return str(jax.default_backend())


def jax_process(size: Size) -> Workers | None:
    """A process in which JAX has the device; None where it has not."""
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if not jax_scan.present():
        return None
    process = Workers()
    backend = process.call(jax_device, ())[0]
    if backend == ("gpu" if size.device == "cuda" else "cpu"):
        return process
    process.close()
    return None


def measured(size: Size) -> Table:
    """Every network on the device, whatever it is."""
    jax = jax_process(size)
    rows = [row for subject in subjects(size) for row in rows_of(subject, size, jax)]
    if jax is not None:
        jax.close()
    return Table(
        title=TITLE + ("" if size.device == "cuda" else " (a dry run on the processor)"),
        header=HEADER,
        rows=rows,
        note=(
            "Float32 without TF32 in the engine; minibatches of 100 (dense) and 128 (images). "
            f"Rates are from {size.steps[1]} against {size.steps[0]} steps, so that neither setup "
            f"nor evaluation counts; medians of {size.rounds} interleaved rounds. "
            + ("" if jax else "JAX with this device is not installed.")
        ),
    )


def measure(*, quick: bool = False) -> Table:
    """The whole measurement on a card; without one, a table that says so."""
    if not torch.cuda.is_available():
        return Table(TITLE, HEADER, [], ABSENT)
    return measured(QUICK if quick else Size())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=measure.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer networks and stacks")
    parser.add_argument("--dry", action="store_true", help="all but CUDA, on the processor")
    asked, load = parser.parse_args(), os.getloadavg()[0]
    if not (asked.dry or torch.cuda.is_available()):
        sys.stdout.write(f"{ABSENT}\n")
        return
    table = measured(DRY) if asked.dry else measure(quick=asked.quick)
    sys.stdout.write(table.markdown(described(load)))


if __name__ == "__main__":
    main()
