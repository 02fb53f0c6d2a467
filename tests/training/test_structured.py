"""A cell of a structured network in a stack equals the same cell alone, and has the same bits."""

import attrs
import numpy as np
import pytest
import torch
from torch import nn

from ddspec.training.models import network_of
from ddspec.vocabulary.architectures.deep_cnn import DeepCnn
from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.language_model import LanguageModel
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.resnet18 import Resnet18
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.architectures.transformer import Transformer
from ddspec.vocabulary.datasets.block_model import normalized
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.drawing import Scaled
from ddspec.vocabulary.layers import BatchNorm, Dropout
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.regularizers.dropout import Dropout as DropoutWord
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from tests.training import made
from tests.training.made import cell, descent, difference, plain_loop, stacked
from tests.training.test_dense_alone import Affine
from tests.training.test_grouping import bits, one_thread  # noqa: F401 - a fixture

SAMPLES = (30, 25, 32)  # minibatches of 8: the last are of 6, 1 and 8
LENGTH, TOKENS, NODES = 5, 7, 95
SHAPES = {"images": (3, 8, 8), "steps": (3, 7), "pairs": (2, LENGTH), "text": (LENGTH,)}


@attrs.frozen(kw_only=True)
class Made(Mnist1d):
    """Samples of any kind."""

    what: str = "images"

    @property
    def plain_shape(self):
        return SHAPES.get(self.what, (1,))

    @property
    def tokens(self):
        return self.what in ("pairs", "text")

    @property
    def outputs(self):
        return LENGTH * TOKENS if self.tokens else 10


def numbers(what, count, seed):
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 10, count)
    shapes = np.random.default_rng(0).standard_normal((10, int(np.prod(SHAPES[what]))))
    return (shapes[targets] + generator.standard_normal(shapes[targets].shape)).astype(
        "f4"
    ), targets


def sentences(what, count, seed):
    """Texts of 2 tokens or more; the translation of a sentence is its tokens, each the next."""
    generator = np.random.default_rng(seed)
    text = generator.integers(3, TOKENS, (count, LENGTH))
    text[np.arange(LENGTH) > generator.integers(2, LENGTH + 1, count)[:, None]] = 0
    said = np.where(text > 0, (text + 1) % TOKENS, -1) if what == "pairs" else text
    moved = np.concatenate([np.ones((count, 1)), said.clip(min=0)[:, :-1]], axis=1)
    inputs = np.concatenate([text, moved], axis=1) if what == "pairs" else moved
    return inputs.astype("f4"), np.where(said > 0, said, -1)


def graph_pool():
    generator = np.random.default_rng(0)
    upper = np.triu(generator.random((NODES, NODES)) < 0.1, 1)
    targets = generator.integers(0, 10, NODES)
    features = np.eye(10)[targets] + generator.standard_normal((NODES, 10))
    extras = {"adjacency": normalized(upper | upper.T), "features": features.astype("f4")}
    inputs = np.arange(NODES, dtype="f4")[:, None]
    parts = (inputs[:60], targets[:60], inputs[:0], targets[:0], inputs[60:], targets[60:])
    return Pool(*parts, extras=extras)


def pool_of(what):
    if what == "graph":
        return graph_pool()
    drawn = numbers if what in ("images", "steps") else sentences
    empty = tuple(part[:0] for part in drawn(what, 1, 0))
    return Pool(*drawn(what, 60, 1), *empty, *drawn(what, 30, 2))


POOLS = {what: pool_of(what) for what in (*SHAPES, "graph")}


class Masked(made.Masked):
    def forward(self, x):
        return super().forward(x.flatten(1)).view(x.shape)


def replaced(module):
    """A network with the layers that a stack needs replaced by a user's own or torch's."""
    for name, inner in module.named_children():
        if isinstance(inner, Dropout):
            rate = 1 - 1 / float(inner.scale)
            setattr(module, name, Masked(rate, inner.layer))
        elif isinstance(inner, BatchNorm):
            norm = nn.BatchNorm2d(len(inner.weight)).double()
            setattr(module, name, norm)
        elif isinstance(inner, Scaled):
            other = Affine(inner).double()
            other.load_state_dict(inner.state_dict())
            setattr(module, name, other)
        else:
            replaced(inner)
    return module


@pytest.fixture(autouse=True)
def own_pools(monkeypatch):
    def plain_network(one):
        network = network_of(one)
        one.architecture.attach(network, POOLS[one.dataset.what])
        return replaced(network)

    monkeypatch.setattr(made, "pools", lambda dataset, _: POOLS[dataset.what])
    monkeypatch.setattr(made, "plain_network", plain_network)


