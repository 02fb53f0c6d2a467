"""Failed cells in a reader's words: which they are, why they failed, how to run one by itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.plan.plan import Plan
from ddspec.results.store import Store
from ddspec.spec.model import Axis, Seed
from ddspec.vocabulary.plugins import options

LOG: Final = "failures.log"
SHORT: Final = 12  # digits of an id that are shown


@attrs.frozen
class Failure:
    """A cell that failed.

    settings: its place on the axes of its experiment, `curve: width = 4, seed = 0`; seed: of its
    random streams; cause: `exception`, `oom` (out of memory) or `killed`; error: the traceback.
    """

    cell: str
    settings: str
    seed: str
    cause: str
    error: str

    @property
    def short(self) -> str:
        """The beginning of its id."""
        return self.cell[:SHORT]

    def repro(self, folder: Path) -> str:
        """The command that runs it again by itself."""
        return shlex.join(["ddspec", "repro", self.short, str(folder), *options()])


def failures_of(plans: Sequence[Plan], store: Store) -> dict[str, Failure]:
    """The failed cells of plans (each stage of a tuning is one) by id, in their order."""
    wanted = {cell for plan in plans for cell in plan.ids}
    errors = store.failures(wanted)
    causes = {cell: each.cause for cell, each in store.held(errors).items()}
    found: dict[str, Failure] = {}
    for plan in plans:
        for number, cell in enumerate(plan.ids):
            if cell in errors and cell not in found:
                seed = seed_of(plan.cell(number).seed)
                where, error = settings_of(plan, number), errors[cell]
                found[cell] = Failure(cell, where, seed, causes[cell] or "exception", error)
    return found


def settings_of(plan: Plan, number: int) -> str:
    """Where a cell lies on the axes of its experiment, at the first of its places."""
    place = np.unravel_index(int(np.argmax(plan.index == number)), plan.index.shape)
    axes = zip(plan.experiment.axes, place, strict=True)
    values = ", ".join(f"{axis.spelling} = {_label(axis, int(at))}" for axis, at in axes)
    return f"{plan.experiment.name}: {values}" if values else plan.experiment.name


def _label(axis: Axis, at: int) -> str:
    label = axis.labels[at]
    return "absent" if label != label else str(label)  # noqa: PLR0124 - NaN marks it


def seed_of(seed: Seed) -> str:
    """`seed 3`, or the seeds of its streams where they differ."""
    streams = attrs.asdict(seed)
    if len(set(streams.values())) == 1:
        return f"seed {seed.data}"
    return ", ".join(f"seed.{name} {value}" for name, value in streams.items())


def keep_failures(failures: Iterable[Failure], folder: Path) -> None:
    """Leave failed cells with their tracebacks in `failures.log`; none leave no file.

    Raises DdspecError when it cannot be written.
    """
    log = folder / LOG
    text = "\n".join(
        f"--- {each.short}  {each.cause}\n{each.settings}  ({each.seed})\n"
        f"alone: {each.repro(folder)}\n{each.error.rstrip()}\n"
        for each in failures
    )
    try:
        if text:
            log.write_text(text, encoding="utf-8")
        else:
            log.unlink(missing_ok=True)
    except OSError as error:
        raise DdspecError(
            f"cannot write {log}: {error.strerror}",
            "finished cells are kept in cells.sqlite; run again to have it written",
        ) from error
