"""One writer at a time: a lock on a file that the operating system lets go when we die."""

from __future__ import annotations

import fcntl
import os
import platform
from contextlib import suppress
from pathlib import Path

from ddspec.errors import DdspecError
from ddspec.results.claim import Claim
from ddspec.results.filesystem import LOCKLESS, kind_of, networked


class Lease:
    """The right to write in `folder`, held from construction until `release` or the process's end.

    Where files cannot be locked, or locks may not reach other machines, the folder is claimed too:
    by a file that is kept fresh. `alone`: then nobody else can use the store meanwhile. `locks`:
    False where files cannot be locked at all.
    Raises DdspecError, naming the holder, when another run has it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.locks = True
        self._claim: Claim | None = None
        try:
            self._file = (folder / ".cells.lock").open("a+b", buffering=0)
        except OSError as error:
            raise DdspecError(
                f"cannot write to the folder {folder}: {error.strerror}",
                "choose another with --out",
            ) from None
        try:
            self._lock()
            if not self.locks or networked(folder):
                self.claim()
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().decode(errors="replace").strip() or "unknown process"
            raise DdspecError(
                f"another run is writing to {self.folder} ({holder})",
                "wait until it ends, or stop it and run again: finished cells are kept",
                "or choose another folder with --out",
            ) from None
        except OSError as error:
            if error.errno not in LOCKLESS:
                raise DdspecError(
                    f"cannot lock {self._file.name}: {error.strerror}",
                    "check the disk, or choose another folder with --out",
                ) from None
            self.locks = False
            return
        with suppress(OSError):  # on a full disk it stays unsaid who holds it
            self._file.truncate(0)
            self._file.write(f"pid {os.getpid()} on {platform.node()}\n".encode())

    @property
    def alone(self) -> bool:
        """True when nobody else can use the store meanwhile."""
        return self._claim is not None

    @property
    def notice(self) -> str:
        """What a user should know of it, a line; empty where there is nothing to say."""
        if not self.alone:
            return ""
        lacking = "share memory between processes" if self.locks else "lock files"
        kind = kind_of(self.folder) or "a file system"
        return (
            f"{self.folder} is on {kind}, which may not {lacking}: this run keeps the store to"
            " itself; others read it once it ends"
        )

    def claim(self) -> None:
        """Claim the folder for this run alone."""
        self._claim = Claim(self.folder)

    def check(self) -> None:
        """Raise DdspecError when another run has taken the folder over."""
        if self._claim is not None:
            self._claim.check()

    def release(self) -> None:
        """Let another run write; doing so twice does no harm."""
        if self._claim is not None:
            self._claim.release()
        self._file.close()
