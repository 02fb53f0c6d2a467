"""What convolutional layers compute, for a stack of models at once: models as groups of channels.

A function here maps the feature maps of one model, (rows, channels, height, width). Under torch's
vmap over k models it is one operation on (rows, k channels, height, width) with the channels last
in memory, forward and backward: there a processor is several times as fast as in the layout that
torch's own mapping takes. One model alone is computed the same way, with k = 1.
"""

from __future__ import annotations

from typing import Any, Protocol

import attrs
import torch
from torch import Tensor
from torch.autograd import Function

from ddspec.vocabulary.normalizing import normalized, normalized_slopes

aten = torch.ops.aten
Sides = tuple[int, int]
ONE, NONE = (1, 1), (0, 0)


@attrs.frozen
class Steps:
    """Of a convolution: the stride, the zeros at each end, and whether its models are `grouped`.

    Two models or more round alike in any number, one alone does not. Of grouped ones it does as
    well, on a processor: it is computed as two.
    """

    stride: Sides = ONE
    pad: Sides = NONE
    grouped: bool = True


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, steps: Steps) -> Tensor:
    """The cross-correlation of x with weight (out, channels, height, width), plus bias (out,)."""
    given = (x, weight) if bias is None else (x, weight, bias)
    return applied(_Convolution(steps), *given)[0]


def max_pool(x: Tensor, size: Sides) -> Tensor:
    """The largest number of each field of `size`, fields side by side; what is left over at the far
    sides is left out. Of equal numbers the first gets the slope.
    """
    return applied(_MaxPooling(size), x)[0]


