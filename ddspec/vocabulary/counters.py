"""Random numbers of a step, as functions of its key: the same however models are stacked.

A number is a pure function of the int64 key of a model's step, a stream, its row and its column.
Words do not share numbers: each has streams of its own, see `stream`.
"""

from __future__ import annotations

import functools
import hashlib
import math

import torch
from torch import Tensor

from ddspec.vocabulary.layers import random_bits


@functools.cache
def stream(*place: str | int) -> int:
    """The stream of a word and a purpose of its own, `stream("mixup", "hidden", "partners")`."""
    text = "\0".join(["ddspec-counter-1", *map(str, place)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def uniform(key: Tensor, stream: int, rows: int, columns: int) -> Tensor:
    """Uniform numbers strictly within (0, 1), (rows, columns) float64, 2**-32 apart."""
    return (random_bits(key, stream, rows, columns).double() + (2**31 + 0.5)) / 2**32


def normal(key: Tensor, stream: int, rows: int, columns: int) -> Tensor:
    """Standard normal numbers, (rows, columns) float64, by the inverse distribution function."""
    return torch.erfinv(uniform(key, stream, rows, columns) * 2 - 1) * math.sqrt(2)


def below(key: Tensor, stream: int, rows: int, count: int) -> Tensor:
    """Whole numbers from 0 to count - 1, equally likely, (rows,) int64."""
    return (uniform(key, stream, rows, 1)[:, 0] * count).long()


def symmetric_beta(key: Tensor, stream: int, rows: int, shape: Tensor | float) -> Tensor:
    """Numbers of the Beta(shape, shape) distribution, (rows,) float64, each from two uniform ones.

    With T of Student's distribution of 2 shape degrees of freedom, drawn by Bailey's polar method,
    (1 + T / sqrt(2 shape + T^2)) / 2 (Devroye, "Random variate generation in one line of code",
    1996).
    """
    radius, angle = uniform(key, stream, rows, 2).unbind(dim=1)
    inner = radius ** (1 / shape)
    ratio, cosine = inner / (1 - inner), (angle * (2 * math.pi)).cos()
    long = (ratio + cosine.square()).sqrt()
    smaller = ratio / (long * (long + cosine.abs())) / 2  # (1 - |T| / ...) / 2, without cancelling
    return torch.where(cosine < 0, smaller, 1 - smaller)


def permutation(key: Tensor, stream: int, rows: Tensor) -> Tensor:
    """A permutation of a minibatch, (n,) int64, that moves rows of positive weight among
    themselves; `rows`, (n,), are the weights.
    """
    padding = (rows <= 0).double()
    places = padding.argsort(stable=True)  # rows that count, then the others
    chosen = (uniform(key, stream, len(rows), 1)[:, 0] + 2 * padding).argsort(stable=True)
    return torch.zeros_like(places).scatter(0, places, chosen)
