"""`mnist`: the handwritten digits, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Dataset, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


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
    def inputs(self) -> int:
        return 784

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
        raise NotImplementedError
