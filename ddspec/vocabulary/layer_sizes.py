"""The sizes of layers with attention or recurrence, by arithmetic alone: no torch is loaded."""

from __future__ import annotations


def block_parameters(width: int, parts: int) -> int:
    """The trained numbers of a `Layer` of that many parts: 2, or 3 with a source."""
    attention, inner = 4 * (width + 1) * width, (width + 1) * 4 * width + (4 * width + 1) * width
    return (parts - 1) * attention + inner + parts * 2 * width


def block_operations(width: int, parts: int, length: int) -> int:
    """The multiplications of a `Layer` on a sentence of a length."""
    attention = 4 * width * width + 2 * length * width
    return length * ((parts - 1) * attention + 8 * width * width)


def recurrent_parameters(features: int, units: int, layers: int, parts: int = 1) -> int:
    """The trained numbers of recurrent layers one after the other."""
    inputs = features + units * (layers - 1)
    return parts * units * (inputs + (units + 1) * layers)
