"""`ddspec show`: what a spec comes to: its objective, its values, its cells, one cell alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import click

from ddspec import pipeline
from ddspec.commands.plan import checked
from ddspec.commands.terminal import set_option
from ddspec.errors import DdspecError
from ddspec.language.near import nearest
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    from ddspec.plan.picking import Placed
    from ddspec.plan.plan import Plan

SHORT = 12  # digits of an id that are shown
SHOWN = 12  # cells listed when several would do
LIMIT = 40  # rows of a table
ID = re.compile(r"[0-9A-Fa-f]{1,64}")
CONDITION = re.compile(r"\s*([^\W\d]\w*(?:\.\w+)?)\s*==?\s*(.*?\S)\s*", re.DOTALL)
BETWEEN = re.compile(r",(?=\s*[^\W\d]\w*(?:\.\w+)?\s*=)")


def _conditions(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> dict[str, list[str]]:
    """The texts that `--where` gives each name; those of one name are alternatives."""
    found: dict[str, list[str]] = {}
    for text in (part for each in given for part in BETWEEN.split(each)):
        match = CONDITION.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"`{text}` is not of the form AXIS=VALUE", ctx, param)
        found.setdefault(match[1], []).append(match[2])
    return found


@click.command("show")
@click.argument("file", type=click.Path())
@click.option("--resolved", is_flag=True, help="The spec with every name replaced, and its origin.")
@click.option("--formula", is_flag=True, help="What is minimized, as LaTeX.")
@click.option("--cells", is_flag=True, help="The cells: ids, labels and numbers of parameters.")
@click.option("--cell", metavar="ID", help="One cell, by the beginning of its id or its labels.")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    callback=_conditions,
    metavar="AXIS=VALUE",
    help="Only cells there, with --cells; may be repeated.",
)
@click.option(
    "--limit", type=click.IntRange(0), help=f"Most cells shown, 0: all [default: {LIMIT}]."
)
@click.option("--experiment", metavar="NAME", help="Only the experiment of that name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for scripts.")
@set_option
@click.pass_context
def command(ctx: click.Context, /, *, file: str, values: dict[str, str], **asked: Any) -> None:
    """Show what the spec FILE comes to, without running it: by default what it minimizes.

    --cell prints a spec of its own, of which the only cell has the same id: `ddspec show FILE
    --cell width=8,seed=0 > one.dd`.
    """
    ways = [name for name in ("resolved", "formula", "cells", "cell") if asked[name]]
    _check_usage(ways, asked)
    spec = checked(ctx, file, values)
    chosen = _chosen(spec, asked["experiment"])
    way = ways[0] if ways else ""
    if way == "cells":
        _cells(chosen, asked)
    elif way == "cell":
        _cell(chosen, asked["cell"], as_json=asked["as_json"])
    elif way == "resolved":
        _resolved(chosen)
    else:
        _objectives(chosen, as_latex=way == "formula", as_json=asked["as_json"])


def _check_usage(ways: Sequence[str], asked: dict[str, Any]) -> None:
    if len(ways) > 1:
        named = " and ".join(f"--{name}" for name in ways)
        raise click.UsageError(f"{named} are different things to show: give one")
    for option, given in (
        ("--where", asked["conditions"]),
        ("--limit", asked["limit"] is not None),
    ):
        if given and ways != ["cells"]:
            raise click.UsageError(f"{option} is for --cells")
    if asked["as_json"] and ways == ["resolved"]:
        raise click.UsageError("--resolved prints a spec: --json is for the others")


def _chosen(spec: Spec, name: str | None) -> Spec:
    """The spec with the experiment of that name only."""
    if name is None:
        return spec
    known = [each.name for each in spec.experiments]
    if name not in known:
        raise DdspecError(
            f"{spec.path} has no experiment `{name}`",
            f"its experiments are {', '.join(f'`{each}`' for each in known)}",
        )
    return attrs.evolve(spec, experiments=(spec.experiment(name),))


def _objectives(spec: Spec, *, as_latex: bool, as_json: bool) -> None:
    from ddspec.commands.formulas import latex, objective_of, plain

    found = [objective_of(each) for each in spec.experiments]
    if as_json:
        click.echo(json.dumps({"experiments": [attrs.asdict(each) for each in found]}, indent=2))
        return
    texts = [(latex if as_latex else plain)(each) for each in found]
    click.echo("\n\n".join(texts) or f"{spec.path} declares no experiment")


def _resolved(spec: Spec) -> None:
    from ddspec.language.formatting import format_text
    from ddspec.spec.resolved import resolved

    text = resolved(spec)
    click.echo(format_text(text, spec.path), nl=False)


# --- cells ------------------------------------------------------------------------------------


def _plans(spec: Spec) -> tuple[Plan, ...]:
    return pipeline.expand_all(spec)


def _cells(spec: Spec, asked: dict[str, Any]) -> None:
    plans = _plans(spec)
    found = _picked(plans, asked["conditions"])
    limit = asked["limit"]
    if as_json := asked["as_json"]:
        limit = limit or 0
    most = LIMIT if limit is None else limit
    tables = [(plan, cells, cells[:most] if most else cells) for plan, cells in found]
    if as_json:
        listed = [_as_data(plan, cells, first) for plan, cells, first in tables]
        click.echo(json.dumps({"experiments": listed}, indent=2))
        return
    text = "\n".join([line for each in tables for line in ("", *_table(*each))][1:])
    if most:
        click.echo(text)
    else:
        click.echo_via_pager(text)


def _picked(
    plans: Sequence[Plan], conditions: dict[str, list[str]]
) -> list[tuple[Plan, tuple[Placed, ...]]]:
    """The cells of each plan at the places asked for; a name must be one of some experiment's."""
    from ddspec.plan.picking import coordinates_of, pick

    known = {name: None for plan in plans for name in coordinates_of(plan)}
    for name in conditions:
        if name not in known:
            near = " or ".join(f"`{each}`" for each in nearest(name, list(known)))
            raise DdspecError(
                f"no experiment has an axis `{name}`{near and f'; did you mean {near}?'}",
                f"there are {', '.join(f'`{each}`' for each in known)}",
            )
    fitting = (plan for plan in plans if set(conditions) <= set(coordinates_of(plan)))
    return [(plan, pick(plan, conditions)) for plan in fitting]