def normalize(
    x: Tensor, rows: Tensor, weight: Tensor, bias: Tensor, epsilon: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalization over the rows whose weight, of (rows,) 1 or 0, is 1.

    Returns the normalized maps, zero in the other rows, and each channel's mean and unbiased
    variance (zero of a single number). For a processor only: it looks at the row weights.
    """
    made, mean, variance, _ = applied(_Normalization(epsilon), x, rows, weight, bias)
    return made, mean, variance


def rescale(
    x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: float
) -> Tensor:
    """Batch normalization by moments that are given, without slopes."""
    return applied(_Rescaling(epsilon), x, weight, bias, mean, variance)[0]


# --- how an operation on stacks is one on a single model --------------------------------------


class Operation(Protocol):
    """An operation on stacks: every tensor has the models as its first dimension."""

    def __call__(self, *given: Tensor) -> tuple[Tensor, ...]:
        """The result, and other tensors that its slopes need."""

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        """From the slope of the result those of the given tensors that are asked for."""


Tensors = tuple[Tensor, ...]


@attrs.frozen
class _Slopes:
    """The slopes of an operation of `count` tensors, as an operation."""

    operation: Operation
    count: int
    asked: tuple[bool, ...]

    def __call__(self, *given: Tensor) -> Tensors:
        slope, rest = given[0], given[1:]
        return self.operation.slopes(slope, rest[: self.count], rest[self.count :], self.asked)

    def slopes(self, slope: Tensor, given: Tensors, made: Tensors, asked: Any) -> Tensors:
        raise NotImplementedError("second derivatives of convolutional layers")


class _Single(Function):
    """An operation on stacks applied to one model, or to those that vmap maps over."""

    @staticmethod
    def forward(operation: Operation, *given: Tensor) -> Tensors:
        return tuple(part[0] for part in operation(*(tensor[None] for tensor in given)))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensors) -> None:
        ctx.operation = inputs[0]
        ctx.save_for_backward(*inputs[1:], *output)
        ctx.mark_non_differentiable(*output[1:])

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        asked = tuple(ctx.needs_input_grad[1:])
        operation = _Slopes(ctx.operation, len(asked), asked)
        found = iter(applied(operation, slopes[0], *ctx.saved_tensors))
        return None, *(next(found) if each else None for each in asked)

    @staticmethod
    def vmap(info: Any, dims: tuple[int | None, ...], *inputs: Any) -> tuple[Tensors, Any]:
        operation, *given = inputs
        stacks = (
            tensor[None].expand(info.batch_size, *tensor.shape)
            if dim is None
            else tensor.movedim(dim, 0)
            for tensor, dim in zip(given, dims[1:], strict=True)
        )
        made = operation(*stacks)
        return made, (0,) * len(made)


def applied(operation: Operation, *given: Tensor) -> Tensors:
    """An operation on stacks as one on the tensors of one model, fit for vmap and one derivative.

    What it makes first has slopes; the rest is what they need.
    """
    made: Tensors = _Single.apply(operation, *given)  # type: ignore[no-untyped-call]
    return made


def _folded(maps: Tensor) -> Tensor:
    """(k, rows, channels, height, width) as (rows, k channels, height, width), channels last."""
    count, rows, channels, height, width = maps.shape
    last = maps.permute(1, 3, 4, 0, 2).reshape(rows, height, width, count * channels)
    return last.contiguous().permute(0, 3, 1, 2)  # a reshape may be a view with gaps


def _unfolded(maps: Tensor, count: int) -> Tensor:
    return maps.view(len(maps), count, -1, *maps.shape[2:]).movedim(1, 0)


def _parted(flat: Tensor, count: int) -> Tensor:
    return flat.view(count, -1, *flat.shape[1:])


# --- the operations ---------------------------------------------------------------------------


@attrs.frozen
class _Convolution:
    steps: Steps

    def __call__(self, *given: Tensor) -> Tensors:
        if self._alone(given[0]):
            return tuple(part[:1] for part in self(*map(_twice, given)))
        x, weight = given[:2]
        bias = given[2].reshape(-1) if len(given) > 2 else None  # noqa: PLR2004
        maps, kernels, count = _folded(x), _kernels(weight), len(weight)
        made = torch.conv2d(maps, kernels, bias, self.steps.stride, self.steps.pad, ONE, count)
        return (_unfolded(made, count),)

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        if self._alone(slope):
            found = self.slopes(_twice(slope), tuple(map(_twice, given)), made, asked)
            return tuple(part[:1] for part in found)
        x, weight = given[:2]
        count, out = weight.shape[:2]
        mask = (*asked, False)[:3]
        of_x, *others = aten.convolution_backward(
            _folded(slope), _folded(x), _kernels(weight), [count * out] if mask[2] else None,
            self.steps.stride, self.steps.pad, ONE, False, NONE, count, mask,
        )  # fmt: skip
        first = (_unfolded(of_x, count),) if mask[0] else ()
        parts = zip(others, mask[1:], strict=True)
        return *first, *(_parted(part, count) for part, each in parts if each)

    def _alone(self, stack: Tensor) -> bool:
        return self.steps.grouped and len(stack) == 1 and stack.device.type == "cpu"


def _twice(stack: Tensor) -> Tensor:
    return stack.expand(2, *stack.shape[1:])


def _kernels(weight: Tensor) -> Tensor:
    """(k, out, channels, height, width) as (k out, channels, height, width), channels last."""
    last = weight.permute(0, 1, 3, 4, 2).flatten(0, 1)
    return last.contiguous().permute(0, 3, 1, 2)


@attrs.frozen
class _MaxPooling:
    size: Sides

    def __call__(self, *given: Tensor) -> Tensors:
        (x,) = given
        made = aten.max_pool2d_with_indices(_folded(x), self.size, self.size)
        return tuple(_unfolded(part, len(x)) for part in made)

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        x, places = given[0], made[1]
        of_x = aten.max_pool2d_with_indices_backward(
            _folded(slope), _folded(x), self.size, self.size, NONE, ONE, False, _folded(places)
        )
        return (_unfolded(of_x, len(x)),)


@attrs.frozen
class _Normalization:
    epsilon: float

    def __call__(self, *given: Tensor) -> Tensors:
        x, rows, weight, bias = given
        made, *moments = normalized(
            _folded(x), rows, weight.reshape(-1), bias.reshape(-1), self.epsilon
        )
        return _unfolded(made, len(x)), *(_parted(moment, len(x)) for moment in moments)

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        x, rows, weight, _ = given
        _, mean, _, spread = made
        flat = (part.reshape(-1) for part in (weight, mean, spread))
        of_x, *others = normalized_slopes(_folded(slope), _folded(x), rows, *flat, self.epsilon)
        return _unfolded(of_x, len(x)), *(_parted(part, len(x)) for part in others)


@attrs.frozen
class _Rescaling:
    epsilon: float

    def __call__(self, *given: Tensor) -> Tensors:
        x = given[0]
        weight, bias, mean, variance = (part.reshape(-1) for part in given[1:])
        made = torch.native_batch_norm(
            _folded(x), weight, bias, mean, variance, False, 0.0, self.epsilon
        )
        return (_unfolded(made[0], len(x)),)

    def slopes(
        self, slope: Tensor, given: Tensors, made: Tensors, asked: tuple[bool, ...]
    ) -> Tensors:
        raise NotImplementedError("slopes in evaluation")
