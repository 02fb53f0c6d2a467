"""Plans against a machine's memory: what can never be trained there is said before anything is."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from ddspec.errors import DdspecError
from ddspec.plan.plan import Plan
from ddspec.vocabulary.schema import FULL

NUMBER = 4  # bytes of one, in float32
ANY = 2.0**44  # bytes: more than a machine of a cluster has
COPIES = 2  # of the parameters, at least: they and their gradients


def check_room(plans: Iterable[Plan], *, here: bool = True) -> None:
    """Raise DdspecError when a cell of some plan takes more memory than this machine has or, where
    it need not train `here`, than any has.

    Counted are the parameters with their gradients and one copy of the samples: less than any
    training takes.
    """
    has = _memory()
    room = has if here else max(has, ANY)
    for plan in plans:
        parameters, samples = _largest(plan)
        for count, what, each in (
            (parameters, "parameters", COPIES * NUMBER),
            (samples, "numbers in its samples", NUMBER),
        ):
            if count * each > room:
                raise DdspecError(
                    f"a cell of `{plan.experiment.name}` has {count:.3g} {what}: that takes"
                    f" {_size(count * each)} of memory at least, and this machine has"
                    f" {_size(has)}",
                    "leave such points out: `where parameters <= 1e9` in the sweep",
                )


def _largest(plan: Plan) -> tuple[float, float]:
    """The most parameters, and the most numbers in samples, of a cell."""
    if not len(plan):
        return 0.0, 0.0
    datasets, networks, terms = plan.parts[:3]
    samples = (d.samples * d.inputs for d in datasets if d.samples < FULL)
    distinct = np.unique(plan.rows[:, :3], axis=0).tolist()
    parameters = (
        networks[n].parameters(datasets[d].shape, datasets[d].outputs, terms[t])
        for d, n, t in distinct
    )
    return float(max(parameters)), float(max(samples, default=0))


def _memory() -> float:
    """The bytes of memory of this machine."""
    return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")


def _size(count: float) -> str:
    """Bytes in words: `64 GB`."""
    units = ("bytes", "KB", "MB", "GB", "TB", "PB")
    place = min(int(np.log10(max(count, 1.0)) // 3), len(units) - 1)
    return f"{count / 1000**place:.3g} {units[place]}"
