"""Which cells train as one stack, and how many of them at once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ddspec.plan.cell import Cell
from ddspec.vocabulary.kinds import Schedule, Word
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

# A stack's weights should stay in the cache of a core: measured best at 4 models of width 300 and
# about 16 of width 128; small models gain little beyond 32. A graphics card wants as many as
# saturate it.
CPU_BYTES, CPU_MODELS = 1.7e6, 32
GPU_BYTES, GPU_MODELS = 2e9, 512
# Models that train one after the other: as many as the indices of a block of steps leave room for.
QUEUE_BYTES, QUEUE_MODELS, INDEX_BYTES = 2e8, 512, 1600  # bytes a row of a minibatch and model
SOLVED = 512  # closed forms to a batch, but for those of one design


def stack_key(cell: Cell) -> tuple[Hashable, ...]:
    """Cells with equal keys can train in one stack.

    They agree in network, structure of the composition, optimizer, loss, precision and rows of a
    minibatch, and draw on alike data. Solved cells agree in training inputs and random features, so
    that strengths and label noises of one architecture share a factorization. Fitted cells have
    nothing to share.
    """
    data = cell.dataset
    if "estimator" in cell.train.traits:
        return ("estimator", data.name(), cell.architecture.name())
    pool: tuple[Hashable, ...] = data.pool_key()
    if data.seeded:
        pool = (data.name(), data.inputs, data.outputs)
    shown = (data.shape, data.weighted, *(each.name() for each in data.transform))
    if not isinstance(cell.train, GradientDescent):
        return ("closed_form", data.inputs_key(), cell.seed.data, cell.seed.init)
    return (
        "gradient",
        (pool, shown, data.validation > 0),
        cell.architecture,
        tuple(map(_structure, cell.regularizer)),
        _structure(cell.train.optimizer),
        cell.train.loss,
        cell.train.precision,
        (min(cell.train.batch, data.samples), cell.train.brief(data.samples)),
        (cell.train.until, data.samples if cell.train.optimizer.samplewise else 0),
        None if cell.before is None else cell.train.start,
    )


def stack_size(cell: Cell, device: str = "cpu") -> int:
    """How many cells like this one to train at once on a `device`, `cpu` or `cuda`; at least 1."""
    if not isinstance(cell.train, GradientDescent):
        return SOLVED
    together = cell.architecture.together(device)
    if together is not None:
        return int(together)
    data = cell.dataset
    weights = cell.architecture.parameters(data.shape, data.outputs, cell.regularizer)
    width = {"float64": 8, "float32": 4, "bfloat16": 4}[cell.train.precision]
    budget, most = (CPU_BYTES, CPU_MODELS) if device == "cpu" else (GPU_BYTES, GPU_MODELS)
    return max(1, min(most, int(budget // (weights * width))))


def queue_size(cell: Cell) -> int:
    """How many cells like this one to train one after the other in one batch; at least 1."""
    assert isinstance(cell.train, GradientDescent)
    rows = min(cell.train.batch, cell.dataset.samples)
    return max(1, min(QUEUE_MODELS, int(QUEUE_BYTES // (INDEX_BYTES * rows))))


def _structure(word: Word) -> tuple[Hashable, ...]:
    """A word without the values that may differ between the models of a stack."""
    return (
        word.kind,
        word.name(),
        *(
            (parameter.field, _part(getattr(word, parameter.field)))
            for parameter in word.parameters_of()
            if not parameter.stacked
        ),
    )


def _part(value: Any) -> Hashable:
    if isinstance(value, Schedule):
        return "a rate for every step"
    if isinstance(value, Word):
        return _structure(value)
    return value if isinstance(value, Hashable) else repr(value)