def everything(n):
    drops = (
        DropoutWord(rate=rate + 0.05 * n, at=place)
        for place, rate in {"input": 0.1, "hidden": 0.2, "head": 0.3}.items()
    )
    return (*drops, L2(strength=1e-2 * n))


def token_loss(outputs, targets):
    """The mean over sentences of their mean cross-entropy."""
    each = nn.functional.cross_entropy(
        outputs.view(-1, TOKENS), targets.flatten(), ignore_index=-1, reduction="none"
    )
    there = targets >= 0
    return (each.view(targets.shape).sum(dim=1) / there.sum(dim=1)).mean()


CASES = {
    "resnet18": (Resnet18(channels=2, blocks=(1, 2)), "images"),
    "wide resnet18": (Resnet18(channels=5, blocks=(1, 1), last_norm=True), "images"),
    "deep_cnn": (DeepCnn(depth=3, channels=3, halvings=1), "images"),
    "rnn": (Rnn(units=5, layers=2), "steps"),
    "lstm": (Lstm(units=4, layers=2), "steps"),
    "transformer": (Transformer(d_model=8, heads=2, layers=1), "pairs"),
    "normed before": (
        Transformer(d_model=4, heads=2, layers=1, norm="before", tied="none"),
        "pairs",
    ),
    "language_model": (LanguageModel(d_model=8, heads=2, layers=1, positions="trained"), "text"),
    "mup": (
        LanguageModel(
            d_model=8, heads=2, layers=1, positions="trained", parametrization="mup", base=2
        ),
        "text",
    ),
    "ntk": (
        Transformer(d_model=8, heads=2, layers=1, tied="none", parametrization="ntk"),
        "pairs",
    ),
    "mup_adam": (
        Transformer(d_model=8, heads=4, layers=1, parametrization="mup_adam", base=4, base_heads=2),
        "pairs",
    ),
    "gnn": (Gnn(hidden=(6,), features=10), "graph"),
}
TERMS = {"none": lambda _: (), "all": everything}
OPTIMIZERS = {
    "momentum": (
        lambda n: Sgd(lr=Constant(rate=0.02), momentum=0.9 - 0.1 * n),
        lambda n: lambda w: torch.optim.SGD(w, momentum=0.9 - 0.1 * n),
    ),
    # the slope of a key's bias is zero: a small epsilon would make steps of its rounding
    "adam": (
        lambda _: Adam(lr=Constant(rate=0.01), epsilon=1e-5),
        lambda _: lambda w: torch.optim.Adam(w, eps=1e-5),
    ),
}


def cells_of(case, terms, optimizer, count=3, **settings):
    net, what = CASES[case]
    for n in range(count):
        dataset = Made(what=what, samples=SAMPLES[n], test=30, pool_size=60)
        train = descent(OPTIMIZERS[optimizer][0](n), 2, **settings)
        yield cell(dataset, TERMS[terms](n), train, n, net)


@pytest.mark.parametrize(
    ("case", "terms", "optimizer"),
    [
        *((case, "all", "momentum") for case in CASES),
        *((case, "none", "adam") for case in ("lstm", "gnn", "transformer", "mup_adam")),
    ],
)
def test_a_stacked_cell_equals_the_plain_loop(case, terms, optimizer):
    cells = list(cells_of(case, terms, optimizer))
    loss = token_loss if cells[0].dataset.tokens else None
    runs = stacked(cells)
    for n, (run, one) in enumerate(zip(runs, cells, strict=True)):
        assert difference(run, plain_loop(one, OPTIMIZERS[optimizer][1](n), loss)) < 1e-10


@pytest.mark.parametrize("case", ["resnet18", "rnn", "lstm", "transformer", "gnn"])
def test_a_cell_has_the_same_bits_in_every_stack(case):
    cells = [*cells_of(case, "all", "momentum", precision="float32")]
    whole = [bits(run) for run in stacked(cells, points=(0, 1, 2))]
    for group in ([1],) if case in ("resnet18", "transformer") else ([1], [2, 0]):
        runs = stacked([cells[number] for number in group], points=(0, 1, 2))
        assert [bits(run) for run in runs] == [whole[number] for number in group]


@pytest.mark.parametrize("case", ["lstm", "language_model", "gnn"])
def test_bfloat16_trains(case):
    run = stacked([*cells_of(case, "none", "momentum", 2, precision="bfloat16")])[0]
    assert all(weight.isfinite().all() for weight in run.weights.values())
    assert {weight.dtype for weight in run.weights.values()} == {torch.float32}
