"""Layers of deep convolutional networks: blocks around which the input is carried, and the mean."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ddspec.vocabulary.layers import BatchNorm, Convolution


class Mean(nn.Module):
    """The mean of each channel over its places."""

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, channels, ...), to (rows, channels)."""
        return x.flatten(2).contiguous().mean(dim=-1)  # in one order, however models are stacked


class Block(nn.Module):
    """A residual block with activations first: z + V relu(BN(W a)), a = relu(BN(x)).

    W and V are convolutions of 3 x 3, the first with a stride. z is x where its sides and channels
    are those of the result, else a convolution of 1 x 1 of a with the same stride. dropped: layers
    after either activation.
    """

    def __init__(
        self,
        before: int,
        after: int,
        stride: int,
        dropped: Sequence[Sequence[nn.Module]],
        *,
        grouped: bool,
    ) -> None:
        super().__init__()

        def convolution(inputs: int, side: int, stride: int) -> Convolution:
            return Convolution(
                inputs,
                after,
                (side, side),
                stride=stride,
                pad=side // 2,
                bias=False,
                grouped=grouped,
            )

        self.first = nn.Sequential(BatchNorm(before), nn.ReLU(), *dropped[0])
        self.inner = nn.Sequential(
            convolution(before, 3, stride),
            BatchNorm(after),
            nn.ReLU(),
            *dropped[1],
            convolution(after, 3, 1),
        )
        carried = stride == 1 and before == after
        self.shortcut = None if carried else convolution(before, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """x, (rows, before, height, width), to (rows, after, ...)."""
        active = self.first(x)
        carried = x if self.shortcut is None else self.shortcut(active)
        inner: Tensor = self.inner(active)
        return inner + carried
