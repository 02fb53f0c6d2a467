"""A cell to the text of a spec that asks for this cell and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ddspec.errors import DdspecError
from ddspec.plan.cell import Cell
from ddspec.plan.plan import Plan
from ddspec.spec.model import Seed
from ddspec.vocabulary.kinds import Measure, Procedure, Word
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.schema import Duration, Parameter

TRAIN = "fit"  # what the block of a procedure by gradient descent is called


def write_cell(plan: Plan, number: int, about: str = "") -> str:
    """The spec of one cell of a plan: its values in place of names, its readings and measures.

    about: comment lines for the experiment. Reports, theories, derived quantities and measures
    that compare cells are left out: they belong to the grid. Raises DdspecError for a cell that
    starts from the trained weights of another one, which no spec has alone.
    """
    cell, experiment = plan.cell(number), plan.experiment
    if cell.before is not None:
        raise DdspecError(
            f"cell {cell.id[:12]} starts from the trained weights of cell {cell.before.id[:12]}:"
            " no spec has it alone",
            f"the cell before it: `--cell {cell.before.id[:12]}`",
            "to train it with all those before it, run the spec itself, with fewer of them: "
            "`--set AXIS=VALUES`",
        )
    lines = ["dd 1", "", *_train_block(cell)]
    lines += [f"# {line}".rstrip() for line in about.splitlines()]
    lines += [f"experiment {experiment.name} {{", *_settings(cell), "", *_sweep(plan, cell)]
    lines += _measures(experiment.measures)
    return "\n".join([*lines, "}", ""])


def write_value(value: Any, parameter: Parameter | None = None) -> str:
    """A value of a word's argument as a spec writes it, so that reading it gives the same value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Word):
        return _lifted(value, parameter) or write_word(value)
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(write_value(item) for item in value)}]"
    if isinstance(value, str):
        bare = parameter is not None and (parameter.accepts == "choice" or parameter.refers)
        return value if bare else f'"{value}"'
    return _number(value, parameter)


def write_word(word: Word) -> str:
    """A word with those of its arguments that are not as by default: `sgd(lr: 0.1)`."""
    given = (
        f"{parameter.name}: {write_value(getattr(word, parameter.field), parameter)}"
        for parameter in word.parameters_of()
        if parameter.required or not _left_out(getattr(word, parameter.field), parameter)
    )
    return f"{word.name()}({', '.join(given)})"


def _left_out(value: Any, parameter: Parameter) -> bool:
    """Whether leaving an argument out says the same."""
    neutral = isinstance(value, Word) and value.neutral and parameter.default is None
    return bool(neutral or value == parameter.default)


def _lifted(word: Word, parameter: Parameter | None) -> str:
    """The number that stands for a word, where one does: 0.1 for constant(0.1)."""
    if parameter is None or word.name() != parameter.lift:
        return ""
    first, *others = word.parameters_of()
    if any(getattr(word, other.field) != other.default for other in others):
        return ""
    return write_value(getattr(word, first.field), first)


def _number(value: Any, parameter: Parameter | None) -> str:
    names = {} if parameter is None else {count: name for name, count in parameter.named}
    if value in names:
        return names[value]
    return f"{value:_}" if isinstance(value, int) else repr(value).removesuffix(".0")


def in_epochs(cell: Cell) -> Procedure:
    """The procedure of a cell, its length in epochs where that is a whole number of them."""
    if not isinstance(cell.train, GradientDescent):
        return cell.train
    each = -(-cell.dataset.samples // min(cell.train.batch, cell.dataset.samples))
    length = cell.train.duration
    if length.unit == "epochs" or length.count % each:
        return cell.train
    return _evolved(cell.train, duration=Duration(length.count // each, "epochs"))


def _evolved(train: Any, **changes: Any) -> Procedure:
    changed: Procedure = attrs.evolve(train, **changes)
    return changed


def _train_block(cell: Cell) -> list[str]:
    """The block of a procedure by gradient descent; it has no `start`, for cells that start from
    another are refused before.
    """
    if not isinstance(cell.train, GradientDescent):
        return []
    drawn = _evolved(in_epochs(cell), start=None)
    settings = (
        f"  {parameter.name}: {write_value(getattr(drawn, parameter.field), parameter)}"
        for parameter in drawn.parameters_of()
        if parameter.required or not _left_out(getattr(drawn, parameter.field), parameter)
    )
    return [f"train {TRAIN} {{", *settings, "}", ""]


def _settings(cell: Cell) -> Iterator[str]:
    yield f"  dataset: {write_word(cell.dataset)}"
    yield f"  architecture: {write_word(cell.architecture)}"
    if cell.regularizer:
        yield f"  regularizer: {' + '.join(map(write_word, cell.regularizer))}"
    gradient = isinstance(cell.train, GradientDescent)
    yield f"  train: {TRAIN if gradient else write_word(cell.train)}"


def _sweep(plan: Plan, cell: Cell) -> Iterator[str]:
    """The seeds and the readings: all that is left of the grid."""
    yield "  sweep {"
    yield from (f"    {name} in {{{seed}}}" for name, seed in _seeds(cell).items())
    times = plan.experiment.trajectory
    if times.points:
        yield f"    {times.unit} in {{{', '.join(map(str, times.points))}}}"
    yield "  }"


def _seeds(cell: Cell) -> dict[str, int]:
    """The axes of one seed that give the seeds of the streams a cell reads."""
    streams = set(cell.train.streams)
    if "gradient" not in cell.train.traits and not cell.architecture.random:
        streams -= {"init"}
    seeds = {f"seed.{name}": getattr(cell.seed, name) for name in _names() if name in streams}
    same = set(seeds.values())
    return {"seed": same.pop()} if len(same) == 1 else seeds


def _names() -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(Seed))


def _measures(measures: Mapping[str, Measure]) -> Iterator[str]:
    own = {name: each for name, each in measures.items() if each.recorded == each}
    if own:
        lines = (f"    {name}: {write_word(each)}" for name, each in own.items())
        yield from ("", "  measure {", *lines, "  }")
