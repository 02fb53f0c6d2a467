"""Stacked models: the weights, buffers and optimizer states of cells that train together."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import attrs
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ddspec.plan.cell import Cell
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.kinds import Optimizer, Regularizer, Word
from ddspec.vocabulary.layers import BatchNorm, Dropout
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

T = TypeVar("T", bound=Word)
Tensors = dict[str, Tensor]
ARITHMETIC = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
WRITTEN = ("running_mean", "running_var", "num_batches_tracked")
SAMPLES = "of each sample"  # the name of what an optimizer keeps of them
ALL = ""  # the name of all weights as one vector


class Sharing(Protocol):
    """Processes that divide the rows of every pass: each has all rows and all weights, passes its
    own part through the network and is told the outputs of all. A slope is that of one process.
    """

    def same(self, named: Mapping[str, Tensor]) -> Tensors:
        """Weights that every process has, as its part of the rows uses them."""

    def part(self, rows: Tensor) -> Tensor:
        """The own part of rows, (rows, ...): equally many everywhere, the last one repeated."""

    def counted(self, rows: Tensor) -> Tensor:
        """The own part of what rows count, (rows,): zero for those that are repeated."""

    def whole(self, part: Tensor, rows: int) -> Tensor:
        """So many rows of which every process has its part."""


@attrs.frozen(eq=False)
class Kind:
    """What the models of a stack have in common.

    training, evaluating: the network in either mode, without data. shapes: of its trained weights,
    which are kept as one vector a model. keyed, weighted: buffers set anew for every minibatch, the
    keys of dropout and the row weights of batch normalization. written: buffers that torch's own
    batch normalization writes into. arithmetic: the precision of the passes; weights are kept in
    float32 at least. sharing: how processes divide the rows of a minibatch, if they do.
    """

    cell: Cell
    training: nn.Module
    evaluating: nn.Module
    shapes: Mapping[str, torch.Size]
    keyed: tuple[str, ...]
    weighted: tuple[str, ...]
    written: tuple[str, ...]
    arithmetic: torch.dtype
    sharing: Sharing | None = None

    @classmethod
    def of(cls, cell: Cell, network: nn.Module) -> Kind:
        """The kind of a cell's network."""
        assert isinstance(cell.train, GradientDescent)
        empty = copy.deepcopy(network).to("meta")
        return cls(
            cell=cell,
            training=empty.train(),
            evaluating=copy.deepcopy(empty).eval(),
            shapes={name: weight.shape for name, weight in trained(network).items()},
            keyed=_buffers(network, Dropout, "key"),
            weighted=_buffers(network, BatchNorm, "rows"),
            written=tuple(n for name in WRITTEN for n in _buffers(network, _BatchNorm, name)),
            arithmetic=ARITHMETIC[cell.train.precision],
        )

    @property
    def train(self) -> GradientDescent:
        """The procedure, its stacked values those of one cell."""
        assert isinstance(self.cell.train, GradientDescent)
        return self.cell.train

    def named(self, vector: Tensor) -> Tensors:
        """One model's weights by name from its vector."""
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        parts = torch.split(vector, sizes)
        return {n: p.view(shape) for (n, shape), p in zip(self.shapes.items(), parts, strict=True)}


@attrs.frozen(eq=False)
class Models:
    """The state of k models: every tensor has the models as its first dimension.

    weights: (k, parameters). buffers, state (the optimizer's) and held (the regularizers', see
    `held_of`) by name.
    """

    weights: Tensor
    buffers: Tensors
    state: Tensors
    held: Tensors = attrs.field(factory=dict)

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def tensors(self) -> list[Tensor]:
        """Its tensors in order."""
        named = (self.buffers, self.state, self.held)
        return [self.weights, *(tensor for part in named for tensor in part.values())]

    def refilled(self, tensors: Iterable[Tensor]) -> Models:
        """Models with other tensors, in that order."""
        rest = iter(tensors)
        return self.each(lambda _: next(rest))

    def first(self, count: int) -> Models:
        """The first `count` models."""
        return self.each(lambda tensor: tensor[:count])

    def chosen(self, numbers: Sequence[int]) -> Models:
        """The models of those numbers."""
        index = torch.tensor(numbers, device=self.weights.device)
        return self.each(lambda tensor: tensor.index_select(0, index))

    def one(self, number: int) -> Models:
        """The tensors of one model, without a dimension of models."""
        return self.each(lambda tensor: tensor[number])

    def each(self, change: Callable[[Tensor], Tensor]) -> Models:
        """The models with every tensor changed."""
        named = (self.buffers, self.state, self.held)
        return Models(
            change(self.weights),
            *({name: change(tensor) for name, tensor in part.items()} for part in named),
        )


def trained(network: nn.Module) -> Tensors:
    """The trained weights of a network by name."""
    return {name: w.detach() for name, w in network.named_parameters() if w.requires_grad}


