"""Chains of cells: the axis along which each starts from the one before."""

from __future__ import annotations

from ddspec.errors import Label, Span
from ddspec.spec.facts import Facts, Index, argument_span, build_at
from ddspec.spec.problems import listed
from ddspec.vocabulary.kinds import Architecture, Procedure


def check_chains(facts: Facts) -> None:
    """Every start names an axis of the grid, and all of them the same one."""
    first = ""
    for index, (over,) in facts.pairs(("train", _over)):
        axes = list(facts.grid.sizes)
        if over and over not in axes:
            _unknown(facts, _span(facts, index), over, axes)
            return
        if over and first and over != first:
            _several(facts, _span(facts, index), (first, over))
            return
        first = first or over
    if first:
        _check_multipliers(facts)


def _check_multipliers(facts: Facts) -> None:
    """Under `ntk` or `mup` a weight is multiplied by what depends on the width it is trained at."""
    for index, (over, how) in facts.pairs(("train", _over), ("architecture", _multiplied)):
        if over and how:
            facts.problems.report(
                "DD612",
                f"`weight_reuse` needs `parametrization: standard`, this is `{how}`",
                Label(_span(facts, index), "starts from weights of another width"),
                also=[
                    facts.mark("architecture", "multiplies its weights by what depends on width")
                ],
                help=["leave `parametrization` out, or let every network draw its own weights"],
            )
            return


def _multiplied(architecture: Architecture) -> str:
    """The parametrization of an architecture, or of the one inside, that multiplies its weights, or
    nothing.
    """
    inner = getattr(architecture, "net", None)
    if isinstance(inner, Architecture):
        return _multiplied(inner)
    how = str(getattr(architecture, "parametrization", "standard"))
    return "" if how == "standard" else how


def _over(procedure: Procedure) -> str:
    start = getattr(procedure, "start", None)
    return "" if start is None else str(start.over)


def _span(facts: Facts, index: Index) -> Span:
    train = facts.parts["train"]
    return argument_span(build_at(train.node, index), "start") or train.span


def _unknown(facts: Facts, span: Span, over: str, axes: list[str]) -> None:
    if facts.scope.open_ended(over):
        return
    facts.problems.report(
        "DD601",
        f"`over: {over}`: this experiment has no axis `{over}`",
        Label(span, "no axis of this name"),
        help=[f"its axes are {listed(axes)}"],
    )


def _several(facts: Facts, span: Span, axes: tuple[str, str]) -> None:
    facts.problems.report(
        "DD604",
        f"cells start from the cell before along `{axes[0]}` and along `{axes[1]}`",
        Label(span, f"along `{axes[1]}` here"),
        help=["make two experiments of it, one for each axis"],
    )
