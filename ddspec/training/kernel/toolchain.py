"""The kernel as a shared library: compiled once for a machine, kept, and loaded."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from ddspec.cache import is_private, private_folder
from ddspec.compilers import c_compiler

SOURCES = ("dense.c", "dense.h")
COMMON = ("-std=gnu11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-w", "-fPIC", "-shared")
# The first that compiler and processor understand; the whole width of a vector is worth a third.
TARGETS = (
    ("-march=native", "-mprefer-vector-width=512"),
    ("-march=native",),
    ("-mcpu=native",),
    (),
)
SECONDS = 120.0  # a compiler that hangs is none


@functools.cache
def kernel() -> ctypes.CDLL | None:
    """The compiled kernel, from the user's cache if it is there; None where it cannot be had."""
    program, folder = shutil.which(c_compiler()), private_folder()
    if program is None or folder is None:
        return None
    file = folder / f"kernel-{_key(program)}.so"
    kept = _load(file)
    return kept or (_load(file) if _compile(program, file) else None)


def _load(file: Path) -> ctypes.CDLL | None:
    """The library in a file; None where there is none, a damaged one, or one by somebody else."""
    try:
        return ctypes.CDLL(str(file)) if is_private(file) else None
    except OSError:
        return None


def _key(program: str) -> str:
    """What the library depends on: source, compiler and processor (homes are shared by nodes)."""
    here = Path(__file__).parent
    parts = [(here / name).read_text(encoding="utf-8") for name in SOURCES]
    parts += [program, str(Path(program).stat().st_mtime_ns), repr((COMMON, TARGETS)), _processor()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    told = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    return "\n".join([platform.machine(), platform.processor(), *sorted(set(told))])


def _compile(program: str, file: Path) -> bool:
    """Compile into `file`, all at once: another process may be doing the same."""
    source = Path(__file__).parent / "dense.c"
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            made = Path(folder) / file.name
            for target in TARGETS:
                words = [program, *COMMON, *target, str(source), "-o", str(made), "-lm"]
                # the user's compiler on a file of this package
                done = subprocess.run(  # noqa: S603
                    words, capture_output=True, check=False, timeout=SECONDS
                )
                if done.returncode == 0:
                    made.chmod(0o700)
                    made.replace(file)
                    return True
    except (OSError, subprocess.TimeoutExpired):
        pass
    return False
