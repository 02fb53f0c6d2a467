"""The compilers of this machine, by the names they are called by."""

from __future__ import annotations

import os
import shutil
import sys


def c_compiler() -> str:
    """The one that compiles the package's own step: `CC` before the usual names; or empty."""
    return _program(os.environ.get("CC", ""), "cc", "gcc", "clang")


def cpp_compiler() -> str:
    """The one that torch's compiler calls: `CXX`, or the only name it tries; or empty."""
    return _program(os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++"))


def _program(*names: str) -> str:
    """The first of some programs that can be called; empty when none can."""
    return next((name for name in names if name and shutil.which(name)), "")
