"""Experiments: a body of statements as axes and tables, with everything wrong in it reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ddspec.errors import Label
from ddspec.language.tree import Axis, Let
from ddspec.spec import (
    axes,
    axis_checks,
    coordinates,
    decimals,
    designs,
    faults,
    filters,
    lanes,
    measured,
    named,
    names,
    parts,
    rules,
    seeds,
    tables,
    theorized,
    unread,
)
from ddspec.spec import trajectory as times
from ddspec.spec.body import Body, Homed, read_body
from ddspec.spec.facts import Facts
from ddspec.spec.model import Experiment, Table
from ddspec.spec.parts import Part
from ddspec.spec.problems import TooMuchError, label
from ddspec.spec.scope import Column, Declaration, Draft, Scope
from ddspec.spec.tables import MOST_AXES, MOST_POINTS, Grid, Kept


def check_experiment(
    declaration: Declaration, doc: str, scope: Scope, overrides: Mapping[str, Axis]
) -> Experiment | None:
    """The experiment, or None where it has errors; all of them are reported."""
    draft = Draft(declaration.name.text, declaration.span)
    scope = attrs.evolve(scope, draft=draft)
    body = whole_body(declaration, scope)
    draft.unread, draft.blind = body.unread, False
    _add_lets(body, scope)
    axes.add_columns(body.lanes, scope, overrides)
    lanes.settle(draft)
    presences = lanes.presences(body.lanes, scope)
    nodes = parts.nodes_of(body, scope)
    lanes.check_lengths(draft, scope)
    read_by = set(draft.read)
    unread.check_read(read_by, nodes, scope)
    grid = _grid(draft)
    found = parts.evaluated(nodes, body, scope, grid)
    if filters.needs_parameters(body):
        draft.parameters = filters.parameters_node(found, grid)
    keep = filters.keep_tables(body, presences, scope, grid)
    kept = Kept(grid, keep)
    derived = filters.derived_tables(body, scope, kept)
    _check_parts(found, kept, scope)
    facts = Facts(found, grid, kept, scope)
    rules.check_rules(facts)
    measures = named.named_words(body.measures, "measure", scope)
    measured.check_measures(facts, measures)
    recorded = rules.recorded(found, measured.numbers(measures))
    theories = theorized.read_theories(body.theories, facts, recorded)
    reports = named.named_words(body.reports, "report", scope)
    named.check_references(reports, [*recorded, *theorized.quantities(theories)], scope)
    _check_trajectory(found, kept, grid, scope)
    if not scope.problems.failed:
        designs.check_designs(facts, reports)
    if scope.problems.failed or any(node.poisoned for node in nodes.values()):
        return None
    streams = seeds.streams_table(_table(found, "train"), _table(found, "architecture"), grid)
    unread.check_seeds(streams, read_by, scope)
    return Experiment(
        name=draft.name,
        axes=coordinates.axes_of(draft, scope.problems),
        dataset=_table(found, "dataset"),
        architecture=_table(found, "architecture"),
        regularizer=_table(found, "regularizer"),
        train=times.in_steps(_table(found, "train"), _table(found, "dataset"), grid),  # type: ignore[arg-type]
        seed=seeds.seed_table(draft, streams, grid),  # type: ignore[arg-type]
        keep=tuple(keep),
        derived=derived,
        trajectory=times.trajectory_of(_time_axis(draft)),
        measures=named.words_of(measures, draft),
        reports=named.words_of(reports, draft),
        theories={name: each.table for name, each in theories.items()},
        doc=doc,
        span=declaration.span,
    )


def whole_body(declaration: Declaration, scope: Scope) -> Body:
    """The body of an experiment on top of the ones it amends."""
    body = read_body(declaration, scope)
    base = declaration.amends
    if base is None:
        return body
    found = scope.experiment(base)
    if found is None:
        known = [n for n, d in scope.names.declarations.items() if d.kind == "experiment"]
        names.unknown(base, "experiment", scope, known)
        body.unread.append("")
        return body
    if found.kind != "experiment":
        name = names.spelled(base)
        names.mismatch(base.span, name, names.what(found), "experiment", scope)
        return body
    inner = names.entered(found, attrs.evolve(scope, trail=scope.trail or (declaration,)))
    return body if inner is None else whole_body(found, inner).amended(body)


def _add_lets(body: Body, scope: Scope) -> None:
    assert scope.draft is not None
    for name, homed in body.lets.items():
        let = homed.statement
        assert isinstance(let, Let)
        declared = homed.home.declarations.get(name)
        if declared is not None:
            _hidden(homed, declared, scope)
        elif not axis_checks.taken(name, let.name.span, "derived quantity", scope):
            scope.draft.lets[name] = Declaration(
                let.name, "let", (), let.value, homed.home, let.span
            )


def _hidden(homed: Homed, declared: Declaration, scope: Scope) -> None:
    let = homed.statement
    assert isinstance(let, Let)
    scope.problems.report(
        "DD104",
        f"`{let.name.text}` is declared twice",
        Label(let.name.span, "declared again here"),
        also=[label(declared.name.span, "first declared here")],
        help=["give one of them another name"],
    )


def _grid(draft: Draft) -> Grid:
    """Dimensions in the order of the result; one without points counts as one level.

    Raises TooMuchError for more points than can be planned.
    """
    columns = [*draft.columns.values(), *draft.tuned.values()]
    order = {"design": 0, "replicate": 1, "tuned": 2}
    leaders: dict[str, Column] = {}
    for column in columns:
        if column.kind in order:
            leaders.setdefault(column.dimension, column)
    ranked = sorted(leaders.values(), key=lambda column: order[column.kind])
    grid = Grid({c.dimension: max(1, c.size + int(c.conditional)) for c in ranked})
    if len(grid.sizes) > MOST_AXES:
        raise TooMuchError(f"has more than {MOST_AXES} axes", f"{len(grid.sizes)} axes")
    if (count := grid.count(grid.sizes)) > MOST_POINTS:
        sizes = (f"{name} {size:,}" for name, size in grid.sizes.items() if size > 1)
        label = f"{' x '.join(sizes)} = {decimals.about(count)}"
        raise TooMuchError(f"has more than {MOST_POINTS:,} grid points", label)
    return grid


def _table(found: Mapping[str, Part], name: str) -> Table[Any]:
    return found[name].found.table


def _check_parts(found: Mapping[str, Part], kept: Kept, scope: Scope) -> None:
    """Report what went wrong in the parts' values at points that are kept."""
    for part in found.values():
        faults.report([f for f in part.found.faults if kept(f.index)], scope.problems)
        absent = [index for index in part.found.absences if kept(index)]
        if absent:
            _reads_absent(part, absent[0], scope)


def _reads_absent(part: Part, index: tables.Index, scope: Scope) -> None:
    draft = scope.draft
    assert draft is not None
    missing = [
        column
        for column in draft.columns.values()
        if column.conditional and index.get(column.dimension, 0) >= column.size
    ]
    if not missing:
        return  # a zip of uneven lengths
    name = missing[0].spelling
    scope.problems.report(
        "DD514",
        f"`{name}` is read where it does not exist",
        Label(missing[0].span, "exists only under its `when`"),
        also=[label(part.span, "reads it in other cells too")],
        help=[f"read it only there: `if ... then {name} else ...`, or filter with `except`"],
    )


def _time_axis(draft: Draft) -> Column | None:
    found = (column for column in draft.columns.values() if column.kind == "trajectory")
    return next(found, None)


def _check_trajectory(found: Mapping[str, Part], kept: Kept, grid: Grid, scope: Scope) -> None:
    assert scope.draft is not None
    column = _time_axis(scope.draft)
    if column is None:
        return
    train = found["train"]
    times.check_times(
        times.Timing(
            column,
            train.found.table,
            found["dataset"].found.table,
            train.span,
            train.node,
            grid,
            kept,
            scope.problems,
        )
    )
