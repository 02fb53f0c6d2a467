"""The stepper of a stack: the first of the ways asked for that can be used."""

from __future__ import annotations

from collections.abc import Sequence

from ddspec.compilers import cpp_compiler
from ddspec.errors import DdspecError
from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.training.compiled import Compiled
from ddspec.training.eager import Eager
from ddspec.training.graphed import Graphed, capture
from ddspec.training.models import Kind
from ddspec.training.native import Native
from ddspec.training.resident import Resident
from ddspec.training.shared import Group
from ddspec.training.sharing import Together
from ddspec.training.stepper import Stepper

DEFAULT: tuple[Way, ...] = ("native", "eager")
REASONS = {
    "native": "the package's own step is for dense networks on a processor, and needs a C compiler",
    "compiled": "torch compiles a step only where there is a C++ compiler, g++ by name or by CXX",
}


def stepper_of(
    kind: Kind,
    cells: Sequence[Cell],
    resident: Resident,
    ways: Sequence[Way] = DEFAULT,
    group: Group | None = None,
) -> Stepper:
    """What takes a stack of cells through its steps.

    Of several ways those that cannot be used are passed over. On a graphics card steps, compiled
    or not, are captured and replayed as a whole. The processes of a group, by which `kind` is
    divided, take steps operation by operation. Raises DdspecError when none can be used.
    """
    if group is not None:
        return Together(Eager(kind, cells, resident), group)
    for way in ways:
        found = _stepper(way, kind, cells, resident, only=way == ways[-1])
        if found is not None:
            return found
    raise DdspecError(
        f"steps cannot be {' or '.join(ways)} here: {REASONS[ways[-1]]}",
        "leave the choice to ddspec, or ask for eager steps, which are possible everywhere",
    )


def way_of(stepper: Stepper) -> Way:
    """The way in which a stepper has taken its steps."""
    if isinstance(stepper, Together):
        return way_of(stepper.inner)
    inner = stepper.inner if isinstance(stepper, Graphed) else stepper
    if isinstance(inner, Compiled):
        return "eager" if inner.failed else "compiled"
    return "native" if isinstance(inner, Native) else "eager"


def _stepper(
    way: Way, kind: Kind, cells: Sequence[Cell], resident: Resident, *, only: bool
) -> Stepper | None:
    if way == "native":
        return Native.of(kind, cells, resident)
    if way == "compiled" and not cpp_compiler():
        return None
    eager = Eager(kind, cells, resident)
    inner = Compiled(eager, only=only) if way == "compiled" else eager
    return Graphed(inner, resident, capture) if resident.device.startswith("cuda") else inner
