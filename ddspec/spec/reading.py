"""Files to texts: of a size that a spec can have, and from where a spec may read."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

LARGEST = 2**17  # characters of a file


class RefusedError(ValueError):
    """A file that is there and is not read; the message says why in a few words."""


def read_text(path: str) -> str:
    """The UTF-8 text of a file; raises OSError, UnicodeDecodeError or RefusedError."""
    with Path(path).open(encoding="utf-8") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise RefusedError(f"is longer than {LARGEST:,} characters")
    return text


def read_used(path: str, spec: str) -> str:
    """The text of a file that the file `spec` uses; raises as `read_text` does.

    Refused is what is no regular file, and what lies outside the folder of `spec` once symbolic
    links are followed: a spec from elsewhere cannot have this machine's files read.
    """
    root = os.path.realpath(posixpath.dirname(spec) or ".")
    real = os.path.realpath(path)
    if os.path.commonpath([root, real]) != root:
        raise RefusedError("lies outside the folder of the spec")
    if not Path(real).exists():
        raise FileNotFoundError(path)
    if not Path(real).is_file():
        raise RefusedError("is no regular file")
    return read_text(real)


def is_below(path: str, spec: str) -> bool:
    """Whether a path, as written, stays in the folder of the file `spec`."""
    root = posixpath.dirname(spec)
    if posixpath.isabs(path) != posixpath.isabs(root):
        return False
    steps = posixpath.relpath(path, root or ".").split("/")
    return ".." not in steps
