"""One writer at a time where files cannot be locked: a file that its writer keeps fresh."""

from __future__ import annotations

import json
import os
import platform
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

import attrs

from ddspec.errors import DdspecError

NAME: Final = ".cells.owner"
BEAT: Final = 20.0  # seconds between two touches of the file by its writer
SILENT: Final = 300.0  # a claim of another machine that was not touched for so long is dead
SETTLE: Final = 0.2  # seconds after taking a dead claim over, before looking who got it


@attrs.frozen
class Holder:
    """Who holds a claim. machine: the boot of the host and the processes it can see; started: when
    its process did, in ticks since then.
    """

    host: str
    pid: int
    machine: str
    started: str
    token: str

    def __str__(self) -> str:
        """As one names it: `pid 4711 on node-3`."""
        return f"pid {self.pid} on {self.host}"

    @property
    def here(self) -> bool:
        """True for a process that this one could see."""
        return self.machine == _machine()

    @property
    def dead(self) -> bool:
        """True for a process of this machine that is gone; of others nothing is known."""
        return self.here and _started(self.pid) != self.started


class Claim:
    """The right to write in `folder` from construction until `release`.

    A claim of a dead process of this machine is taken over at once, one of another machine when it
    has not been touched for SILENT seconds, by the clock of the file system.
    Raises DdspecError, naming the holder, when another run has it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._mine = Holder(
            platform.node(), os.getpid(), _machine(), _started(os.getpid()), uuid.uuid4().hex
        )
        self._ended = threading.Event()
        if not self._made():
            holder = holder_of(folder)
            if not stale(folder, holder):
                raise DdspecError(*refusal(folder, holder))
            self._take_over(holder)
        self._thread = threading.Thread(target=self._beat, name="claim", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise DdspecError when another run has taken over, say while this one was suspended."""
        holder = holder_of(self._path.parent)
        if holder is None and self._there():
            return  # the file system is away: so is the store
        if holder is None or holder.token != self._mine.token:
            raise DdspecError(
                f"another run ({holder or 'which has ended'}) has taken {self._path.parent} over"
                " from this one, which had not been heard of",
                "run again: what was finished before is kept",
            )

    def _there(self) -> bool:
        try:
            self._path.stat()
        except FileNotFoundError:
            return False
        except OSError:
            pass
        return True

    def release(self) -> None:
        """Let another run write; doing so twice does no harm."""
        self._ended.set()
        holder = holder_of(self._path.parent)
        if holder is not None and holder.token == self._mine.token:
            self._path.unlink(missing_ok=True)

    def _made(self) -> bool:
        """Make the file unless it is there, whole from its first moment."""
        beside = self._path.with_name(f"{NAME}.{self._mine.token}")
        try:
            beside.write_text(json.dumps(attrs.asdict(self._mine)), encoding="utf-8")
            try:
                os.link(beside, self._path)
            except FileExistsError:
                return False
            except OSError:  # a file system without links
                return self._made_in_place()
        except OSError as error:
            raise DdspecError(
                f"cannot write to the folder {self._path.parent}: {error.strerror}",
                "choose another with --out",
            ) from None
        finally:
            beside.unlink(missing_ok=True)
        return True

    def _made_in_place(self) -> bool:
        try:
            with self._path.open("x", encoding="utf-8") as file:
                file.write(json.dumps(attrs.asdict(self._mine)))
        except FileExistsError:
            return False
        return True

    def _take_over(self, dead: Holder | None) -> None:
        """Put ours in the place of a dead claim; of several who do so at once one stays."""
        aside = self._path.with_name(f"{NAME}.{self._mine.token}.dead")
        with suppress(FileNotFoundError):
            self._path.rename(aside)
        aside.unlink(missing_ok=True)
        made = self._made()
        self._ended.wait(SETTLE)
        holder = holder_of(self._path.parent)
        if not made or holder is None or holder.token != self._mine.token:
            raise DdspecError(*refusal(self._path.parent, holder or dead))

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):  # the file system may be away for a while
                os.utime(self._path)


def holder_of(folder: Path) -> Holder | None:
    """Who claims the folder; None when nobody does or it cannot be read."""
    try:
        return Holder(**json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def stale(folder: Path, holder: Holder | None) -> bool:
    """True when nobody stands behind a claim any more."""
    if holder is not None and holder.here:
        return holder.dead
    probe = folder / f"{NAME}.{uuid.uuid4().hex}"
    try:
        probe.touch()  # both times are then of one clock, that of the file system
        return probe.stat().st_mtime - (folder / NAME).stat().st_mtime > SILENT
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)


def refusal(folder: Path, holder: Holder | None) -> tuple[str, ...]:
    """The words for a folder that another run has claimed."""
    if holder is None:
        return (
            f"another run is writing to {folder} (unknown process)",
            f"if there is none, delete {folder / NAME} and run again",
        )
    return (
        f"another run is writing to {folder} ({holder})",
        "wait until it ends, or stop it and run again: finished cells are kept",
        *_gone(folder, holder),
        "or choose another folder with --out",
    )


def _gone(folder: Path, holder: Holder) -> tuple[str, ...]:
    if holder.here:
        return ()
    wait = f"wait {SILENT / 60:.0f} minutes after its last sign and run again"
    return (f"if {holder.host} is gone, {wait}, or delete {folder / NAME}",)


def _machine() -> str:
    """The boot of this machine and what processes are seen from here; two containers differ."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str:
    """When a process started: a number that is another for a later process of the same pid; empty
    when there is none.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        state, *rest = text.rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "there"
    return "" if Path("/proc/self/stat").exists() else "there"
