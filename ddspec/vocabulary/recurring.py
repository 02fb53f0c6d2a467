"""What recurrent layers compute, for a stack of models at once: a loop over steps as one operation.

Recorded step by step, a sequence of sixty would be thousands of operations, slow to record and to
run. Sequences are (steps, rows, units) here, (k, steps, rows, units) for k models, and the slopes
are those of backpropagation through time.
"""

from __future__ import annotations

from typing import Any

import attrs
import torch
from torch import Tensor, library

from ddspec.vocabulary.folding import Tensors, applied

PARTS = 4  # of the gates of long short-term memory: i, f, g and o


def elman(given: Tensor, kept: Tensor, *, relu: bool) -> Tensor:
    """h_t = f(given_t + h_{t-1} kept), h_0 = 0, f tanh or relu, of one model.

    given (steps, rows, units); kept (units, units); to (steps, rows, units).
    """
    return applied(_Elman(relu), given, kept)[0]


def long_short_term(given: Tensor, kept: Tensor) -> Tensor:
    """h_t = o tanh(c_t), c_t = f c_{t-1} + i g, from zero, of one model; (i, f, g, o) are sigmoid,
    sigmoid, tanh, sigmoid of the parts of given_t + h_{t-1} kept.

    given (steps, rows, 4 units); kept (units, 4 units); to (steps, rows, units).
    """
    return applied(_LongShortTerm(), given, kept)[0]


@attrs.frozen
class _Elman:
    relu: bool

    def __call__(self, *given: Tensor) -> Tensors:
        return (elman_states(*given, self.relu),)

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        of_given = elman_slopes(slope, given[1], made[0], self.relu)
        return _asked(of_given, made[0], asked)


@attrs.frozen
class _LongShortTerm:
    def __call__(self, *given: Tensor) -> Tensors:
        return tuple(memory_states(*given))

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        states, gates, cells = made
        return _asked(memory_slopes(slope, given[1], gates, cells), states, asked)


def _asked(of_given: Tensor, states: Tensor, asked: tuple[bool, ...]) -> Tensors:
    """The slopes of what is given and of the weights that states are multiplied by."""
    before, after = states[:, :-1].flatten(1, 2), of_given[:, 1:].flatten(1, 2)
    found = (of_given, before.transpose(1, 2) @ after)
    return tuple(part for part, each in zip(found, asked, strict=True) if each)


# --- loops over the steps -----------------------------------------------------------------------


@library.custom_op("ddspec::elman_states", mutates_args=())
def elman_states(given: Tensor, kept: Tensor, relu: bool) -> Tensor:
    """States (k, steps, rows, units) from given, of the same shape, and kept (k, units, units)."""
    states = given.clone(memory_format=torch.contiguous_format)
    for step, state in enumerate(states.unbind(1)):
        if step:
            state.baddbmm_(states[:, step - 1], kept)
        if relu:
            state.relu_()
        else:
            state.tanh_()
    return states


@library.custom_op("ddspec::elman_slopes", mutates_args=())
def elman_slopes(slope: Tensor, kept: Tensor, states: Tensor, relu: bool) -> Tensor:
    """The slopes of what is given, from those of the states."""
    bends = (states > 0).to(slope.dtype) if relu else 1 - states.square()
    made = slope.clone(memory_format=torch.contiguous_format)
    back, after = kept.transpose(1, 2), None
    for now, bend in zip(reversed(made.unbind(1)), reversed(bends.unbind(1)), strict=True):
        if after is not None:
            now.baddbmm_(after, back)
        after = now.mul_(bend)
    return made


@library.custom_op("ddspec::memory_states", mutates_args=())
def memory_states(given: Tensor, kept: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """States (k, steps, rows, units), gates (k, steps, rows, 4 units) and cells like the states."""
    factor, shift = _squashing(kept)
    gates, weights = (given * factor).contiguous(), kept * factor
    states, cells = (given.new_empty(*given.shape[:-1], kept.shape[1]) for _ in range(2))
    for step, gate in enumerate(gates.unbind(1)):
        cell, state = cells[:, step], states[:, step]
        if step:
            gate.baddbmm_(states[:, step - 1], weights)
        gate.tanh_().mul_(factor).add_(shift)
        enter, forget, fresh, out = gate.chunk(PARTS, dim=-1)
        torch.mul(enter, fresh, out=cell)
        if step:
            cell.addcmul_(forget, cells[:, step - 1])
        torch.mul(out, cell.tanh(), out=state)
    return states, gates, cells


@library.custom_op("ddspec::memory_slopes", mutates_args=())
def memory_slopes(slope: Tensor, kept: Tensor, gates: Tensor, cells: Tensor) -> Tensor:
    """The slopes of what is given, from those of the states."""
    factor, shift = _squashing(kept)
    squares, back, made = factor.square(), kept.transpose(1, 2), torch.empty_like(gates)
    of_cell = torch.zeros_like(cells[:, 0])
    for step in reversed(range(made.shape[1])):
        gate, cell, now = gates[:, step], cells[:, step], made[:, step]
        enter, forget, fresh, out = gate.chunk(PARTS, dim=-1)
        of_enter, of_forget, of_fresh, of_out = now.chunk(PARTS, dim=-1)
        of_state = slope[:, step]
        if step + 1 < made.shape[1]:
            of_state = torch.baddbmm(of_state, made[:, step + 1], back)
        curved, seen = cell.tanh(), of_state * out
        of_cell = (of_cell + seen).addcmul_(seen * curved, curved, value=-1)
        torch.mul(of_cell, fresh, out=of_enter)
        torch.mul(of_cell, cells[:, step - 1], out=of_forget) if step else of_forget.zero_()
        torch.mul(of_cell, enter, out=of_fresh)
        torch.mul(of_state, curved, out=of_out)
        centered = gate - shift
        now.mul_(torch.addcmul(squares, centered, centered, value=-1))
        of_cell = of_cell * forget
    return made


def _squashing(kept: Tensor) -> tuple[Tensor, Tensor]:
    """Factors and shifts, (4 units,), that make gates y = factor tanh(factor x) + shift of x, a
    sigmoid or tanh; dy/dx = factor^2 - (y - shift)^2.
    """
    half = kept.new_full((kept.shape[1],), 0.5)
    factor, none = torch.cat([half, half, 2 * half, half]), torch.zeros_like(half)
    return factor, torch.cat([half, half, none, half])


@elman_states.register_fake
def _(given: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(given, memory_format=torch.contiguous_format)


@elman_slopes.register_fake
def _(slope: Tensor, *_: Any) -> Tensor:
    return torch.empty_like(slope, memory_format=torch.contiguous_format)


@memory_states.register_fake
def _(given: Tensor, kept: Tensor) -> tuple[Tensor, ...]:
    states = given.new_empty(*given.shape[:-1], kept.shape[1])
    return states, given.new_empty(given.shape), torch.empty_like(states)


@memory_slopes.register_fake
def _(_slope: Tensor, _kept: Tensor, gates: Tensor, _cells: Tensor) -> Tensor:
    return torch.empty_like(gates)
