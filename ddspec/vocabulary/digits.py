"""Datasets laid out as MNIST is: ten classes of 28 x 28 images in four idx files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.idx import digits_pool
from ddspec.vocabulary.kinds import Dataset, Shape

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


class Digits(Dataset):
    """What words of such files share. places: the folders they may lie in."""

    places: ClassVar[tuple[str, ...]]

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
        return digits_pool(self.name(), folder, self.places, self.test)
