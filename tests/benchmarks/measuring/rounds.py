"""Designs measured in turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import attrs


@attrs.frozen
class Rounds:
    """What each design took in each round, in one unit."""

    taken: Mapping[str, Sequence[float]]

    def __contains__(self, name: str) -> bool:
        """Whether the design was measured."""
        return name in self.taken

    def median(self, name: str) -> float:
        """The median of a design over the rounds."""
        return statistics.median(self.taken[name])

    def ratio(self, slow: str, fast: str) -> float:
        """How many times as long `slow` takes: the median of the ratios within rounds."""
        pairs = zip(self.taken[slow], self.taken[fast], strict=True)
        return statistics.median(one / other for one, other in pairs)


def interleaved(
    designs: Mapping[str, Callable[[], float]], rounds: int, *, warm: bool = True
) -> Rounds:
    """Call each design once a round, every round in another order.

    A design says itself what it took. warm: call each once before, which does not count.
    """
    names = list(designs)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for name in names if warm else ():
        designs[name]()
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            taken[name].append(designs[name]())
    return Rounds(taken)


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
