"""Read the batches of CIFAR-10 and CIFAR-100, as Python pickles or in the binary layout."""

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

    from ddspec.vocabulary.pool import Pool

PIXELS = 3 * 32 * 32


@attrs.frozen
class Layout:
    """How one of the two corpora is laid out.

    labels: what a batch says of every image, by the name a pickle gives it and with the number of
    classes, in the order in which the bytes stand before an image's pixels in the binary layout.
    """

    word: str
    title: str
    places: tuple[str, ...]
    labels: tuple[tuple[str, int], ...]


def read_batch(
    layout: Layout, name: str, folder: Path | None, wanted: str
) -> tuple[np.ndarray, np.ndarray]:
    """Images, (samples, 3072) uint8, and the `wanted` labels, (samples,) uint8, of one batch.

    An image is its red, green and blue planes of 32 x 32, row by row. The batch is the file `name`,
    a pickle, or `name`.bin. A pickle is not run: what it would call is told from what arrays of
    bytes are made with, and anything else is refused. Raises DdspecError, saying where it looked
    and what to put there, when the file is not found or is no such batch.
    """
    import numpy as np

    path = locate(layout.word, (name, f"{name}.bin"), folder, layout.places)
    content = path.read_bytes()
    try:
        read = _binary if path.suffix == ".bin" else _pickled
        pixels, labels = read(content, layout, wanted)
        images = np.frombuffer(pixels, np.uint8).reshape(-1, PIXELS)
        classes = np.frombuffer(labels, np.uint8)
        _check(images, classes, dict(layout.labels)[wanted])
    except Exception as problem:  # noqa: BLE001 - a damaged pickle can raise anything
        raise DdspecError(
            f"{path} is no batch of {layout.title}: {problem}", "download it again"
        ) from None
    return images, classes


def images_pool(
    layout: Layout,
    folder: Path | None,
    wanted: str,
    names: tuple[tuple[str, ...], tuple[str, ...]],
    test: int,
) -> Pool:
    """The pool of the training and the test batches `names`, pixels in [0, 1]."""
    import numpy as np

    from ddspec.vocabulary.pool import Pool

    def part(batches: tuple[str, ...], count: int | None) -> tuple[np.ndarray, np.ndarray]:
        read = (read_batch(layout, name, folder, wanted) for name in batches)
        images, labels = zip(*read, strict=True)
        inputs = np.concatenate(images)[:count].astype(np.float32)
        inputs /= 255
        return inputs, np.concatenate(labels)[:count].astype(np.int64)

    inputs, targets = part(names[0], None)
    return Pool(inputs, targets, inputs[:0], targets[:0], *part(names[1], test))


def _check(images: np.ndarray, labels: np.ndarray, classes: int) -> None:
    if len(images) != len(labels) or not len(images):
        raise ValueError(f"it holds {len(images)} images and {len(labels)} labels")
    if labels.max() >= classes:
        raise ValueError(f"it has a label {labels.max()}")


def _binary(content: bytes, layout: Layout, wanted: str) -> tuple[bytes, bytes]:
    """Rows of an image's labels and its pixels."""
    names = [name for name, _ in layout.labels]
    size = PIXELS + len(names)
    if len(content) % size:
        raise ValueError(f"its {len(content)} bytes are no rows of {size}")
    pixels = (content[at + len(names) : at + size] for at in range(0, len(content), size))
    return b"".join(pixels), content[names.index(wanted) :: size]


def _pickled(content: bytes, _: Layout, wanted: str) -> tuple[bytes, bytes]:
    """A dictionary with `data`, an array of bytes, and the labels, lists."""
    batch = _Reader(io.BytesIO(content), encoding="latin1").load()
    if not isinstance(batch, dict) or not {"data", wanted} <= batch.keys():
        raise ValueError(f"it has no data and {wanted}")
    data = batch["data"]
    if not isinstance(data, _Array):
        raise TypeError("its data are no array")
    return data.content, bytes(batch[wanted])


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
