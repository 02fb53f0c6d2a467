"""Checkpoints to files and back: one a cell, replaced at once, checked by their checksums."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

import attrs
import numpy as np

from ddspec.results.opening import sync_folder
from ddspec.training.checkpoint import Checkpoint

NAME: Final = "checkpoints"
ASKED: Final = "save-now"  # its time says when
MAGIC: Final = b"ddspec checkpoint 1\n"
DIGEST: Final = 64  # hex digits of a SHA-256
LARGEST: Final = 2**24  # bytes of a head; a name and a shape for every array
FIELDS: Final = tuple(f.name for f in attrs.fields(Checkpoint) if f.name != "arrays")
LISTS: Final = {"points": int, "steps": int, "names": str}
KINDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("cell", "trajectory", "way", "device", "software", "unit"), str),
    "step": int,
    "total": int,
    "stop": int | None,
    "seconds": float | int,
}


class UnreadableError(Exception):
    """A file that is no checkpoint, or a damaged one."""


@attrs.frozen(eq=False)
class Folder:
    """The checkpoints of a run folder, for several processes at once.

    `running/CELL` is that of a cell in training, replaced as it goes on; `kept/KEY.CELL` the last
    one of a cell that was trained, by the key of its trajectory. begun: files that cells continue
    from where they have none of their own in `running`.
    """

    path: Path
    begun: Mapping[str, Path] = attrs.field(factory=dict)

    def load(self, cells: Sequence[str]) -> dict[str, Checkpoint]:
        """The checkpoints that cells may continue from; unreadable ones are named and left out."""
        if not self.path.is_dir():
            return {}
        found = {}
        for cell in cells:
            own = self._running(cell)
            file = own if own.exists() else self.begun.get(cell)
            if file is not None and (checkpoint := self._loaded(file)) is not None:
                found[cell] = checkpoint
        return found

    def save(self, checkpoints: Sequence[Checkpoint], *, kept: bool) -> None:
        """Keep checkpoints; when this returns they survive a power cut, or standard error says why
        they are not there.
        """
        try:
            for each in checkpoints:
                file = self._kept(each) if kept else self._running(each.cell)
                file.parent.mkdir(parents=True, exist_ok=True)
                write(each, file)
            for folder in {self._kept(c).parent if kept else self._running(c.cell).parent
                           for c in checkpoints}:  # fmt: skip
                sync_folder(folder)
        except OSError as error:
            sys.stderr.write(f"no checkpoint was saved in {self.path}: {error.strerror}\n")

    def ask(self) -> None:
        """Ask everybody who trains to save now: the run is about to end."""
        if self.path.parent.is_dir():
            with suppress(OSError):
                self.path.mkdir(exist_ok=True)
                (self.path / ASKED).touch()

    def asked(self) -> float:
        """When it was last asked for that everything is saved, 0 when it never was."""
        try:
            return (self.path / ASKED).stat().st_mtime
        except OSError:
            return 0.0

    def drop(self, cells: Iterable[str]) -> None:
        """Forget cells in training: they are trained, and their records are kept."""
        if (self.path / "running").is_dir():
            for cell in cells:
                self._running(cell).unlink(missing_ok=True)

    def running(self) -> Iterator[Path]:
        """The files of cells in training, whichever spec they are of."""
        return self._files("running")

    def kept(self) -> Iterator[Path]:
        """The files of trained cells, named by trajectory and cell."""
        return self._files("kept")

    def _files(self, kind: str) -> Iterator[Path]:
        return (f for f in sorted((self.path / kind).glob("*/*")) if not f.name.startswith("."))

    def _running(self, cell: str) -> Path:
        return self.path / "running" / cell[:2] / cell

    def _kept(self, checkpoint: Checkpoint) -> Path:
        key = checkpoint.trajectory
        return self.path / "kept" / key[:2] / f"{key}.{checkpoint.cell}"

    def _loaded(self, file: Path) -> Checkpoint | None:
        try:
            return read(file)
        except (OSError, UnreadableError) as error:
            sys.stderr.write(f"the checkpoint {file} is not used: {error}\n")
            return None


def folder_in(run: Path) -> Path:
    """Where a run folder has its checkpoints, whatever the current folder of a process."""
    return (run / NAME).absolute()


def write(checkpoint: Checkpoint, file: Path) -> None:
    """Put a checkpoint at `file`; readers see the one before or this one, whole."""
    arrays = {n: np.ascontiguousarray(a) for n, a in checkpoint.arrays.items()}
    forms = [(name, array.dtype.str, checkpoint.arrays[name].shape) for name, array in
             arrays.items()]  # fmt: skip
    body = hashlib.sha256()
    for array in arrays.values():
        body.update(array.data)
    head: dict[str, Any] = {name: getattr(checkpoint, name) for name in FIELDS}
    head |= {"arrays": forms, "digest": body.hexdigest()}
    text = json.dumps(head).encode("ascii")
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as opened:
            opened.write(MAGIC + hashlib.sha256(text).hexdigest().encode("ascii"))
            opened.write(len(text).to_bytes(8, "little") + text)
            for array in arrays.values():
                opened.write(array.data)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read(file: Path) -> Checkpoint:
    """The checkpoint in a file. Raises UnreadableError and OSError; executes nothing."""
    with file.open("rb") as opened, _spoken():
        head = _head(opened)
        body = opened.read()
        if hashlib.sha256(body).hexdigest() != head["digest"]:
            raise UnreadableError("it is damaged")
        return _checkpoint(head, dict(_arrays(head["arrays"], memoryview(body))))


def read_head(file: Path) -> Checkpoint:
    """The checkpoint in a file without its arrays. Raises as `read` does, but for what only
    reading all of it shows.
    """
    with file.open("rb") as opened, _spoken():
        head = _head(opened)
        rest = os.fstat(opened.fileno()).st_size - opened.tell()
        if rest != sum(map(_bytes, head["arrays"])):
            raise UnreadableError("it is cut short")
        return _checkpoint(head, {})


@contextmanager
def _spoken() -> Iterator[None]:
    """Whatever is wrong with what a file says of itself, it is no checkpoint."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnreadableError("it is no checkpoint") from error


