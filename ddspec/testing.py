"""A word, checked: its docstring and fields, its example within a spec, and a few training steps.

For the tests of a package with words of its own:

    from ddspec.testing import check_word

    def test_halves():
        check_word(Halves)  # raises a DdspecError that says what is wrong
"""

from __future__ import annotations

import inspect
import re
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary.kinds import Architecture, Dataset, Duration, Loss, Measure, Report, Word
from ddspec.vocabulary.surroundings import example, surrounded

if TYPE_CHECKING:
    from ddspec.plan.batch import Batch
    from ddspec.plan.cell import Cell
    from ddspec.training.record import Record
    from ddspec.vocabulary.pool import Pool

SAMPLES, READ, HELD = 20, 8, 8  # of training, test and validation: the most that are trained on
STEPS: Final = 3
SEEDS: Final = "seed in 0..<2"
CLOSE: Final = 1e-5  # relative: readings are kept in float32


def check_word(word: type[Word], **within: str) -> None:
    """Check a word of one's own as ddspec's are: what it says of itself, and what it does.

    Its docstring has a first sentence and an `Example:`, its fields say what they are; the example
    is right within a spec, what it makes has the shapes it says, two cells train a few steps to
    finite readings, and the same ones together as alone. within: what the example stands in where
    the plain surroundings do not suit it, by part: `dataset="mnist(samples: 200)"`, `architecture`,
    `optimizer`, `loss`, `regularizer`, `train`, `batch`, `sweep`.
    Raises DdspecError, with what is wrong and what to do. Nothing is kept.
    """
    _check_prose(word)
    _check_fields(word)
    if issubclass(word, Report):
        _check_report(word, within)
        return
    batch = _batch(word, within)
    first = batch.cells[0]
    if issubclass(word, Dataset):
        _check_pool(first.dataset, first.seed.data)
    if issubclass(word, Architecture) and hasattr(first.train, "optimizer"):
        _check_network(first)
    if issubclass(word, Loss):
        _check_loss(first)
    _check_training(word, batch)


def small(cell: Cell, read: int = READ) -> Cell:
    """The cell with few samples, `read` of them for tests, and few steps."""
    data = cell.dataset
    few: dict[str, Any] = {"samples": min(data.samples, SAMPLES), "test": min(data.test, read)}
    few["validation"] = min(data.validation, HELD)
    cell = attrs.evolve(cell, dataset=attrs.evolve(data, **few))
    if cell.before is not None:
        cell = attrs.evolve(cell, before=small(cell.before, read))
    if hasattr(cell.train, "duration"):
        train: Any = cell.train
        cell = attrs.evolve(cell, train=attrs.evolve(train, duration=Duration(STEPS, "steps")))
    return cell


def _check_prose(word: type[Word]) -> None:
    text = inspect.cleandoc(word.__doc__ or "")
    if not text or text.startswith(("Example:", "Source:")) or _is_made(word):
        raise _fault(word, "its docstring does not say what it is", "begin it with a sentence")
    if not example(word):
        advice = f"end the docstring with a line `Example: {word.name()}(...)`"
        raise _fault(word, "its docstring has no example", advice)
    if word.name() not in re.findall(r"\w+", example(word)):
        raise _fault(word, f"its example `{example(word)}` does not use it", "write a call of it")


def _is_made(word: type[Word]) -> bool:
    """Whether the docstring is that of another class, which this one inherits from."""
    return "__doc__" not in vars(word) or word.__doc__ is None


def _check_fields(word: type[Word]) -> None:
    from ddspec.language.tokens import scanner

    for field in attrs.fields(word):  # type: ignore[arg-type]
        if "parameter" not in field.metadata:
            raise _fault(
                word,
                f"its field `{field.name}` is not declared as an argument",
                f'`{field.name}: float = number("what it is")` from ddspec.vocabulary.schema',
            )
    for parameter in word.parameters_of():
        if not parameter.help.strip():
            raise _fault(word, f"its argument `{parameter.name}` has no help", "say what it is")
        if parameter.name in scanner().words:
            raise _fault(
                word,
                f"its argument `{parameter.name}` is a word of the language",
                "give it another name",
            )


