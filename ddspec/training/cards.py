"""The graphics cards that torch can train on here."""

from __future__ import annotations

import attrs


@attrs.frozen
class Card:
    """A graphics card: its name, and its memory and what of that is free, in bytes."""

    name: str
    memory: int
    free: int


def cards() -> tuple[Card, ...]:
    """The cards in sight of torch; none where its build is for processors only."""
    import torch

    if not torch.cuda.is_available():
        return ()
    found = []
    for place in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(place)
        found.append(Card(torch.cuda.get_device_name(place), total, free))
    return tuple(found)


def build() -> str:
    """What torch was built for: `cpu` or `CUDA 12.6`."""
    import torch

    version = torch.version.cuda
    return f"CUDA {version}" if version else "cpu"
