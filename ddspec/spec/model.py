"""The checked spec: experiments as axes and tables, with every value known to be legal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import attrs

from ddspec.errors import Span
from ddspec.markup import folded, lines, message, table
from ddspec.vocabulary.kinds import (
    Architecture,
    Dataset,
    Measure,
    Procedure,
    Regularizer,
    Report,
)
from ddspec.vocabulary.theory import Theory

V = TypeVar("V")
Coordinate = int | float | str | bool
Composition = tuple[Regularizer, ...]  # sorted by word and place; neutral terms left out
AxisKind = Literal["design", "replicate", "tuned"]
SHOWN = 8  # values of an axis that are printed; a longer one shows its ends


@attrs.frozen
class Seed:
    """The seeds of a cell's random streams."""

    data: int = 0
    init: int = 0
    order: int = 0


@attrs.frozen(eq=False)
class Axis:
    """One dimension of an experiment's grid.

    `name` is its dimension (`width`, `seed_data`), `spelling` what the spec calls it
    (`seed.data`). `labels` are its coordinate values, one a point; a `when` axis ends with the
    level NaN (or "absent") of the cells it does not exist in. `extras` are further coordinates
    along it: paired axes of a `zip`, and for compositions one boolean a term (`has_dropout`), its
    strength (`dropout_rate`, NaN without it) and its trait (`model_dependent`, ...).
    A tuned axis lists the candidates of one `tune(...)`: results keep the candidate with the
    least `criterion` averaged over the axes `across`; of the one replicate axis among them only
    over the labels `select_on`, if any, and the others are reported. `halving`: the best of so many
    candidates go on to runs so many times as long; 0: all are trained in full.
    """

    name: str
    spelling: str
    kind: AxisKind
    labels: tuple[Coordinate, ...]
    unit: str = ""
    extras: Mapping[str, tuple[Coordinate, ...]] = attrs.field(factory=dict)
    criterion: str = ""
    across: tuple[str, ...] = ()
    halving: int = 0
    select_on: tuple[Coordinate, ...] = ()
    span: Span | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def values(self) -> str:
        """Its labels in words, the ends only of a long axis: `2, 3, 4, 6, ..., 200, 300`."""
        words = ["absent" if x != x else str(x) for x in self.labels]  # noqa: PLR0124 - NaN
        return ", ".join([*words[:4], "...", *words[-2:]] if len(words) > SHOWN else words)


@attrs.frozen(eq=False)
class Table(Generic[V]):
    """A value as a function of the axes it reads: row-major over `axes`, in sweep order.

    A value is None at points where an axis that it reads does not exist.
    """

    axes: tuple[str, ...]
    values: tuple[V, ...]

    def __attrs_post_init__(self) -> None:
        if not self.axes and len(self.values) != 1:
            raise ValueError("a table without axes has one value")


@attrs.frozen
class Trajectory:
    """Where a training run is read: points in `unit`, increasing; 0 is before the first step.

    Empty `points` mean the end of training only.
    """

    unit: Literal["epochs", "steps"] = "epochs"
    points: tuple[int, ...] = ()


@attrs.frozen(eq=False)
class Experiment:
    """One grid of cells: the product of `axes`, less the points some table in `keep` rejects.

    `axes` are in spec order, replicates after design axes, tuned axes last. A grid point's cell
    is the row of `dataset`, `architecture`, `regularizer`, `train`, `seed` at it. Durations inside
    `train` values are in steps already. `derived` are coordinates (`let ratio = ...` in a sweep).
    `theories` are complete: what the spec left out of their arguments was taken from the cells.
    `doc` is the comment above the experiment.
    """

    name: str
    axes: tuple[Axis, ...]
    dataset: Table[Dataset]
    architecture: Table[Architecture]
    regularizer: Table[Composition]
    train: Table[Procedure]
    seed: Table[Seed]
    keep: tuple[Table[bool], ...] = ()
    derived: Mapping[str, Table[float]] = attrs.field(factory=dict)
    trajectory: Trajectory = Trajectory()
    measures: Mapping[str, Measure] = attrs.field(factory=dict)
    reports: Mapping[str, Report] = attrs.field(factory=dict)
    theories: Mapping[str, Table[Theory]] = attrs.field(factory=dict)
    doc: str = ""
    span: Span | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis, tuned axes included."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Grid points, rejected ones included."""
        return math.prod(self.shape)

    def __repr__(self) -> str:
        axes = " x ".join(f"{axis.spelling} {len(axis)}" for axis in self.axes)
        return f"<Experiment {self.name}: {self.size:,} grid points = {axes or 1}>"

    def _repr_html_(self) -> str:
        """Its axes, and where its runs are read, for a notebook."""
        rows: list[tuple[object, ...]] = [
            (axis.spelling, axis.kind, len(axis), axis.values) for axis in self.axes
        ]
        if points := self.trajectory.points:
            ends = f"{points[0]}..{points[-1]}, no extra training"
            rows.append((self.trajectory.unit, "readings", len(points), ends))
        head = lines([f"{self.name}: {self.size:,} grid points"])
        return head + table(("axis", "kind", "values", ""), rows)

    def axis(self, name: str) -> Axis:
        """The axis of that name; KeyError when there is none."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        raise KeyError(name)


@attrs.frozen(eq=False)
class Spec:
    """A checked file: its experiments in order, the text as run, and every source it used.

    `sources` maps the names that spans carry to texts: the file itself, used files and `--set`.
    """

    path: str
    text: str
    experiments: tuple[Experiment, ...]
    sources: Mapping[str, str] = attrs.field(factory=dict)
    overrides: Mapping[str, str] = attrs.field(factory=dict)

    def __repr__(self) -> str:
        grids = [f"{each.name} ({each.size:,} grid points)" for each in self.experiments]
        return f"<Spec {self.path}: {', '.join(grids) or 'declarations only'}>"

    def _repr_html_(self) -> str:
        """Its experiments, and its text to unfold, for a notebook."""
        parts = [each._repr_html_() for each in self.experiments] or [lines(["declarations only"])]
        return "".join([*parts, folded(self.path, message(self.text))])

    def experiment(self, name: str) -> Experiment:
        """The experiment of that name; KeyError when there is none."""
        for experiment in self.experiments:
            if experiment.name == name:
                return experiment
        raise KeyError(name)
