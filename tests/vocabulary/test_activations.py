"""Activations equal those of torch, slopes included; a step has the slope of a clipped line."""

import math

import pytest
import torch
from torch import nn

from ddspec.vocabulary.activations import ACTIVATIONS, activation
from ddspec.vocabulary.tangent import jvp

OWN = {
    "erf": lambda x: torch.special.erf(x / math.sqrt(2)),
    "identity": lambda x: x,
    "quadratic": torch.square,
    "step": lambda x: (x > 0).double(),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_equal_those_of_torch(name):
    x = torch.linspace(-30, 30, 301, dtype=torch.float64)
    expected = OWN.get(name) or getattr(nn.functional, name)
    assert torch.allclose(activation(name)(x), expected(x), atol=1e-14)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "step"])
def test_their_slopes_are_those_of_torch(name):
    x = torch.linspace(-9, 9, 301, dtype=torch.float64)
    expected = OWN.get(name) or getattr(nn.functional, name)
    slopes = (torch.func.vmap(torch.func.grad(f))(x) for f in (activation(name), expected))
    assert torch.allclose(*slopes, atol=1e-14)


def test_large_inputs_give_finite_slopes():
    x = torch.tensor([-800.0, -1.0, 0.0, 1.0, 800.0], dtype=torch.float64)
    for name in ("softplus", "elu"):
        slopes = torch.func.vmap(torch.func.grad(activation(name)))(x)
        assert slopes.isfinite().all()
    assert torch.func.grad(activation("softplus"))(x[2]) == 0.5


@pytest.mark.parametrize("derivative", ["reverse", "forward"])
def test_a_step_passes_the_slope_of_a_clipped_line(derivative):
    x = torch.tensor([-2.0, -0.5, 0.3, 1.7], dtype=torch.float64)
    step = activation("step")
    assert step(x).tolist() == [0, 0, 1, 1]
    if derivative == "reverse":
        slopes = torch.func.grad(lambda x: step(x).sum())(x)
    else:
        slopes = jvp(lambda x: step(x["x"]), {"x": x}, {"x": torch.ones_like(x)})[1]
    assert slopes.tolist() == [0, 1, 1, 0]
