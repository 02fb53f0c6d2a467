"""`cifar10`: small color images, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


@word
class Cifar10(Dataset):
    """CIFAR-10: ten classes of 32 x 32 color images: 3072 inputs in [0, 1], the red, the green and
    the blue plane one after the other.

    Reads the five training batches and the test batch, Python pickles or binary, from
    `cifar-10-batches-py` (torchvision's layout), `cifar-10-batches-bin` or the data folder itself.
    Nothing in a pickle is executed.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    Example: cifar10(samples: 10_000, label_noise: wrong(20%))
    """

    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")

    @property
    def plain_shape(self) -> Shape:
        return (3, 32, 32)

    @property
    def classes(self) -> int:
        return 10

    @property
    def capacity(self) -> int:
        return 50_000

    @property
    def test_capacity(self) -> int:
        return 10_000

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.cifar import read_batch
        from ddspec.vocabulary.pool import Pool

        def part(count: int, *names: str) -> tuple[np.ndarray, np.ndarray]:
            images, labels = zip(*(read_batch(name, folder) for name in names), strict=True)
            inputs = np.concatenate(images)[:count].astype(np.float32)
            inputs /= 255
            return inputs, np.concatenate(labels)[:count].astype(np.int64)

        inputs, targets = part(self.capacity, *(f"data_batch_{n}" for n in range(1, 6)))
        return Pool(inputs, targets, inputs[:0], targets[:0], *part(self.test, "test_batch"))
