"""Layers that a composition adds to a chain equal networks of torch's own layers."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from ddspec.training.models import network_of
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm
from ddspec.vocabulary.regularizers.path_norm import PathNorm
from ddspec.vocabulary.regularizers.path_normalization import PathNormalization
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm
from tests.training.looped import Loop, three
from tests.training.made import Masked, stacked

TOLERANCE = 1e-10
SIZES = (40, 7, 5, 10)


class Built(Loop):
    """A network of a test's own layers, with the cell's first weights, by order."""

    def __init__(self, one):
        self.one, self.step, self.key = one, 0, torch.tensor(0)
        layers = []
        for number, (before, size) in enumerate(itertools.pairwise(SIZES), start=1):
            last = number == len(SIZES) - 1
            layers += (
                [nn.Linear(before, size)]
                if last
                else [*self.hidden(before, size, number), nn.ReLU()]
            )
        self.network = nn.Sequential(*layers).double().train()
        self.begin(network_of(one))

    def begin(self, first):
        with torch.no_grad():
            for mine, theirs in zip(self.network.parameters(), first.parameters(), strict=True):
                mine.copy_(theirs)

    def hidden(self, before, size, number):
        raise NotImplementedError


def largest(run, network):
    pairs = zip(run.weights.values(), network.parameters(), strict=True)
    return max(float((a - b.detach()).abs().max()) for a, b in pairs)


class LayerNormed(Built):
    def hidden(self, before, size, number):
        (term,) = self.one.regularizer
        return nn.Linear(before, size), nn.LayerNorm(size, term.epsilon)


class Preactivated(Built):
    def hidden(self, before, size, number):
        (term,) = self.one.regularizer
        return nn.Linear(before, size), Masked(term.rate, -number)

    def alter(self, inputs, targets):
        for layer in self.network:
            if isinstance(layer, Masked):
                layer.key = int(self.key)
        return inputs, targets


class Mixture(nn.Module):
    """What path_normalization says, over a whole minibatch."""

    def __init__(self, before, size, share):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
        self.affine, self.share = nn.Linear(before, size, bias=False), share

    def forward(self, x):
        z = self.affine(x)
        path = self.affine.weight.square().sum(dim=1)
        mixed = self.share * z.var(dim=0, unbiased=False) + (1 - self.share) * path
        return (z - z.mean(dim=0)) / (mixed + 1e-5).sqrt() * self.weight + self.bias


class PathNormalized(Built):
    def hidden(self, before, size, number):
        return (Mixture(before, size, self.one.regularizer[0].share),)


@pytest.mark.parametrize(
    ("term", "loop"),
    [
        (lambda n: LayerNorm(), LayerNormed),
        (lambda n: Dropout(rate=0.1 + 0.2 * n, at="preactivation"), Preactivated),
        (lambda n: PathNormalization(share=0.2 + 0.3 * n), PathNormalized),
    ],
    ids=["layer_norm", "dropout-preactivation", "path_normalization"],
)
def test_a_stacked_cell_equals_the_plain_loop(term, loop):
    cells = list(three(lambda n: (term(n),)))
    for run, one in zip(stacked(cells), cells, strict=True):
        assert run.way == "eager"
        assert largest(run, loop(one).run()) < TOLERANCE


def normed(network):
    """The network with torch's own weight normalization."""
    for layer in network:
        if isinstance(layer, nn.Linear):
            parametrizations.weight_norm(layer)
    return network


def test_weight_norm_is_that_of_torch():
    cells = list(three(lambda _: (WeightNorm(),)))
    for run, one in zip(stacked(cells), cells, strict=True):
        loop = Loop.__new__(Loop)
        loop.__dict__ |= {"one": one, "step": 0}
        layers = [nn.Linear(a, b) for a, b in itertools.pairwise(SIZES)]
        for layer, ours in zip(
            layers, [m for m in network_of(one) if isinstance(m, nn.Linear)], strict=True
        ):
            layer.double().load_state_dict({n: getattr(ours, n) for n in ("weight", "bias")})
        loop.network = normed(nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]))
        trained = loop.run()
        for place, layer in zip((0, 2, 4), trained[::2], strict=True):
            length, direction = (
                layer.parametrizations.weight.original0,
                layer.parametrizations.weight.original1,
            )
            assert torch.allclose(
                run.weights[f"{place}.length"], length[:, 0], atol=TOLERANCE, rtol=0
            )
            assert torch.allclose(run.weights[f"{place}.weight"], direction, atol=TOLERANCE, rtol=0)


def test_path_normalization_by_the_variance_alone_is_batch_norm():
    ours = next(three(lambda _: (PathNormalization(share=1.0, momentum=0.3),)))
    theirs = next(three(lambda _: (BatchNorm(momentum=0.3),)))
    one, other = (stacked([cell], ways=("eager",))[0] for cell in (ours, theirs))
    for name, values in one.buffers.items():
        if "running" in name:
            place = str({"0": 1, "2": 4}[name[0]])
            assert torch.allclose(values, other.buffers[place + name[1:]], atol=TOLERANCE)


WORDS = (
    BatchNorm(), LayerNorm(), WeightNorm(), PathNormalization(share=0.5),
    Dropout(rate=0.5, at="preactivation"),
)  # fmt: skip


@pytest.mark.parametrize("count", range(1, len(WORDS) + 1))
def test_parameters_are_counted_as_they_are_built(count):
    net = Mlp(hidden=(7, 5))
    for terms in itertools.combinations(WORDS, count):
        built = net.build((40,), 10, terms)
        counted = sum(weight.numel() for weight in built.parameters())
        assert counted == net.parameters((40,), 10, terms), terms


def test_every_layer_at_once_trains_in_a_stack_as_alone():
    cells = list(three(lambda n: (*WORDS[:3], PathNormalization(share=0.5), *WORDS[4:])))
    for run, one in zip(stacked(cells), cells, strict=True):
        (alone,) = stacked([one])
        assert (
            max(float((w - alone.weights[n]).abs().max()) for n, w in run.weights.items())
            < TOLERANCE
        )


def test_the_path_norm_of_normalized_weights_is_that_of_the_weights_that_act():
    """Directions do not change it: the slope along them is 0."""
    one = next(three(lambda _: (WeightNorm(), PathNorm(strength=1.0))))
    network = network_of(one)
    seen = {name: w.detach() for name, w in network.named_parameters()}

    def path(weights):
        shown = type("Shown", (), {"weights": weights})
        return PathNorm(strength=1.0).objective(torch.zeros(()), None, shown, None)

    doubled = {n: w * 2 if n.endswith("weight") else w for n, w in seen.items()}
    assert float(path(doubled)) == pytest.approx(float(path(seen)))
