"""Read the idx files of MNIST and its relatives, packed or not, from where people keep them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.errors import DdspecError
from ddspec.vocabulary.corpus import Download
from ddspec.vocabulary.files import locate

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool

UNSIGNED_BYTES = b"\0\0\x08"  # how such a file starts; the number of dimensions follows
TRAIN, TEST = "train", "t10k"
IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"
STEMS = tuple(f"{part}-{kind}" for part in (TRAIN, TEST) for kind in (IMAGES, LABELS))
FILES = tuple((stem, f"{stem}.gz") for stem in STEMS)


def packed(root: str, into: str, vouched: str, digests: Mapping[str, str]) -> tuple[Download, ...]:
    """The downloads of the four packed files, with `digests` by their stems."""
    return tuple(Download(f"{root}{stem}.gz", digests[stem], into, vouched) for stem in STEMS)


def digits_pool(word: str, folder: Path | None, places: tuple[str, ...], test: int) -> Pool:
    """The pool of the four files: images flat, in [0, 1], and classes; the first `test` to test."""
    import numpy as np

    from ddspec.vocabulary.pool import Pool

    def part(name: str, count: int | None) -> tuple[np.ndarray, np.ndarray]:
        images = read_idx(word, f"{name}-{IMAGES}", folder, places)
        labels = read_idx(word, f"{name}-{LABELS}", folder, places)
        if len(images) != len(labels):
            raise DdspecError(
                f"{word} has {len(images)} images and {len(labels)} labels in its {name} files",
                "download them again",
            )
        inputs = images[:count].reshape(len(images[:count]), -1).astype(np.float32) / 255
        return inputs, labels[:count].astype(np.int64)

    inputs, targets = part(TRAIN, None)
    return Pool(inputs, targets, inputs[:0], targets[:0], *part(TEST, test))


def read_idx(word: str, name: str, folder: Path | None, places: tuple[str, ...]) -> np.ndarray:
    """The uint8 array of the idx file `name`, or `name`.gz, in one of the `places` of `folder`.

    Raises DdspecError, saying where it looked and what to put there, when it is not found or is not
    an idx file of bytes.
    """
    path = locate(word, (name, f"{name}.gz"), folder, places)
    content = path.read_bytes()
    try:
        return _parse(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (ValueError, gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise DdspecError(f"{path} is no idx file: {problem}", "download it again") from None


def _parse(content: bytes) -> np.ndarray:
    import numpy as np

    if content[:3] != UNSIGNED_BYTES or len(content) < len(UNSIGNED_BYTES) + 1:
        raise ValueError("it does not start as one of unsigned bytes does")
    start = 4 + 4 * content[3]
    shape = np.frombuffer(content, ">u4", count=content[3], offset=4).astype(int)
    if len(content) - start != shape.prod():
        raise ValueError(f"it holds {len(content) - start} bytes where {shape.prod()} belong")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
