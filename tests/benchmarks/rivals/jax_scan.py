"""A stack of networks by `jax.vmap` over a `lax.scan` through the minibatches of an epoch.

Import it in a process of its own: when JAX is loaded it decides what it computes with.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.rivals.loops import MOMENTUM, RATE, ROWS, SAMPLES, samples

STACKS = (1, 4, 16)
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def present() -> bool:
    """Whether JAX is installed."""
    return importlib.util.find_spec("jax") is not None


@functools.cache
def designs() -> dict[str, Callable[..., Any]]:
    """An epoch of a stack: weights, momenta and shuffled places (models, samples) to the next.

    `vmap`: all models at once; `map`: one after the other, compiled as a whole all the same.
    """
    os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
    import jax

    inputs, targets = (jax.numpy.asarray(each.numpy()) for each in samples(1_000)[:2])

    def step(state: Any, places: Any) -> Any:
        weights, momenta = state
        slopes = jax.grad(loss)(weights, inputs[places], targets[places])
        momenta = jax.tree.map(lambda m, slope: MOMENTUM * m + slope, momenta, slopes)
        return (jax.tree.map(lambda w, m: w - RATE * m, weights, momenta), momenta), None

    def epoch(weights: Any, momenta: Any, places: Any) -> Any:
        state, _ = jax.lax.scan(step, (weights, momenta), places.reshape(-1, ROWS))
        return state

    def one_by_one(*stack: Any) -> Any:
        return jax.lax.map(lambda one: epoch(*one), stack)

    return {"vmap": jax.jit(jax.vmap(epoch)), "map": jax.jit(one_by_one)}


def loss(weights: Any, rows: Any, classes: Any) -> Any:
    """Mean cross-entropy of one network."""
    import jax

    outputs = forward(weights, rows)
    picked = jax.numpy.take_along_axis(jax.nn.log_softmax(outputs), classes[:, None], 1)
    return -picked.mean()


def forward(weights: Any, rows: Any) -> Any:
    """The outputs of one network."""
    import jax

    for matrix, bias in weights[:-1]:
        rows = jax.nn.relu(rows @ matrix + bias)
    matrix, bias = weights[-1]
    return rows @ matrix + bias


@functools.cache
def evaluation() -> Callable[..., Any]:
    """Mean losses of a stack, on samples that all share."""
    import jax

    return jax.jit(jax.vmap(loss, (0, None, None)))


def train(design: str, width: int, models: int, epochs: int, test: int = 1_000) -> float:
    """Wall seconds a model of epochs from new weights, with one evaluation at the end."""
    import jax

    held = [jax.numpy.asarray(each.numpy()) for each in samples(test)]
    advance, evaluate = designs()[design], evaluation()
    began = time.perf_counter()
    draws = np.random.default_rng(0)
    weights = jax.device_put(
        [
            (
                draws.uniform(-(a**-0.5), a**-0.5, (models, a, b)).astype(np.float32),
                np.zeros((models, b), np.float32),
            )
            for a, b in ((40, width), (width, width), (width, 10))
        ]
    )
    momenta = jax.tree.map(jax.numpy.zeros_like, weights)
    for _ in range(epochs):
        places = np.stack([draws.permutation(SAMPLES) for _ in range(models)])
        weights, momenta = advance(weights, momenta, places)
    losses = [evaluate(weights, *held[:2]), evaluate(weights, *held[2:])]
    jax.block_until_ready((weights, losses))
    return (time.perf_counter() - began) / models


@functools.cache
def best(width: int) -> tuple[str, int]:
    """The design and stack that are fastest at a width, by two short tries of each."""
    found = {}
    for design, models in [*(("vmap", models) for models in STACKS), ("map", STACKS[1])]:
        train(design, width, models, 1)
        found[design, models] = min(train(design, width, models, 2) for _ in range(2))
    return min(found, key=found.__getitem__)


def train_best(width: int, epochs: int) -> float:
    """`train` by the fastest design at a width."""
    design, models = best(width)
    return train(design, width, models, epochs)
