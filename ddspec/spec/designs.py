"""Warnings about designs: grids that can be run and cannot show what is asked of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import attrs

from ddspec.errors import Label, Span
from ddspec.spec.axis_checks import TIMES
from ddspec.spec.building import Build
from ddspec.spec.decimals import grouped, plain, read
from ddspec.spec.facts import Facts
from ddspec.spec.problems import label
from ddspec.spec.scope import Column
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure

COARSE: Final = 4  # times as late as the reading before: a peak between the two is not seen
EARLY: Final = 10  # readings before which a factor is few steps
CURVE: Final = 5  # points with which an axis is a curve


def check_designs(facts: Facts, reports: Mapping[str, Build]) -> None:
    """Say where seeds, tuning, sizes or readings are too few for what the experiment is for."""
    _check_seeds(facts, reports)
    _check_selection(facts, reports)
    _check_threshold(facts)
    _check_readings(facts, reports)


# --- seeds ------------------------------------------------------------------------------------


def _fewest(build: Build) -> int:
    """The seeds without which a report has no interval and no verdict; 0 where it needs none."""
    return int(getattr(build.constant, "fewest_seeds", 0))


def _check_seeds(facts: Facts, reports: Mapping[str, Build]) -> None:
    columns = _replicates(facts)
    seeds = math.prod(column.size for column in columns)
    for build in reports.values():
        if (fewest := _fewest(build)) > seeds:
            name = build.word.name()
            facts.problems.report(
                "DD613",
                f"`{name}` says nothing sure of {seeds} seed{'s' * (seeds > 1)}",
                Label(build.span, f"needs {fewest} seeds"),
                also=[label(column.span, f"{column.size} here") for column in columns],
                notes=["bands and verdicts come from the spread over seeds"],
                help=[f"write `seed in 0..<{fewest}` in the sweep, or more"],
                severity="warning",
            )


def _replicates(facts: Facts) -> list[Column]:
    assert facts.scope.draft is not None
    columns = facts.scope.draft.columns.values()
    return [column for column in columns if column.kind == "replicate"]


def _check_selection(facts: Facts, reports: Mapping[str, Build]) -> None:
    """What is chosen on some seeds looks better on these than on others."""
    draft = facts.scope.draft
    assert draft is not None
    seeds = {column.dimension: column for column in _replicates(facts)}
    asking = [build for build in reports.values() if _fewest(build)]
    chosen = [
        column
        for column in draft.tuned.values()
        if not column.select_on and any(seeds[n].size > 1 for n in column.across if n in seeds)
    ]
    if not chosen or not asking:
        return
    first = chosen[0]
    (name, *_) = (name for name in first.across if name in seeds)
    facts.problems.report(
        "DD410",
        f"`tune` reports on the points of `{seeds[name].spelling}` that it selects on",
        Label(first.span, "chosen at all of them"),
        also=[label(asking[0].span, "tells how sure the risks are, as if nothing was chosen")],
        notes=["the risk of what did best on these seeds is a little less than it is on others"],
        help=["select on some of them: `across: seed, select_on: {0, 1}` reports the others"],
        severity="warning",
    )


# --- sizes ------------------------------------------------------------------------------------


@attrs.frozen
class _Size:
    """Parameters for each output, and training samples, of a cell; the least and most it needs."""

    parameters: int
    samples: int
    outputs: int
    solved: bool

    @property
    def side(self) -> int:
        """-1 where the training set cannot be fitted yet, 1 where it is fitted in many ways.

        A closed form interpolates with as many parameters as samples; a network, which shares
        parameters between its outputs, between as many and as many times its outputs.
        """
        least = self.samples * (self.outputs if self.solved else 1)
        most = self.samples * self.outputs
        return (self.parameters > most) - (self.parameters < least)


def _check_threshold(facts: Facts) -> None:
    sizes = list(_sizes(facts))
    sides = {size.side for size in sizes}
    ratios = {size.parameters / (size.samples * size.outputs) for size in sizes}
    if len(ratios) < CURVE or sides not in ({-1}, {1}):
        return
    column = _sized(facts)
    if column is None:
        return
    below = sides == {-1}
    side, models, samples = ("below", "larger", "fewer") if below else ("above", "smaller", "more")
    nearest = max(ratios) if below else min(ratios)
    facts.problems.report(
        "DD520",
        f"all of this grid lies {side} the interpolation threshold",
        Label(column.span, f"at its nearest {nearest:.2g} parameters to a sample and output"),
        also=[facts.mark("architecture", "has the parameters")],
        notes=["it is expected where parameters are as many as samples (times outputs)"],
        help=[f"take {models} models, or {samples} samples, to see the peak"],
        severity="warning",
    )


def _sizes(facts: Facts) -> Iterator[_Size]:
    """The sizes of all cells, of architectures and data whose threshold is known."""
    asked = (("dataset", _data), ("architecture", _itself), ("train", _solves))
    for _, (data, architecture, solved) in facts.pairs(*asked):
        if data is None or solved is None or "estimator" in architecture.traits:
            continue
        shape, outputs, samples = data
        yield _Size(architecture.parameters(shape, outputs), samples, outputs, solved)


def _itself(architecture: Architecture) -> Architecture:
    return architecture


def _data(dataset: Dataset) -> tuple[Any, int, int] | None:
    counted = dataset.reads == "numbers" and not dataset.tokens
    return (dataset.shape, dataset.outputs, dataset.samples) if counted else None


def _solves(procedure: Procedure) -> bool | None:
    known = procedure.traits & {"gradient", "closed_form"}
    return "closed_form" in procedure.traits if known else None


def _sized(facts: Facts) -> Column | None:
    """The axis with most points of those that the architecture or the dataset read."""
    assert facts.scope.draft is not None
    tables = (facts.parts[name].found.table for name in ("architecture", "dataset"))
    read_by = {axis for table in tables for axis in table.axes}
    columns = [
        column
        for column in facts.scope.draft.columns.values()
        if column.dimension in read_by and column.kind == "design" and column.size >= CURVE
    ]
    return max(columns, key=lambda column: column.size, default=None)


# --- readings ---------------------------------------------------------------------------------


def _check_readings(facts: Facts, reports: Mapping[str, Build]) -> None:
    """A curve along training time is read densely enough to show a rise."""
    assert facts.scope.draft is not None
    for spelling in TIMES:
        column = facts.scope.draft.columns.get(spelling)
        asking = _asking(spelling, reports)
        if column is None or asking is None or column.kind != "trajectory":
            continue
        points = [item.number for item in column.items if item.number]
        gaps = [
            (early, late)
            for early, late in pairwise(points)
            if early and late and late > COARSE * early and late > EARLY
        ]
        if gaps:
            early, late = max(gaps, key=lambda gap: gap[1] / gap[0])
            last = grouped(read(plain(points[-1])))
            facts.problems.report(
                "DD521",
                f"between {plain(early)} and {plain(late)} {spelling} nothing is read",
                Label(column.span, "a rise of the risk there is not seen"),
                also=[label(asking, f"asks for the curve along `{spelling}`")],
                notes=["readings are taken off one run: more of them cost next to nothing"],
                help=[f"write `{spelling} in log 1..{last.replace(',', '_')} points 30`"],
                severity="warning",
            )


def _asking(spelling: str, reports: Mapping[str, Build]) -> Span | None:
    spans = (
        slot.span
        for build in reports.values()
        for slot in build.slots
        if slot.parameter.refers == "axis" and slot.value == spelling
    )
    return next(spans, None)
