"""Where and when something was measured, in one line."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("ddspec", "torch", "numpy", "ray", "jax", "scikit-learn")


def described(load: float) -> str:
    """Date, processor, cores, load (before and now) and versions. `load`: what it was before."""
    now = os.getloadavg()[0]
    found = ", ".join(f"{name} {number}" for name in PACKAGES if (number := _version(name)))
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {processor()}, {os.cpu_count()} cores{_card()}; "
        f"load {load:.1f} before, {now:.1f} at the end (its own included); "
        f"Python {platform.python_version()}, {found}."
    )


def processor() -> str:
    """The processor in the words of its maker, and what tells generations apart if they do not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = {key.strip(): value.strip() for key, _, value in (s.partition(":") for s in lines)}
    name = fields.get("model name", platform.machine())
    return f"{name} (family {fields.get('cpu family', '?')}, model {fields.get('model', '?')})"


def _card() -> str:
    import torch

    return f", {torch.cuda.get_device_name(0)}" if torch.cuda.is_available() else ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
