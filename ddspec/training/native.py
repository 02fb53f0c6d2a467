"""The native stepper: dense networks trained by the package's own kernel, on a processor.

It trains one model after the other, each while it lies in the core's own cache; a model's bits
depend on nothing but the model. Float64 agrees with the recorded step to rounding.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from ddspec.plan.cell import Cell
from ddspec.training.block import Block
from ddspec.training.kernel.chain import Chain, Link
from ddspec.training.kernel.problem import Drop, Problem, Stage
from ddspec.training.kernel.toolchain import kernel
from ddspec.training.models import ALL, Kind, Models, network_of, overrides, varying
from ddspec.training.resident import Resident
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2

TERMS, OPTIMIZERS, LOSSES = (L1, L2, Dropout, BatchNorm), (Sgd, Adam), (CrossEntropy, Mse)
HOOKS = ("penalty", "start", "alter", "objective", "slope", "settle", "shown")
SUFFIX = {torch.float32: "f32", torch.float64: "f64"}
ROWS = 100  # samples evaluated at once
Call = Callable[[Any], int]


@attrs.frozen(eq=False)
class Native:
    """A stepper for what the kernel knows; made by `of`.

    values: (cells,) float64 each, of the penalties and the optimizer.
    """

    kind: Kind
    resident: Resident
    chain: Chain
    values: Mapping[str, Tensor]
    train: Call
    evaluate: Call

    @classmethod
    def of(cls, kind: Kind, cells: Sequence[Cell], resident: Resident) -> Native | None:
        """The stepper of cells that stack; None where the kernel cannot train them."""
        chain, compiled = _chain(kind, resident.device), kernel()
        if chain is None or compiled is None:
            return None
        suffix = SUFFIX[kind.arithmetic]
        calls = (getattr(compiled, f"dense_{verb}_{suffix}") for verb in ("train", "outputs"))
        return cls(kind, resident, chain, _values(cells), *calls)

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        models = models.each(lambda tensor: tensor.contiguous().clone())
        count, names = len(models), _State.of(models)
        problem, held = self._problem(models, len(block), block.rows.shape[2])
        problem.optimizer = int(isinstance(self.kind.train.optimizer, Adam))
        problem.nesterov = int(getattr(self.kind.train.optimizer, "nesterov", False))
        problem.loss = LOSSES.index(type(self.kind.train.loss))
        problem.regression = int(block.targets.is_floating_point())
        given = {
            "places": block.rows,
            "targets": block.targets,
            "seen": block.seen,
            "rates": block.rates,
            "keys": block.keys,
            **attrs.asdict(names, recurse=False),
            **{name: values[:count] for name, values in self.values.items()},
        }
        _point(problem, given, held)
        _call(self.train, problem)
        return models

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
        models = models.each(lambda tensor: tensor.contiguous())
        samples = rows.shape[1]
        whole = samples // ROWS * ROWS
        parts = [rows[:, a:b] for a, b in ((0, whole), (whole, samples)) if a < b]
        return torch.cat([self._outputs(models, part) for part in parts], dim=1)

    def _outputs(self, models: Models, rows: Tensor) -> Tensor:
        count, samples = rows.shape
        size = min(samples, ROWS)
        problem, held = self._problem(models, samples // size, size)
        found = models.weights.new_empty(count, samples, self.chain.links[-1].outputs)
        _point(problem, {"places": rows, "outputs": found}, held)
        _call(self.evaluate, problem)
        return found

    def _problem(self, models: Models, steps: int, rows: int) -> tuple[Problem, list[Any]]:
        """The problem but for its minibatches, and what must live as long as it does."""
        held: list[Any] = []
        stages = (Stage * len(self.chain.links))(
            *(_stage(link, models, held) for link in self.chain.links)
        )
        problem = Problem(
            stages=len(stages),
            models=len(models),
            steps=steps,
            rows=rows,
            features=self.chain.links[0].inputs,
            parameters=models.weights.shape[1],
            stage=stages,
            dropped=len(self.chain.drops),
            drop=_drops(self.chain.drops, models, held),
        )
        held.append(stages)
        _point(problem, {"inputs": self.resident.inputs, "weights": models.weights}, held)
        return problem, held


def trains(cell: Cell, device: str) -> bool:
    """Whether the kernel can train a cell, and those that stack with it, on a device."""
    known = _chain(Kind.of(cell, network_of(cell)), device) is not None
    return known and kernel() is not None


def _chain(kind: Kind, device: str) -> Chain | None:
    """The network of cells that the kernel knows otherwise as well."""
    known = device == "cpu" and kind.arithmetic in SUFFIX and _knows(kind.cell)
    return Chain.of(kind.training) if known else None


def _knows(cell: Cell) -> bool:
    """Whether the kernel knows a cell's loss, optimizer and regularizers."""
    train = cell.train
    assert isinstance(train, GradientDescent)
    terms = all(type(term) in TERMS or not _acts(term) for term in cell.regularizer)
    words = type(train.optimizer) in OPTIMIZERS and type(train.loss) in LOSSES
    return terms and words and cell.dataset.native and train.optimizer.native


