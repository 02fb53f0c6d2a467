"""The user's cache folder: what is made once and may be deleted at any time."""

from __future__ import annotations

import os
from pathlib import Path


def private_folder(name: str = "") -> Path | None:
    """`~/.cache/ddspec`, or `name` in it, made if need be; None where no private one can be had.

    Honors XDG_CACHE_HOME. What is read from there is executed: nobody else may write into it.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(base) / "ddspec" / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if is_private(folder) else None
    except (OSError, RuntimeError):
        return None


def is_private(path: Path) -> bool:
    """Whether only this user can have written there. Raises OSError where nothing is."""
    if not hasattr(os, "getuid"):
        return True
    facts = path.stat()
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022
