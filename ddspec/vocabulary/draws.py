"""Random streams: every draw has its own generator, a pure function of seed, purpose and place."""

from __future__ import annotations

import hashlib

import attrs
import numpy as np


@attrs.frozen
class Draws:
    """The streams of one purpose (`subset`, `label noise`, `init`, ...) under one seed."""

    seed: int
    purpose: str

    def key(self, *place: str | int) -> int:
        """128 bits that depend on seed, purpose and place, and on nothing else."""
        text = "\0".join(["ddspec-stream-1", self.purpose, str(self.seed), *map(str, place)])
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")

    def generator(self, *place: str | int) -> np.random.Generator:
        """A fresh generator for the draw at `place` (a layer, an epoch, ...)."""
        return np.random.Generator(np.random.Philox(key=self.key(*place)))
