"""How numbers are computed while fitting, whatever the process has set before and after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def full_precision(device: str) -> Iterator[None]:
    """On a graphics card: no TF32 meanwhile, whatever the process has set."""
    switches = _tf32_switches() if torch.device(device).type == "cuda" else []
    kept = [getattr(place, name) for place, name, _ in switches]
    for place, name, off in switches:
        setattr(place, name, off)
    try:
        yield
    finally:
        for (place, name, _), value in zip(switches, kept, strict=True):
            setattr(place, name, value)


def _tf32_switches() -> list[tuple[Any, str, Any]]:
    """Where torch keeps TF32, under what name, and the value that means off."""
    matmul: Any = torch.backends.cuda.matmul
    cudnn: Any = torch.backends.cudnn
    old = [(matmul, "allow_tf32", False), (cudnn, "allow_tf32", False)]
    try:
        for place, name, _ in old:
            getattr(place, name)
    except RuntimeError:  # the process has used torch's newer switches, and then must go on so
        return [(place, "fp32_precision", "ieee") for place in (matmul, cudnn.conv, cudnn.rnn)]
    return old


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """On this processor thread: results below the smallest normal number are zero meanwhile.

    The momentum of a unit that has died decays to such numbers and stays there, and arithmetic with
    them is a hundred times as slow: half of the time of a stack with many dead units.
    """
    kept = bool(torch.tensor(1e-40) * 1.0 == 0)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(kept)