def _rows(plan: Plan, cells: Sequence[Placed]) -> Iterator[tuple[str, dict[str, Any], int, int]]:
    """Ids, labels, numbers of parameters, and points of the grid that each cell stands for."""
    from ddspec.plan.picking import labels_at

    for each in cells:
        cell = plan.cell(each.number)
        sizes = cell.dataset.shape, cell.dataset.outputs, cell.regularizer
        count = cell.architecture.parameters(*sizes)
        yield cell.id, labels_at(plan, each.point), count, each.places


def _as_data(plan: Plan, cells: Sequence[Placed], first: Sequence[Placed]) -> dict[str, Any]:
    rows = [
        {
            "id": cell,
            "axes": {name: None if label != label else label for name, label in labels.items()},  # noqa: PLR0124
            "parameters": parameters,
            "points": points,
        }
        for cell, labels, parameters, points in _rows(plan, first)
    ]
    return {"name": plan.experiment.name, "count": len(cells), "cells": rows}


def _table(plan: Plan, cells: Sequence[Placed], first: Sequence[Placed]) -> Iterator[str]:
    from ddspec.plan.picking import shown

    rows = list(_rows(plan, first))
    heads = ["id", *(axis.spelling for axis in plan.experiment.axes), "parameters"]
    texts = [
        [cell[:SHORT], *map(shown, labels.values()), f"{count:,}"]
        for cell, labels, count, _ in rows
    ]
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    many = "1 cell" if len(cells) == 1 else f"{len(cells):,} cells"
    yield f"{plan.experiment.name}: {many}" + (
        f" of {len(plan):,}" if len(cells) < len(plan) else ""
    )
    for row in [heads, *texts] if texts else []:
        yield "  " + "  ".join(map(str.rjust, row, widths)).rstrip()
    if len(first) < len(cells):
        yield f"  and {len(cells) - len(first):,} more: --limit 0 shows all, --where some"


