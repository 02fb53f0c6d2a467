"""`fashion_mnist`: articles of clothing, read from the publisher's files."""

from __future__ import annotations

from typing import ClassVar

from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.digits import Digits
from ddspec.vocabulary.idx import FILES, packed
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer

PLACES = ("FashionMNIST/raw", "fashion-mnist/data/fashion", "fashion-mnist", "fashion_mnist")
DIGESTS = {
    "train-images-idx3-ubyte": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}


@word
class FashionMnist(Digits):
    """Fashion-MNIST: ten classes of 28 x 28 articles of clothing, flattened to 784 inputs in
    [0, 1].

    Reads the four idx files, packed or not, from `FashionMNIST/raw` (torchvision's layout),
    `fashion-mnist/data/fashion` (the publisher's) or `fashion-mnist`. Their names are those of
    MNIST's: the data folder itself is not looked in.

    Source: Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
        learning algorithms", 2017.
    Example: fashion_mnist(samples: 4_000, label_noise: wrong(20%))
    """

    places: ClassVar[tuple[str, ...]] = PLACES
    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "fashion_mnist",
            "Fashion-MNIST: 60,000 + 10,000 articles of clothing, 28 x 28",
            PLACES,
            FILES,
            "MIT",
            "https://github.com/zalandoresearch/fashion-mnist",
            packed(
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                PLACES[0],
                "its publisher",
                DIGESTS,
            ),
        ),
    )

    test: int = integer("test samples", default=10_000, at_least=1, unit="samples")