def _head(opened: IO[bytes]) -> dict[str, Any]:
    start = opened.read(len(MAGIC) + DIGEST + 8)
    size = int.from_bytes(start[-8:], "little")
    if not start.startswith(MAGIC) or size > LARGEST:
        raise UnreadableError("it is no checkpoint of this version of ddspec")
    text = opened.read(size)
    if hashlib.sha256(text).hexdigest().encode("ascii") != start[len(MAGIC) : -8]:
        raise UnreadableError("it is damaged")
    found: dict[str, Any] = json.loads(text)
    return found


def _checkpoint(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Checkpoint:
    fields = {name: head[name] for name in FIELDS}
    fields |= {name: tuple(fields[name]) for name in LISTS}
    if not all(isinstance(fields[name], kind) for name, kind in KINDS.items()):
        raise UnreadableError("it is no checkpoint")
    if not all(isinstance(e, kind) for name, kind in LISTS.items() for e in fields[name]):
        raise UnreadableError("it is no checkpoint")
    return Checkpoint(**fields, arrays=arrays)


def _arrays(forms: Sequence[Sequence[Any]], body: memoryview) -> Iterator[tuple[str, np.ndarray]]:
    start = 0
    for form in forms:
        name, kind, shape = form
        part = body[start : start + _bytes(form)]
        yield name, np.frombuffer(part, np.dtype(kind)).reshape(shape)
        start += len(part)


def _bytes(form: Sequence[Any]) -> int:
    _, kind, shape = form
    if np.dtype(kind).kind not in "fiub" or any(size < 0 for size in shape):
        raise UnreadableError(f"it has no values of type {kind} and shape {shape}")
    return int(np.dtype(kind).itemsize * math.prod(shape))
