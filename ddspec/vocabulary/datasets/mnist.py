"""`mnist`: the handwritten digits, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


PLACES = ("MNIST/raw", "raw", ".")


@word
class Mnist(Dataset):
    """MNIST: ten classes of 28 x 28 digits, flattened to 784 inputs in [0, 1].

    Reads the four idx files, packed or not, from `MNIST/raw` (torchvision's layout) or from the
    data folder itself.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
    Example: mnist(samples: 4_000, label_noise: wrong(20%))
    """

    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")

    @property
    def plain_shape(self) -> Shape:
        return (1, 28, 28)

    @property
    def classes(self) -> int:
        return 10

    @property
    def capacity(self) -> int:
        return 60_000

    @property
    def test_capacity(self) -> int:
        return 10_000

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.idx import read_idx
        from ddspec.vocabulary.pool import Pool

        def part(name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            images = read_idx("mnist", f"{name}-images-idx3-ubyte", folder, PLACES)[:count]
            labels = read_idx("mnist", f"{name}-labels-idx1-ubyte", folder, PLACES)[:count]
            inputs = images.reshape(len(images), -1).astype(np.float32) / 255
            return inputs, labels.astype(np.int64)

        inputs, targets = part("train", self.capacity)
        return Pool(inputs, targets, inputs[:0], targets[:0], *part("t10k", self.test))
