"""Outlook to text: what `ddspec plan` prints."""

from __future__ import annotations

from ddspec.plan.duration import duration_text
from ddspec.plan.outlook import MARKS, Outlook
from ddspec.spec.model import Axis


def describe(outlook: Outlook, workers: int) -> str:
    """The outlook of one experiment in a few lines: axes, cells by state, reasons, estimate."""
    parts = [*_rounds(outlook), *_states(outlook), *_steps(outlook), *_begun(outlook)]
    parts += _estimate(outlook, workers)
    return "\n".join([_headline(outlook), *parts])


def _headline(outlook: Outlook) -> str:
    experiment = outlook.plan.experiment
    product = " x ".join(f"{axis.spelling} {len(axis)}" for axis in experiment.axes)
    line = f"{experiment.name}: {_cells(len(outlook.plan))} = {product or '1'}"
    if outlook.excluded:
        line += f", less {outlook.excluded:,} excluded points"
    if outlook.coinciding:
        line += f", less {outlook.coinciding:,} coinciding points"
    axes = [f"  {axis.spelling:<12} {_domain(axis)}" for axis in experiment.axes]
    return "\n".join([line, *axes, *_readings(outlook)])


def _rounds(outlook: Outlook) -> list[str]:
    """Which round of a tuning this is, and how many cells all of them have at most."""
    if outlook.rounds == 1:
        return []
    each = ", then ".join(
        f"{_cells(count)} " + ("in full" if share == 1 else f"of 1/{share} of the training")
        for count, share in zip(outlook.most, outlook.divided, strict=True)
    )
    total = sum(outlook.most)
    here = f"  {'round':<12} {outlook.round} of {outlook.rounds}: {each}"
    return [
        here,
        f"  {'':<12} {total:,} cells at most; those of later rounds are the best of these",
    ]


def _readings(outlook: Outlook) -> list[str]:
    trajectory = outlook.plan.experiment.trajectory
    if not trajectory.points:
        return []
    first, last = trajectory.points[0], trajectory.points[-1]
    count = len(trajectory.points)
    return [
        f"  {trajectory.unit:<12} {first}..{last} ({count} readings of each run, no extra training)"
    ]


def _domain(axis: Axis) -> str:
    kind = "" if axis.kind == "design" else f"  ({axis.kind})"
    unit = "" if axis.unit == axis.name else axis.unit
    return f"{axis.values}  {unit}".rstrip() + kind


def _states(outlook: Outlook) -> list[str]:
    lines = [
        f"  {mark} {outlook.count(state):,} {words}"
        for state, mark, words in MARKS
        if outlook.count(state)
    ]
    if outlook.folders:
        each = ", ".join(f"{count:,} from {folder}" for folder, count in outlook.folders.items())
        lines.append(f"  ^ {outlook.count('reused'):,} carried over: {each}")
    if outlook.coinciding:
        lines.append(
            f"  . {outlook.coinciding:,} grid points coincide with earlier cells: one run each"
        )
    if outlook.orphaned:
        lines.append(f"  - {outlook.orphaned:,} stored cells are not asked for (kept)")
    return [*lines, *(f"  why {reason}" for reason in outlook.reasons)]


def _steps(outlook: Outlook) -> list[str]:
    return [
        f"  {'step':<12} {each.way} for {_cells(each.cells)}: {each.why}" for each in outlook.steps
    ]


def _begun(outlook: Outlook) -> list[str]:
    """How many cells continue from checkpoints, and from where."""
    going = [each for each in outlook.begun.values() if each.step < each.total]
    lines = []
    if going:
        parts = [each.step / each.total for each in going]
        epochs = sorted({each.step // each.epoch for each in going})
        where = f"epoch {epochs[0]:,}" + (f"..{epochs[-1]:,}" if epochs[1:] else "")
        share = sum(parts) / len(parts)
        lines.append(
            f"  {'continue':<12} {_cells(len(going))} from checkpoints, at {where}:"
            f" {share:.0%} of their training is done"
        )
    if read := len(outlook.begun) - len(going):
        lines.append(f"  {'checkpoints':<12} {_cells(read)} to be read at the end, not trained")
    return lines


def _estimate(outlook: Outlook, workers: int) -> list[str]:
    count = len(outlook.pending)
    if not count:
        return ["  nothing to train"]
    span = duration_text(outlook.seconds / max(workers, 1))
    now = " in this round" if outlook.later else ""
    return [
        f"  {_cells(count)} to train{now}: about {span} on {workers} workers (from {outlook.basis})"
    ]


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