def _acts(term: Regularizer) -> bool:
    """Whether a term does something within a step; what it adds to the network is seen there."""
    return any(overrides(term, hook) for hook in HOOKS)


@attrs.frozen(eq=False)
class _State:
    """The optimizer's state as the kernel takes it."""

    first: Tensor | None = None
    second: Tensor | None = None
    power1: Tensor | None = None
    power2: Tensor | None = None

    @classmethod
    def of(cls, models: Models) -> _State:
        state = models.state
        if ALL in state:
            return cls(state[ALL])
        return cls(
            state[f"first.{ALL}"], state[f"second.{ALL}"], state["beta1^t"], state["beta2^t"]
        )


def _values(cells: Sequence[Cell]) -> dict[str, Tensor]:
    """What the kernel takes of every cell's words, (cells,) float64 each."""
    optimizers = [cell.train.optimizer for cell in cells if isinstance(cell.train, GradientDescent)]
    of = varying(optimizers, "cpu")
    zeros = torch.zeros(len(cells), dtype=torch.float64)
    strengths = {
        name: sum((_strengths(cells, place) for place in _places(cells[0], word)), zeros)
        for name, word in (("l1", L1), ("l2", L2))
    }
    decay = {"decay1": of.get("momentum", of.get("beta1", zeros)), "decay2": of.get("beta2", zeros)}
    return {**strengths, **decay, "epsilon": of.get("epsilon", zeros)}


def _places(cell: Cell, word: type) -> list[int]:
    return [place for place, term in enumerate(cell.regularizer) if type(term) is word]


def _strengths(cells: Sequence[Cell], place: int) -> Tensor:
    return varying([cell.regularizer[place] for cell in cells], "cpu")["strength"]


def _stage(link: Link, models: Models, held: list[Any]) -> Stage:
    stage = Stage(
        inputs=link.inputs,
        outputs=link.outputs,
        bias=link.bias,
        norm=bool(link.norm),
        act=link.act,
        slope=link.slope,
        momentum=link.momentum,
        epsilon=link.epsilon,
        drops=len(link.drops),
        drop=_drops(link.drops, models, held),
    )
    if link.norm:
        running = {n: models.buffers[f"{link.norm}.running_{n}"] for n in ("mean", "var")}
        _point(stage, {"mean": running["mean"], "variance": running["var"]}, held)
    return stage


def _drops(drops: Sequence[tuple[str, int]], models: Models, held: list[Any]) -> ctypes.Array[Drop]:
    made = (Drop * len(drops))()
    for place, (name, number) in zip(made, drops, strict=True):
        place.number = number
        threshold, scale = (models.buffers[f"{name}.{part}"] for part in ("threshold", "scale"))
        _point(place, {"threshold": threshold, "scale": scale.double()}, held)
    held.append(made)
    return made


def _point(place: Any, tensors: Mapping[str, Tensor | None], held: list[Any]) -> None:
    """Set pointers to tensors, which are kept in `held`."""
    for name, tensor in tensors.items():
        if tensor is not None:
            whole = tensor.contiguous()
            setattr(place, name, whole.data_ptr())
            held.append(whole)


def _call(work: Call, problem: Problem) -> None:
    if work(ctypes.byref(problem)):
        raise MemoryError("the kernel got no memory for a model")
