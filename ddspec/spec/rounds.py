"""Tuning in rounds: what must hold before candidates can be tried a little and then in full."""

from __future__ import annotations

from ddspec.errors import Label
from ddspec.spec.axis_checks import TIMES
from ddspec.spec.facts import Facts
from ddspec.spec.problems import label
from ddspec.spec.scope import Column
from ddspec.vocabulary.kinds import Procedure


def check_rounds(facts: Facts) -> None:
    """Report rounds that cannot be, and that halving stops curves which are not monotone."""
    draft = facts.scope.draft
    assert draft is not None
    tuned = list(draft.tuned.values())
    first = next((column for column in tuned if column.halving or column.select_on), None)
    if first is None:
        return
    _check_alike(first, tuned, facts)
    _check_cells(first, facts)
    studied = next((c for c in draft.columns.values() if c.spelling in TIMES), None)
    if first.halving and studied is not None:
        _warn_studied(first, studied, facts)


def _way(column: Column) -> tuple[object, ...]:
    return column.criterion, column.across, column.halving, column.select_on


def _check_alike(first: Column, tuned: list[Column], facts: Facts) -> None:
    """All candidates of an experiment go through the same rounds: their product does."""
    other = next((column for column in tuned if _way(column) != _way(first)), None)
    if other is not None:
        facts.problems.report(
            "DD408",
            "what is tuned in rounds is tuned in the same rounds",
            Label(other.span, "chosen in another way"),
            also=[label(first.span, "their combinations are the candidates")],
            help=["give both the same `minimise`, `across`, `halving` and `select_on`"],
        )


def _obstacle(procedure: Procedure) -> tuple[str, bool]:
    return "" if "gradient" in procedure.traits else procedure.name(), bool(
        getattr(procedure, "chained", False)
    )


def _check_cells(first: Column, facts: Facts) -> None:
    """Halving shortens training; a chain of cells cannot be trained in part."""
    for _, ((solved, chained),) in facts.pairs(("train", _obstacle)):
        if solved and first.halving:
            facts.problems.report(
                "DD408",
                f"`halving` shortens training, and `{solved}` takes no steps",
                Label(first.span, "the first round is of shorter runs"),
                also=[facts.mark("train", "found at once")],
                help=["leave `halving` out: all candidates are tried"],
            )
            return
        if chained:
            facts.problems.report(
                "DD408",
                "cells that start from one another are not tuned in rounds",
                Label(first.span, "some cells of a chain would be missing"),
                also=[facts.mark("train", "starts from the cell before")],
                help=["leave `halving` and `select_on` out, or start every cell anew"],
            )
            return


def _warn_studied(first: Column, studied: Column, facts: Facts) -> None:
    name = studied.spelling
    facts.problems.report(
        "DD518",
        f"halving judges candidates by how they begin, and `{name}` is studied",
        Label(first.span, "stops what is worse at first"),
        also=[label(studied.span, "curves along it need not be monotone")],
        notes=["a curve that rises before it falls is stopped while it rises"],
        help=["leave `halving` out, so that every candidate is trained in full"],
        severity="warning",
    )
