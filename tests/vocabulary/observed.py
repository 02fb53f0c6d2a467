"""Models made by hand, as measures are shown them."""

import itertools

import torch
from torch import nn
from torch.func import functional_call

from ddspec.training.observing import Watched
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.seen import Observed


def network_of(*sizes, activation=nn.Tanh, bias=True, seed=0):
    """A chain of affine layers in float64."""
    torch.manual_seed(seed)
    layers = []
    for before, size in itertools.pairwise(sizes):
        layers += [nn.Linear(before, size, bias=bias), activation()]
    return nn.Sequential(*layers[:-1]).double()


def samples_of(count, inputs, classes, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, inputs, dtype=torch.float64, generator=generator)
    return x, torch.randint(0, classes, (count,), generator=generator)


def observed(network=None, inputs=None, targets=None, **more):
    """A network at some samples; what is not said is as in training without any corruption."""
    network = network or nn.Linear(1, 1)
    count = 0 if inputs is None else len(inputs)
    weights = {name: w.detach() for name, w in network.named_parameters()}

    def passed(given, x):
        return functional_call(network, dict(given), (x,))

    def through(given, x, shifts):
        with Watched(network, shifts) as entered:
            return passed(given, x), dict(entered)

    settings = {
        "weights": weights,
        "first": {name: torch.zeros_like(w) for name, w in weights.items()},
        "passed": passed,
        "inputs": inputs,
        "targets": targets,
        "clean": targets,
        "groups": torch.zeros(count, dtype=torch.int64),
        "counts": torch.ones(count, dtype=torch.float64),
        "loss": CrossEntropy().each,
        "key": torch.tensor(7),
        "classes": None if targets is None or targets.is_floating_point() else 10,
        "architecture": Mlp(hidden=(3,)),
        "terms": (),
        "logits": True,
        "through": through,
    }
    return Observed(**(settings | more))
