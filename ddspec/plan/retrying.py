"""Which stored cells a run trains again because of how they ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Protocol

import attrs
import numpy as np

from ddspec.plan.outlook import STATES, Outlook

CAUSES: Final = ("exception", "oom", "killed")
CHOICES: Final = ("failed", *CAUSES, "diverged", "none")
FAILED: Final = ("failed",)  # unless asked otherwise


class Ended(Protocol):
    """What a store says of how a cell ended."""

    @property
    def status(self) -> str:
        """done, diverged, stopped or failed."""

    @property
    def cause(self) -> str:
        """Of a failed cell: exception, oom or killed; empty when not known."""


def wanted(ended: Ended, retry: Collection[str]) -> bool:
    """True when a cell that ended so is trained again: `retry` has some of CHOICES."""
    if ended.status == "diverged":
        return "diverged" in retry
    return ended.status == "failed" and bool({"failed", ended.cause or "exception"} & {*retry})


def retrying(outlook: Outlook, held: Mapping[str, Ended], retry: Collection[str]) -> Outlook:
    """The outlook in which only those of the failed and diverged cells train again that `retry`
    names; others are kept as they are.
    """
    states = outlook.states.copy()
    for number, cell in enumerate(outlook.plan.ids):
        ended = held.get(cell)
        if ended is not None and ended.status in ("failed", "diverged"):
            again, failed = wanted(ended, retry), states[number] == STATES.index("failed")
            if again:
                states[number] = STATES.index("failed")
            elif failed:
                states[number] = STATES.index("cached")
    if np.array_equal(states, outlook.states):
        return outlook
    reasons = [why for why in outlook.reasons if not why.startswith("try again")]
    if (states == STATES.index("failed")).any():
        reasons.append(f"try again: {', '.join(sorted(retry))} cells, as asked")
    return attrs.evolve(outlook, states=states, reasons=tuple(reasons))
