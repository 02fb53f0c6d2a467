"""Read the batches of CIFAR-10, as Python pickles or in the binary layout."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ddspec.errors import DdspecError
from ddspec.vocabulary.files import locate

if TYPE_CHECKING:
    import numpy as np

PLACES = ("cifar-10-batches-py", "cifar-10-batches-bin", ".")
PIXELS, CLASSES = 3 * 32 * 32, 10


def read_batch(name: str, folder: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Images, (samples, 3072) uint8, and labels, (samples,) uint8, of one batch.

    An image is its red, green and blue planes of 32 x 32, row by row. The batch is the file `name`,
    a pickle, or `name`.bin. A pickle is not run: what it would call is told from what arrays of
    bytes are made with, and anything else is refused. Raises DdspecError, saying where it looked
    and what to put there, when the file is not found or is no such batch.
    """
    import numpy as np

    path = locate("cifar10", (name, f"{name}.bin"), folder, PLACES)
    content = path.read_bytes()
    try:
        pixels, labels = (_binary if path.suffix == ".bin" else _pickled)(content)
        images = np.frombuffer(pixels, np.uint8).reshape(-1, PIXELS)
        classes = np.frombuffer(labels, np.uint8)
        _check(images, classes)
    except Exception as problem:  # noqa: BLE001 - a damaged pickle can raise anything
        raise DdspecError(
            f"{path} is no batch of CIFAR-10: {problem}", "download it again"
        ) from None
    return images, classes


def _check(images: np.ndarray, labels: np.ndarray) -> None:
    if len(images) != len(labels) or not len(images):
        raise ValueError(f"it holds {len(images)} images and {len(labels)} labels")
    if labels.max() >= CLASSES:
        raise ValueError(f"it has a label {labels.max()}")


def _binary(content: bytes) -> tuple[bytes, bytes]:
    """Rows of a label and its pixels."""
    size = PIXELS + 1
    if len(content) % size:
        raise ValueError(f"its {len(content)} bytes are no rows of {size}")
    pixels = (content[at + 1 : at + size] for at in range(0, len(content), size))
    return b"".join(pixels), content[::size]


def _pickled(content: bytes) -> tuple[bytes, bytes]:
    """A dictionary with `data`, an array of bytes, and `labels`, a list."""
    batch = _Reader(io.BytesIO(content), encoding="latin1").load()
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError("it has no data and labels")
    data = batch["data"]
    if not isinstance(data, _Array):
        raise TypeError("its data are no array")
    return data.content, bytes(batch["labels"])


@attrs.define
class _Array:
    """What a pickle says of an array."""

    content: bytes = b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, by_columns, content = state
        if not isinstance(kind, _Kind) or by_columns or len(shape) != 2 or shape[1] != PIXELS:  # noqa: PLR2004
            raise ValueError(f"its data are no rows of {PIXELS} bytes")
        self.content = content.encode("latin1") if isinstance(content, str) else content


@attrs.define
class _Kind:
    """What a pickle says of the type of an array's numbers."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Nothing is kept: bytes have no order."""


def _array(*_: object) -> _Array:
    return _Array()


def _kind(name: str, *_: object) -> _Kind:
    if name != "u1":
        raise ValueError(f"its numbers are of type {name}")
    return _Kind()


def _encoded(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"it has text in {encoding}")
    return text.encode("latin1")


# What pickles of arrays of bytes name, as numpy has called it over the years, and what we take.
KNOWN: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _array,
    ("numpy._core.multiarray", "_reconstruct"): _array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _kind,
    ("_codecs", "encode"): _encoded,
}


class _Reader(pickle.Unpickler):
    """Reads a pickle without calling anything but the functions above."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The stand-in for a name, or an error."""
        known = KNOWN.get((module_name, global_name))
        if known is None:
            raise pickle.UnpicklingError(f"it calls {module_name}.{global_name}")
        return known
