"""Convolutional layers that draw nothing when built and are fast in a stack of models."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ddspec.vocabulary.folding import Steps, convolve, max_pool


class Convolution(nn.Module):
    """Cross-correlation of signals or images with kernels whose weights are left undrawn.

    As torch's Conv1d and Conv2d, but fast in a stack of models. kernel: its sides, one for signals
    (rows, channels, length), two for images. pad: zeros at each end. grouped: see `Steps`; False in
    networks that train one by one. plain: set where it must be derived twice, it is torch's own.
    gain, shift, first: as in `drawing.Scaled`, 1 unless set.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, ...],
        *,
        stride: int = 1,
        pad: int = 0,
        bias: bool = True,
        grouped: bool = True,
    ) -> None:
        super().__init__()
        self.plain = False
        self.gain = self.shift = self.first = 1.0
        self.weight = nn.Parameter(torch.empty(outputs, inputs, *kernel))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        flat = len(kernel) == 1
        self.steps = Steps((1 if flat else stride, stride), (0 if flat else pad, pad), grouped)

    @property
    def acting(self) -> Tensor:
        """The weights as they act, but for `gain`."""
        return self.weight

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, inputs, ...), to (rows, outputs, ...)."""
        weight: Tensor = self.acting
        bias: Tensor | None = self.bias
        if (self.gain, self.shift) != (1.0, 1.0):
            weight = weight * self.gain
            bias = None if bias is None else bias * self.shift
        if self.plain:
            steps, flat = self.steps, weight.dim() == 3  # noqa: PLR2004
            convolved = nn.functional.conv1d if flat else nn.functional.conv2d
            return convolved(x, weight, bias, steps.stride[1], steps.pad[1])
        if weight.dim() == 4:  # noqa: PLR2004 - outputs, inputs and two sides
            return convolve(x, weight, bias, self.steps)
        return convolve(x[:, :, None], weight[:, :, None], bias, self.steps)[:, :, 0]


class MaxPool(nn.Module):
    """The largest number of each field of `size` (height, width); fields lie side by side.

    plain: as in `Convolution`.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size, self.plain = size, False

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, channels, height, width), to so many fewer places."""
        if self.plain:
            return nn.functional.max_pool2d(x, self.size)
        return max_pool(x, self.size)