def network_of(cell: Cell) -> nn.Module:
    """A cell's network with its first weights, in its precision or float32 if that is more.

    Nothing is drawn from torch's global generator, even by a network that draws when it is built.
    """
    data, architecture = cell.dataset, cell.architecture
    assert isinstance(cell.train, GradientDescent)
    draws = Draws(cell.seed.init, "init")
    wide = torch.float64 if cell.train.precision == "float64" else torch.float32
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(draws.key("built") % 2**63)
        network = architecture.build(data.shape, data.outputs, cell.regularizer).to(wide)
    architecture.initialize(network, draws)
    return network


def stacked(
    cells: Sequence[Cell],
    device: str,
    pools: Sequence[Pool | None] = (),
    before: Sequence[Tensors | None] = (),
) -> tuple[Kind, Models]:
    """The models of cells that stack, before the first step.

    pools: what each draws on. before: weights and buffers that each starts from, if any.
    """
    networks = [network_of(cell) for cell in cells]
    for cell, network, trained_before in zip(cells, networks, before, strict=False):
        if trained_before is not None:
            _start(cell, network, trained_before)
    for cell, network, pool in zip(cells, networks, pools, strict=False):
        if pool is not None:
            cell.architecture.attach(network, pool)
    kind = Kind.of(cells[0], networks[0])
    vectors = [torch.cat([w.flatten() for w in trained(n).values()]) for n in networks]
    weights = torch.stack(vectors).to(device)
    held = [_untrained(network) for network in networks]
    passing = {*kind.keyed, *kind.weighted}
    buffers = {
        name: torch.stack([buffers[name] for buffers in held]).to(device)
        for name in held[0]
        if name not in passing
    }
    optimizer = kind.train.optimizer
    start = torch.func.vmap(lambda vector: optimizer.start(parts(kind, optimizer, vector)))
    state = {name: t.to(device).contiguous() for name, t in start(weights).items()}
    if optimizer.samplewise:
        state[SAMPLES] = weights.new_zeros(len(cells), cells[0].dataset.samples)
    return kind, Models(weights, buffers, state, _kept(kind, weights, buffers))


def _start(cell: Cell, network: nn.Module, before: Tensors) -> None:
    """Let a network begin with the weights of the one before, in place."""
    assert isinstance(cell.train, GradientDescent)
    assert cell.train.start is not None
    named = trained(network) | {n: b for n, b in network.named_buffers() if n in before}
    grown = cell.train.start.grown(named, before, Draws(cell.seed.init, "reuse"))
    network.load_state_dict(grown, strict=False)


def _kept(kind: Kind, weights: Tensor, buffers: Tensors) -> Tensors:
    """What the terms keep of models of those weights and buffers before the first step."""
    found: Tensors = {}
    for place, term in enumerate(kind.cell.regularizer):
        if overrides(term, "start"):
            start = functools.partial(_begun, kind, term)
            kept = torch.func.vmap(start)(weights, buffers).items()
            found |= {f"{place}:{n}": t.to(weights.device).contiguous() for n, t in kept}
    return found


def _begun(kind: Kind, term: Regularizer, vector: Tensor, buffers: Tensors) -> Tensors:
    return term.start(parts(kind, term, vector), buffers)


def overrides(term: Regularizer, hook: str) -> bool:
    """Whether a term does something of its own at a place that every term may act at."""
    return getattr(type(term), hook) is not getattr(Regularizer, hook)


def held_of(held: Tensors, place: int) -> Tensors:
    """What the term at a place of the composition keeps, by its own names."""
    prefix = f"{place}:"
    return {n.removeprefix(prefix): t for n, t in held.items() if n.startswith(prefix)}


def parts(kind: Kind, word: Optimizer | Regularizer, vector: Tensor) -> Tensors:
    """One model's weights as a word takes them: by name, or as one vector if that is the same."""
    return {ALL: vector} if word.separable else kind.named(vector)


def varying(words: Sequence[Word], device: str) -> Tensors:
    """The values that may differ between the models, (k,) float64 each, of one word a model."""
    names = [p.field for p in words[0].parameters_of() if p.stacked]
    return {
        name: torch.tensor([float(getattr(w, name)) for w in words], dtype=torch.float64).to(device)
        for name in names
    }


def with_values(word: T, values: Mapping[str, Any]) -> T:
    """The word with the values of one model, as tensors."""
    return attrs.evolve(word, **values)  # type: ignore[misc]  # every word is an attrs class


def _untrained(network: nn.Module) -> Tensors:
    """Buffers, and parameters that the network holds fixed."""
    fixed = {n: w.detach() for n, w in network.named_parameters() if not w.requires_grad}
    return fixed | dict(network.named_buffers())


def _buffers(network: nn.Module, layer: type[nn.Module], name: str) -> tuple[str, ...]:
    return tuple(
        f"{path}.{name}" if path else name
        for path, module in network.named_modules()
        if isinstance(module, layer) and getattr(module, name, None) is not None
    )
