"""`mnist`: the handwritten digits, read from the publisher's files."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.digits import Digits
from ddspec.vocabulary.idx import FILES, packed
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer

PLACES = ("MNIST/raw", "raw", ".")
DIGESTS = {
    "train-images-idx3-ubyte": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "md5:d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "md5:9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "md5:ec29112dd5afa0611ce80d1b7f02629c",
}


@word
class Mnist(Digits):
    """MNIST: ten classes of 28 x 28 digits, flattened to 784 inputs in [0, 1].

    Reads the four idx files, packed or not, from `MNIST/raw` (torchvision's layout) or from the
    data folder itself.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
    Example: mnist(samples: 4_000, label_noise: wrong(20%))
    """

    places: ClassVar[tuple[str, ...]] = PLACES
    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "mnist",
            "MNIST: 60,000 + 10,000 handwritten digits, 28 x 28",
            PLACES,
            FILES,
            "CC BY-SA 3.0",
            "http://yann.lecun.com/exdb/mnist/",
            packed(
                "https://ossci-datasets.s3.amazonaws.com/mnist/", PLACES[0], "torchvision", DIGESTS
            ),
        ),
    )

    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")