def _checked(word: type[Word], within: Mapping[str, str]) -> tuple[Any, str]:
    """The one experiment of the spec that the example is written in, and its text."""
    from ddspec.language.render import render
    from ddspec.spec.check import check

    tries = [within] if "loss" in within else [within, {**within, "loss": "mse"}]
    texts = [surrounded(word, each) for each in tries]
    found = [check(text, f"<example of {word.name()}>") for text in texts]
    for text, (spec, _, _) in zip(texts, found, strict=True):
        if spec is not None:
            return spec.experiments[0], text
    _, problems, sources = found[0]
    told = "\n\n".join(render(each, sources) for each in problems)
    raise _fault(
        word,
        f"its example cannot be run:\n\n{told}\n",
        "mend it, or say what it stands in: check_word(..., dataset=..., loss=...)",
    )


def _batch(word: type[Word], within: Mapping[str, str]) -> Batch:
    """Two small cells that differ in their seeds, with what is recorded of them."""
    from ddspec.plan.batch import Batch
    from ddspec.plan.expand import expand

    parts = {"precision": ", precision: float64", **within}
    if "seed" not in parts.get("sweep", ""):
        parts["sweep"] = f"{parts.get('sweep', '')}\n{SEEDS}"
    experiment, _ = _checked(word, parts)
    plan = expand(experiment)
    cells = [small(plan.cell(number)) for number in range(len(plan))]
    last = cells[-1]
    chosen = [
        cell
        for cell in cells
        if attrs.evolve(cell, seed=last.seed, id=last.id, before=last.before) == last
    ]
    recorded = {each.recorded.key: each.recorded for each in experiment.measures.values()}
    return Batch(tuple(chosen[-2:]), "epochs", (), recorded)


def _check_pool(dataset: Dataset, seed: int) -> None:
    word = type(dataset)
    with _told(word, "drawing its samples"):
        pool, again = dataset.pool(seed, None), dataset.pool(seed, None)
        width, classes = int(np.prod(dataset.plain_shape)), dataset.classes
    for use in ("train", "test"):
        inputs, targets = getattr(pool, f"{use}_inputs"), getattr(pool, f"{use}_targets")
        if inputs.shape != (len(targets), width):
            raise _fault(
                word,
                f"its {use} inputs are {inputs.shape} for {len(targets)} targets",
                f"make them (samples, {width}): its plain_shape {dataset.plain_shape} laid flat",
            )
        if not np.isfinite(inputs).all():
            raise _fault(word, f"its {use} inputs hold NaN or infinity", "leave such samples out")
        whole = targets.dtype == np.int64
        if classes is not None and not (whole and 0 <= targets.min() <= targets.max() < classes):
            raise _fault(
                word, f"its {use} targets are not classes", f"make them int64 in [0, {classes})"
            )
        if not np.array_equal(inputs, getattr(again, f"{use}_inputs")):
            raise _fault(
                word,
                "one seed gives other samples each time",
                'draw from Draws(seed, "pool").generator("inputs"), of ddspec.vocabulary.draws',
            )
    _check_counts(dataset, pool)
    _check_longer(dataset, pool, seed)


def _check_counts(dataset: Dataset, pool: Pool) -> None:
    found = (len(pool.train_targets) + len(pool.validation_targets), len(pool.test_targets))
    asked = (dataset.samples + dataset.validation, dataset.test)
    if any(has < wanted for has, wanted in zip(found, asked, strict=True)):
        raise _fault(
            type(dataset),
            f"it gives {found[0]} samples and {found[1]} for tests, asked for {asked}",
            "give as many as `samples`, `validation` and `test` say",
        )


def _check_longer(dataset: Dataset, pool: Pool, seed: int) -> None:
    """Pools are kept for smaller training sets: what is drawn must not depend on how much is."""
    if dataset.capacity is not None:
        return
    longer = attrs.evolve(dataset, samples=dataset.samples + 7).pool(seed, None)
    for name in ("train_inputs", "train_targets", "test_inputs"):
        short = getattr(pool, name)
        if not np.array_equal(getattr(longer, name)[: len(short)], short):
            raise _fault(
                type(dataset),
                f"its {name.replace('_', ' ')} are others where more samples are drawn",
                "draw every array from a generator of its own, sample after sample",
            )


