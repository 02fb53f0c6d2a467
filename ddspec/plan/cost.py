"""What a cell costs: an estimate in core-seconds, scaled by what finished cells took."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from ddspec.plan.cell import Cell
from ddspec.plan.expand import first_appearance
from ddspec.plan.outlook import Outlook
from ddspec.plan.plan import Plan
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

# One core of a 2024 server, small stacks, eager: measured with tests/benchmarks/engine.py.
STEP_OVERHEAD = 1.0e-4  # seconds a model and step: a third of it in full stacks
FLOPS = 7.0e10  # sustained in training
CALIBRATION_CELLS = 20


def model_seconds(cell: Cell, readings: int) -> float:
    """Core-seconds of one cell by counting operations.

    A training step of a network with P parameters on B samples is taken as 6 P B floating-point
    operations plus an overhead, an evaluation as 2 P a sample; a closed form as n p min(n, p).
    """
    data = cell.dataset
    parameters = cell.architecture.parameters(data.shape, data.outputs, cell.regularizer)
    if not isinstance(cell.train, GradientDescent):
        features = max(parameters // data.outputs, 1)
        return 1e-3 + data.samples * features * min(data.samples, features) / FLOPS
    batch = min(cell.train.batch, data.samples)
    steps = cell.train.duration.steps(-(-data.samples // batch))
    evaluated = readings * (data.samples + data.test + data.validation)
    flops = 6.0 * parameters * batch * steps + 2.0 * parameters * evaluated
    return steps * STEP_OVERHEAD + flops / FLOPS


def with_estimate(outlook: Outlook, seconds: Mapping[str, float]) -> Outlook:
    """The outlook with its cost; `seconds` of stored cells by id make the estimate local."""
    plan = outlook.plan
    each = costs(plan)
    known = [n for n, cell in enumerate(plan.ids) if cell in seconds] if seconds else []
    scale, basis = 1.0, "a model of this machine"
    if len(known) >= CALIBRATION_CELLS:
        scale = sum(seconds[plan.ids[n]] for n in known) / float(each[known].sum())
        basis = f"{len(known)} finished cells"
    total = float(each[outlook.pending].sum()) * scale
    return attrs.evolve(outlook, seconds=total, basis=basis)


def costs(plan: Plan) -> np.ndarray:
    """Core-seconds of every cell, (cells,): computed once for each combination of parts."""
    readings = max(len(plan.experiment.trajectory.points), 1)
    if not len(plan):
        return np.zeros(0)
    _, inverse = first_appearance(plan.rows[:, :4], [len(part) for part in plan.parts[:4]])
    numbers = np.unique(inverse, return_index=True)[1]
    distinct: np.ndarray = np.array([model_seconds(plan.cell(int(n)), readings) for n in numbers])
    return np.asarray(distinct[inverse])
