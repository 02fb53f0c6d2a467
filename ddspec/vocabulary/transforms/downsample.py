"""`downsample`: images with fewer pixels, each the mean of what it covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, Transform, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around

IMAGE = 3  # sides of the shape of an image, channels among them


@word
class Downsample(Transform):
    """Images of `to` pixels, a square number k x k: each channel becomes y = A x B, where a row of
    A, and a column of B, averages over the k-th part of a side that a new pixel covers, old pixels
    counting by the share of them that it covers.

    Where k divides the sides that is mean pooling; the mean of an image never changes. Acts on
    every use alike and draws nothing: training sets stay nested.

    Source: Neyshabur, Tomioka & Srebro, "In search of the real inductive bias", 2015, section 2
    (MNIST and CIFAR-10 at 100 pixels; how they were resampled is not said).
    Example: downsample(100)
    """

    plain: ClassVar[bool] = True

    to: int = integer("pixels of an image afterwards, a square number", at_least=1)

    @property
    def side(self) -> int:
        """Pixels along a side afterwards."""
        return math.isqrt(self.to)

    def refuses(self, dataset: Dataset, shape: Shape) -> str:
        if len(shape) != IMAGE:
            return "has no images"
        if self.side**2 != self.to:
            return f"has square images, and {self.to} is no square number"
        if self.side > min(shape[1:]):
            return f"has {shape[1]} x {shape[2]} pixels only"
        return ""

    def reshaped(self, shape: Shape) -> Shape:
        return (shape[0], self.side, self.side) if len(shape) == IMAGE else shape

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import numpy as np

        down, across = (averages(size, self.side, inputs.dtype) for size in around.shape[1:])
        images = inputs.reshape(-1, *around.shape)
        made = np.matmul(np.matmul(down, images), across.T)
        return np.ascontiguousarray(made.reshape(len(inputs), -1))


def averages(size: int, parts: int, kind: np.dtype[np.floating]) -> np.ndarray:
    """The matrix (parts, size) of means over equal parts of [0, size), a pixel being [i, i + 1)."""
    import numpy as np

    ends = np.arange(parts + 1) * (size / parts)
    low, high = ends[:-1, None], ends[1:, None]
    covered = np.minimum(high, np.arange(1, size + 1)) - np.maximum(low, np.arange(size))
    return np.asarray((np.clip(covered, 0, None) * (parts / size)).astype(kind))