def _check_network(cell: Cell) -> None:
    import torch

    from ddspec.training.models import network_of, trained

    word, data = type(cell.architecture), cell.dataset
    with _told(word, "building its network"):
        network = network_of(cell)
        count = cell.architecture.parameters(data.shape, data.outputs, cell.regularizer)
    with _told(word, "passing 4 samples through its network"):
        inputs = torch.zeros(4, data.inputs, dtype=next(network.parameters()).dtype)
        found = network.eval()(inputs)
    if tuple(found.shape) != (4, data.outputs):
        raise _fault(
            word,
            f"4 samples of shape {data.shape} come out as {tuple(found.shape)}",
            f"make it (4, {data.outputs}): what the dataset asks for, its `outputs`",
        )
    has = sum(each.numel() for each in trained(network).values())
    if has != count:
        raise _fault(word, f"`parameters` says {count:,}, the network has {has:,}", "count again")


def _check_loss(cell: Cell) -> None:
    import torch

    train: Any = cell.train
    data = cell.dataset
    outputs = torch.zeros(4, data.outputs, dtype=torch.float64)
    targets = torch.zeros(4, dtype=torch.int64 if data.classes else torch.float64)
    with _told(type(train.loss), "taking it of 4 samples"):
        found = train.loss.each(outputs, targets)
    if tuple(found.shape) != (4,):
        raise _fault(
            type(train.loss),
            f"`each` of 4 samples gives {tuple(found.shape)}",
            "give the loss of each sample, (4,), not their mean",
        )


def _check_training(word: type[Word], batch: Batch) -> None:
    from ddspec.training.data import Pools
    from ddspec.training.fit import fit

    pools = Pools(None)
    with _told(word, "training its example"):
        together = fit(batch, pools)
        alone = [fit(attrs.evolve(batch, cells=(cell,)), pools)[0] for cell in batch.cells]
    for record in together:
        _check_readings(word, record, batch)
    for one, other in zip(together, alone, strict=True):
        for name, values in one.series.items():
            if not np.allclose(values, other.series[name], rtol=CLOSE, atol=1e-7, equal_nan=True):
                raise _fault(
                    word,
                    f"`{name}` of a cell depends on which cells train beside it",
                    "draw from the seeds only, and write into no tensor in place",
                )


def _check_readings(word: type[Word], record: Record, batch: Batch) -> None:
    if record.status not in ("done", "stopped") or not np.isfinite(record.series["train_loss"][-1]):
        raise _fault(
            word,
            f"after {STEPS} steps the training loss is {record.series['train_loss'][-1]}",
            "look for a logarithm or a quotient of 0",
        )
    for key in batch.measures if issubclass(word, Measure) else ():
        if not np.isfinite(record.series[key][-1]).any():
            raise _fault(word, f"its value is {record.series[key][-1]}", "look for a quotient of 0")


def _check_report(word: type[Word], within: Mapping[str, str]) -> None:
    """Run the example in a folder of its own, and see what is found."""
    from ddspec import pipeline

    parts = {"length": "3 epochs", "sweep": f"width in {{2, 4, 8}}\n{SEEDS}", **within}
    _, text = _checked(word, parts)
    with tempfile.TemporaryDirectory() as folder, _told(word, "running its example"):
        file = Path(folder, "example.dd")
        file.write_text(text, encoding="utf-8")
        lines = pipeline.run(str(file), Path(folder, "out"), local=True).findings["example"]
    if "a defect of" in lines[0] or len(lines) == 1:
        raise _fault(word, "it finds nothing: " + "\n".join(lines), "give at least one sentence")


@contextmanager
def _told(word: type[Word], doing: str) -> Iterator[None]:
    """What is raised meanwhile becomes a message with the line that raised."""
    try:
        yield
    except DdspecError as error:
        raise _fault(word, f"{doing}: {error}", *error.help) from error
    except Exception as error:
        frames: Sequence[Any] = traceback.extract_tb(error.__traceback__)
        own = inspect.getsourcefile(word)
        at = [each for each in frames if each.filename == own] or frames
        told = f"{type(error).__name__}: {error}"
        raise _fault(
            word,
            f"{doing} raises {told}",
            f"{at[-1].filename}:{at[-1].lineno}: {at[-1].line}",
            "training is vectorized over models (torch.func.vmap): no numbers, `if` or `.item()`"
            " of a tensor, nothing in place"
            if "vmap" in told
            else "see the traceback above it",
        ) from error


def _fault(word: type[Word], what: str, *advice: str) -> DdspecError:
    return DdspecError(f"{word.kind} `{word.name()}`: {what}", *advice)
