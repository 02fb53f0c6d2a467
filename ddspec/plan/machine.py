"""A machine to plan for: what it trains on, how many workers it has, and what can compile there."""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from ddspec.compilers import c_compiler, cpp_compiler


@attrs.frozen
class Machine:
    """`workers` train at once, each on a `device`, `cpu` or `cuda`.

    c, cpp: the compilers of C and C++, by the names they are called by; empty where there is none.
    """

    device: str = "cpu"
    workers: int = 1
    c: str = ""
    cpp: str = ""


def here(workers: int | None = None, *, local: bool = False) -> Machine:
    """The machine at hand; as many workers as it has graphics cards or, without, processors.

    local: this process alone trains, on one processor.
    """
    cards = 0 if local else _cards()
    count = 1 if local else workers or cards or os.cpu_count() or 1
    return Machine(
        device="cuda" if cards else "cpu",
        workers=count,
        c=c_compiler(),
        cpp=cpp_compiler(),
    )


def _cards() -> int:
    """NVIDIA's graphics cards in sight, counted without torch, which takes seconds to load."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    return len(list(Path("/dev").glob("nvidia[0-9]*")))
