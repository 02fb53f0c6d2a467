"""Train a stack: cells that differ in seeds, data and values, all at once in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ddspec.errors import DdspecError
from ddspec.plan.batch import Way
from ddspec.plan.cell import Cell
from ddspec.plan.trajectory import recorded_as
from ddspec.training.checkpoint import Checkpoint
from ddspec.training.course import Course
from ddspec.training.models import Kind, Tensors, stacked
from ddspec.training.readings import Readings
from ddspec.training.resident import Resident
from ddspec.training.risk import Reader, shapes_of
from ddspec.training.saving import Saving
from ddspec.training.selection import Selection
from ddspec.training.shared import Group, divided
from ddspec.training.stack import Run, Stack
from ddspec.training.step import Values
from ddspec.training.stepping import DEFAULT, stepper_of
from ddspec.vocabulary.kinds import Measure

NO_MEASURES: Mapping[str, Measure] = {}


def train_stack(
    cells: Sequence[Cell],
    selections: Sequence[Selection],
    device: str = "cpu",
    *,
    unit: Literal["epochs", "steps"] = "epochs",
    points: Sequence[int] = (),
    measures: Mapping[str, Measure] = NO_MEASURES,
    ways: Sequence[Way] = DEFAULT,
    before: Sequence[Run | None] = (),
    begun: Sequence[Checkpoint] = (),
    saving: Saving | None = None,
    group: Group | None = None,
) -> list[Run]:
    """Train cells of one stack key; their runs, in the same order.

    A cell's run does not depend on the others: on one processor thread not in a single bit, unless
    its steps are compiled. A cell that is done leaves the stack, with its weights and optimizer
    state as they are then. ways: how to take steps, the first that can be used; DdspecError when
    none can. before: the runs whose weights the cells start from, one a cell or none at all.
    begun: the checkpoints of one step that they continue from, likewise; see `obstacle`. A run that
    continues has the same bits as one that was never interrupted. saving: what is told of pauses.
    group: the processes that train these cells together, all of which must ask for it.
    """
    courses = [Course.of(cell) for cell in cells]
    # longest first: the cells still in training are then always the first of the stack
    order = sorted(range(len(cells)), key=lambda number: -courses[number].steps)
    shapes = shapes_of(cells[0].dataset, measures)
    pools = [selections[number].pool for number in order]
    starts = [_weights(before[number]) for number in order] if before else ()
    kind, models = stacked([cells[number] for number in order], device, pools, starts)
    kind = kind if group is None else divided(kind, group)
    _check_padding(kind, courses)
    resident = Resident.of([selections[number] for number in order], kind, device)
    sorted_cells = [cells[number] for number in order]
    stepper = stepper_of(kind, sorted_cells, resident, ways, group)
    courses = [courses[number] for number in order]
    readings = [Readings.of(course, unit, points, shapes) for course in courses]
    resumed = [begun[number] for number in order] if begun else []
    for each, checkpoint in zip(readings, resumed, strict=False):
        known = checkpoint.series_of({n: n for n in shapes} | recorded_as(measures))
        each.recall(checkpoint.step, checkpoint.steps, known, checkpoint.stop)
    stack = Stack(
        cells=sorted_cells,
        kind=kind,
        courses=courses,
        readings=readings,
        resident=resident,
        stepper=stepper,
        reader=Reader.of(kind, stepper, resident, courses, measures),
        values=Values.of(kind, sorted_cells, device),
        first=models.weights,
        begun=resumed,
        saving=saving,
    )
    runs = dict(zip(order, stack.run(models), strict=True))
    return [runs[number] for number in range(len(cells))]


def _weights(run: Run | None) -> Tensors | None:
    """The weights and running averages a run ended with."""
    return None if run is None else {**run.weights, **run.buffers}


def _check_padding(kind: Kind, courses: Sequence[Course]) -> None:
    if kind.written and any(course.samples % course.rows for course in courses):
        raise DdspecError(
            "torch's BatchNorm would count the padding of the last, shorter minibatch as samples",
            "build the network with ddspec.vocabulary.layers.BatchNorm, which leaves it out",
            "or let the minibatch divide the number of training samples",
        )