# --- one cell ---------------------------------------------------------------------------------


def _cell(spec: Spec, named: str, *, as_json: bool) -> None:
    from ddspec.language.formatting import format_text
    from ddspec.plan.picking import labels_at, shown
    from ddspec.plan.written import write_cell

    plan, placed = _one(_plans(spec), named)
    labels = labels_at(plan, placed.point)
    where = ", ".join(f"{name} {shown(label)}" for name, label in labels.items())
    about = (
        f"One cell of {spec.path}{', ' if where else ''}{where}.\nIts id: {plan.ids[placed.number]}"
    )
    text = format_text(write_cell(plan, placed.number, about), spec.path)
    _check_same(text, plan.ids[placed.number])
    if as_json:
        click.echo(json.dumps({"id": plan.ids[placed.number], "spec": text}, indent=2))
    else:
        click.echo(text, nl=False)


def _one(plans: Sequence[Plan], named: str) -> tuple[Plan, Placed]:
    """The one cell that is named by the beginning of its id or by labels.

    Raises DdspecError when there is none, or more than one, naming them.
    """
    from ddspec.plan.picking import pick

    if "=" in named:
        found = _picked(plans, _labels_of(named))
    else:
        _check_id(named)
        found = [
            (plan, tuple(each for each in pick(plan, {}) if _begins(plan, each, named)))
            for plan in plans
        ]
    cells = {plan.ids[each.number]: (plan, each) for plan, some in reversed(found) for each in some}
    if len(cells) == 1:
        return next(iter(cells.values()))
    if not cells:
        raise DdspecError(f"no cell is `{named}`", "`ddspec show FILE --cells` lists them")
    listed = [line for plan, some in found for line in _named(plan, some[:SHOWN])]
    raise DdspecError(f"{len(cells):,} cells are `{named}`: say more of one", *listed[:SHOWN])


def _begins(plan: Plan, cell: Placed, prefix: str) -> bool:
    return plan.ids[cell.number].startswith(prefix.lower())


def _labels_of(named: str) -> dict[str, list[str]]:
    found = [(text, CONDITION.fullmatch(text)) for text in BETWEEN.split(named)]
    for text, match in found:
        if match is None:
            raise DdspecError(
                f"`{text}` is not of the form AXIS=VALUE", "for example width=8,seed=0"
            )
    return {match[1]: [match[2]] for _, match in found if match}


def _check_id(named: str) -> None:
    if not ID.fullmatch(named):
        raise DdspecError(
            f"`{named}` is no beginning of an id", "or name a cell by its labels: width=8,seed=0"
        )


def _named(plan: Plan, cells: Sequence[Placed]) -> Iterator[str]:
    from ddspec.plan.picking import labels_at, shown

    for each in cells:
        labels = labels_at(plan, each.point).items()
        where = ", ".join(f"{name}={shown(label)}" for name, label in labels)
        yield f"{plan.ids[each.number][:SHORT]}  {plan.experiment.name}: {where}"


def _check_same(text: str, wanted: str) -> None:
    """The spec that was written has this cell and no other: what is printed is true."""
    from ddspec.spec.check import check

    spec, *_ = check(text, "cell.dd")
    ids = () if spec is None else _plans(spec)[0].ids
    if ids != (wanted,):
        raise DdspecError(
            f"cell {wanted[:SHORT]} has a value that no spec writes exactly",
            "run the spec itself, with fewer cells: `--set AXIS=VALUES`",
        )
