"""One writer at a time: a lock on a file that the operating system lets go when we die."""

from __future__ import annotations

import fcntl
import os
import platform
from pathlib import Path

from ddspec.errors import DdspecError


class Lease:
    """The right to write in `folder`, held from construction until `release` or the process's end.

    Raises DdspecError, naming the holder, when another run has it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / ".cells.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown process"
            self._file.close()
            raise DdspecError(
                f"another run is writing to {folder} ({holder})",
                "wait until it ends, or stop it and run again: finished cells are kept",
                "or choose another folder with --out",
            ) from None
        except OSError as error:
            self._file.close()
            raise DdspecError(
                f"the file system of {folder} cannot lock files: {error.strerror}",
                "choose a folder on a local disk with --out",
            ) from None
        self._file.truncate(0)
        self._file.write(f"pid {os.getpid()} on {platform.node()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let another run write; doing so twice does no harm."""
        self._file.close()
