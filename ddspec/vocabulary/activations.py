"""Elementwise nonlinearities by name, each rounded alike wherever in memory an element lies.

torch's own kernels of sigmoid, gelu, silu, elu and softplus round an element according to its
place, so that a stacked model would differ from the same model alone in last bits. Those here are
made of operations that do not.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Sigmoid(nn.Module):
    """1 / (1 + exp(-x))."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return (x * 0.5).tanh() * 0.5 + 0.5


class Gelu(nn.Module):
    """x Phi(x), Phi the standard normal distribution function."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return x * ((x * math.sqrt(0.5)).erf() * 0.5 + 0.5)


class Silu(nn.Module):
    """x / (1 + exp(-x))."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return x * ((x * 0.5).tanh() * 0.5 + 0.5)


class Softplus(nn.Module):
    """log(1 + exp(x))."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element; its slope is 1/2 at zero, where |x| has none."""
        size = x.abs()
        return (x + size) * 0.5 + (-size).exp().log1p()


class Elu(nn.Module):
    """x above zero, exp(x) - 1 below."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return torch.where(x > 0, x, x.clamp(max=0).expm1())


class Erf(nn.Module):
    """erf(x / sqrt(2)), as in the statistical mechanics of teachers and students."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return (x * math.sqrt(0.5)).erf()


class Quadratic(nn.Module):
    """x squared."""

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        return x * x


class Step(nn.Module):
    """1 above zero, else 0. Its slope, zero almost everywhere, is taken to be that of
    min(max(x, -1), 1): the straight-through estimator, clipped (Bengio et al. 2013; Hubara et
    al. 2016).
    """

    def forward(self, x: Tensor) -> Tensor:
        """The function of each element."""
        clipped = x.clamp(-1, 1)
        return (x > 0).to(x.dtype) + (clipped - clipped.detach())


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": Sigmoid,
    "gelu": Gelu,
    "silu": Silu,
    "softplus": Softplus,
    "elu": Elu,
    "erf": Erf,
    "identity": nn.Identity,
    "quadratic": Quadratic,
    "step": Step,
}


def activation(name: str) -> nn.Module:
    """The elementwise nonlinearity of that name, with PyTorch's default shape."""
    return ACTIVATIONS[name]()
