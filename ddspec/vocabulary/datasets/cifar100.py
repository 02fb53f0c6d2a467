"""`cifar100`: small color images in a hundred classes, read from the publisher's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.cifar import Layout, images_pool
from ddspec.vocabulary.corpus import Corpus, Download
from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import choice, integer

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool

LAYOUT = Layout(
    "cifar100",
    "CIFAR-100",
    ("cifar-100-python", "cifar-100-binary"),
    (("coarse_labels", 20), ("fine_labels", 100)),
)
BATCHES = (("train",), ("test",))


@word
class Cifar100(Dataset):
    """CIFAR-100: 32 x 32 color images, 3072 inputs in [0, 1], the red, the green and the blue plane
    one after the other; in 100 classes, or in 20 groups of five with `labels: coarse`.

    Reads the training and the test batch, Python pickles from `cifar-100-python` (torchvision's
    layout) or binary from `cifar-100-binary`. Nothing in a pickle is executed.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    Example: cifar100(samples: 10_000, labels: coarse, label_noise: wrong(20%))
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "cifar100",
            "CIFAR-100: 50,000 + 10,000 color images, 32 x 32, in 100 classes",
            LAYOUT.places,
            tuple((name, f"{name}.bin") for part in BATCHES for name in part),
            "none stated",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
            (
                Download(
                    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                    "md5:03b5dce01913d631647c71ecec9e9cb8",
                    ".",
                    "its publisher",
                    archive=True,
                ),
            ),
        ),
    )

    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")
    labels: str = choice("the 100 classes or the 20 groups", "fine", "coarse", default="fine")

    @property
    def plain_shape(self) -> Shape:
        return (3, 32, 32)

    @property
    def classes(self) -> int:
        return dict(LAYOUT.labels)[f"{self.labels}_labels"]

    @property
    def capacity(self) -> int:
        return 50_000

    @property
    def test_capacity(self) -> int:
        return 10_000

    def pool(self, seed: int, folder: Path | None) -> Pool:
        return images_pool(LAYOUT, folder, f"{self.labels}_labels", BATCHES, self.test)
