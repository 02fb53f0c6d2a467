"""The text of a source file as it lies on the disk, and its replacement at once."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import sys
import tempfile
from pathlib import Path

from ddspec.errors import DdspecError
from ddspec.spec.reading import LARGEST

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
STDIN = "-"
_MOST = 4 * LARGEST  # bytes: UTF-8 takes at most four for a character


def read_source(path: str) -> str:
    """The text with its line ends and byte order mark as they are; `-` is standard input.

    Raises DdspecError for what cannot be read, is too large for a spec or no UTF-8.
    """
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(_MOST + 1)
        else:
            with Path(path).open("rb") as file:
                content = file.read(_MOST + 1)
        text = content.decode("utf-8") if len(content) <= _MOST else " " * _MOST
    except UnicodeDecodeError as error:
        raise DdspecError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise DdspecError(f"cannot read {path}: {error.strerror}") from None
    if len(text) > LARGEST:
        raise DdspecError(f"{path} is longer than {LARGEST:,} characters: that is no spec")
    return text


def replace_source(path: str, text: str) -> None:
    """Write `text` to an existing file, whole or not at all; its mode stays, a link stays a link.

    Raises DdspecError where that cannot be done.
    """
    file = Path(os.path.realpath(path))
    try:
        if not file.is_file():
            raise DdspecError(f"cannot write {path}: it is no regular file")
        if not os.access(file, os.W_OK):
            raise DdspecError(f"cannot write {path}: it is read-only")
        _replace(file, text.encode("utf-8"))
    except OSError as error:
        raise DdspecError(f"cannot write {path}: {error.strerror}") from None


def _replace(file: Path, content: bytes) -> None:
    about = file.stat()
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".ddspec-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(PermissionError):  # only root may give files away
            os.chown(name, about.st_uid, about.st_gid)
        Path(name).chmod(about.st_mode & 0o7777)
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)


def difference(old: str, new: str, name: str) -> str:
    """A unified diff, as `patch` takes it."""
    lines = difflib.unified_diff(_LINE.findall(old), _LINE.findall(new), name, name)
    ended = (
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return "".join(ended)
