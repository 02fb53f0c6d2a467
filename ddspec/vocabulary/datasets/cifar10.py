"""`cifar10`: small color images, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.cifar import Layout, images_pool
from ddspec.vocabulary.corpus import Corpus, Download
from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool

LAYOUT = Layout(
    "cifar10",
    "CIFAR-10",
    ("cifar-10-batches-py", "cifar-10-batches-bin", "."),
    (("labels", 10),),
)
BATCHES = (tuple(f"data_batch_{number}" for number in range(1, 6)), ("test_batch",))


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

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "cifar10",
            "CIFAR-10: 50,000 + 10,000 color images, 32 x 32, in 10 classes",
            LAYOUT.places,
            tuple((name, f"{name}.bin") for part in BATCHES for name in part),
            "none stated",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
            (
                Download(
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "md5:c32a1d4ab5d03f1284b67883e8d87530",
                    ".",
                    "its publisher",
                    archive=True,
                ),
            ),
        ),
    )

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
        return images_pool(LAYOUT, folder, "labels", BATCHES, self.test)
