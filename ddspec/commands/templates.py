"""Questions to specs: a text that asks one of them, with words and defaults of the vocabulary."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import attrs

from ddspec.language.parser import parse
from ddspec.language.printer import print_expression
from ddspec.language.tree import (
    NOWHERE,
    Call,
    Define,
    Expression,
    Identifier,
    Keyword,
    Listing,
    Name,
    Number,
    walk,
)
from ddspec.spec.building import example
from ddspec.spec.resolved import laid_out
from ddspec.vocabulary import registry
from ddspec.vocabulary.corpus import corpora_of
from ddspec.vocabulary.glossary import summary
from ddspec.vocabulary.kinds import Dataset

AxisName = Literal["width", "samples", "epochs"]
AXES: Final[tuple[AxisName, ...]] = ("width", "samples", "epochs")
WIDEST: Final = 96  # columns of a comment
SAMPLES, TEST, EPOCHS = 500, 500, 100  # small: a first look, not a figure for a paper
WIDTH: Final = Name("width", span=NOWHERE)
SIZE: Final = Number("32", span=NOWHERE)
SIZES: Final = ("log 4..64 points 5", "{8, 16, 32, 64}", "{4, 8, 16, 32}")  # not every size fits
BATCHES: Final = ("50 samples", "full")  # graphs are trained on whole
SOLVED: Final = 200  # samples: beyond the peak of what is solved exactly
READINGS = f"log 1..{EPOCHS} points 12"
RIDGE = (
    "none | l2(1e-2) | l2(tune(log 1e-4..1e2 points 7, minimise: validation_loss, across: seed))"
)


@attrs.frozen
class Template:
    """A question: what it asks, and what it takes unless told otherwise."""

    question: str
    axes: tuple[AxisName, ...]
    dataset: str = "mnist1d"
    architecture: str = "mlp"
    regularizers: tuple[str, ...] = ()
    every: bool = False  # every subset of the regularizers
    solved: bool = False  # least squares, with a ridge that is fixed and one that is tuned


TEMPLATES: Final[Mapping[str, Template]] = {
    "width": Template("does test error fall, rise and fall again with width?", ("width", "epochs")),
    "samples": Template("does more data hurt somewhere?", ("width", "samples")),
    "epochs": Template("does test error rise and fall again while training?", ("width", "epochs")),
    "ablation": Template(
        "which of these regularizers, and which together, make risk fall with width?",
        ("width",),
        regularizers=("l2", "dropout"),
        every=True,
    ),
    "ridge": Template(
        "does a tuned ridge remove the peak of linear regression along samples?",
        ("samples",),
        dataset="linear_gaussian",
        architecture="linear",
        solved=True,
    ),
}
# How weights may be found; the first that can be is taken.
TRAINS: Final = ("cross_entropy", "mse", "fit()", "least_squares()")


@attrs.frozen
class Question:
    """What a new spec asks. `axes`: the domain of each, empty for the usual one. `train`: one of
    TRAINS. `sizes`: the usual domain of the size. `batch`: of minibatches.
    """

    name: str
    template: Template
    dataset: str
    architecture: str
    regularizers: tuple[str, ...]
    axes: Mapping[str, str]
    seeds: int
    train: str
    sizes: str = SIZES[0]
    batch: str = BATCHES[0]

    @property
    def gradient(self) -> bool:
        """Whether it trains by steps."""
        return not self.train.endswith(")")


def write(question: Question) -> str:
    """The text of the spec, not yet laid out."""
    dataset, samples = _dataset(question)
    architecture, size = _architecture(question)
    lines = ["dd 1", "", *_comment(f"Question: {question.template.question}")]
    lines += [*_dataset_comment(question), f"dataset data = {dataset}", ""]
    lines += [*_about("architecture", question.architecture), f"architecture net = {architecture}"]
    if question.gradient:
        lines += ["", *_train(question.train, question.batch)]
    lines += ["", f"experiment {question.name} {{", "dataset: data", "architecture: net"]
    lines += _regularizer(question)
    lines += [f"train: {'gradient' if question.gradient else question.train}", "", "sweep {"]
    lines += _sweep(question, size, samples)
    return "\n".join([*lines, "}", "}", ""])


# --- parts ------------------------------------------------------------------------------------


def example_call(kind: str, name: str) -> Call:
    """The right example of a word's documentation, as a call."""
    word = registry.find(kind, name)
    assert word is not None
    file, _ = parse(f"dd 1\n{kind} it = {example(word)}\n", "the example")
    statement = file.statements[-1]
    assert isinstance(statement, Define)
    value = statement.value
    return value if isinstance(value, Call) else Call(value, (), span=NOWHERE)


def _dataset(question: Question) -> tuple[str, int]:
    """The dataset, few samples of it, and how many these are."""
    call = example_call("dataset", question.dataset)
    word = registry.find("dataset", question.dataset)
    assert word is not None
    if not issubclass(word, Dataset):
        raise TypeError(f"{question.dataset} is no dataset")
    known = {each.name: each for each in word.parameters_of()}
    given = {each.name.text: each.value for each in call.arguments if isinstance(each, Keyword)}
    samples = min(_whole(given.get("samples")) or SAMPLES, SAMPLES)
    samples = SOLVED if question.template.solved else samples
    given["samples"] = (
        Name("samples", span=NOWHERE) if "samples" in question.axes else _number(samples)
    )
    default = known["test"].default if not known["test"].required else TEST
    given["test"] = _number(min(_whole(given.get("test")) or default, TEST))
    if question.template.solved:
        given["validation"] = _number(TEST)
    first = tuple(each for each in call.arguments if not isinstance(each, Keyword))
    named = (
        Keyword(Identifier(name, span=NOWHERE), value, span=NOWHERE)
        for name, value in given.items()
    )
    return laid_out(Call(call.callee, (*first, *named), span=NOWHERE)), samples


def _architecture(question: Question) -> tuple[str, str]:
    """The architecture with its size to vary or fixed, and what the axis of the size is called."""
    call = _matched(example_call("architecture", question.architecture), question.dataset)
    if question.template.solved and question.architecture == "linear":
        return "linear()", ""
    size = size_of(call)
    if WIDTH not in set(walk(call)):
        return print_expression(_with_axis(call, size) if "width" in question.axes else call), size
    fixed = call if "width" in question.axes else _replaced(call, WIDTH, SIZE)
    return print_expression(fixed), size


def _matched(call: Call, dataset: str) -> Call:
    """A call whose arguments that the dataset has too are as there: features of a node, say."""
    there = {
        each.name.text: each
        for each in example_call("dataset", dataset).arguments
        if isinstance(each, Keyword)
    }
    size = size_of(call)
    arguments = (
        _like(each, there) if isinstance(each, Keyword) and each.name.text != size else each
        for each in call.arguments
    )
    return Call(call.callee, tuple(arguments), span=NOWHERE)


def _like(own: Keyword, there: Mapping[str, Keyword]) -> Keyword:
    """The argument of a dataset that an argument of an architecture must be equal to, if any."""
    other = there.get(own.name.text, own)
    return other if type(other.value) is type(own.value) else own


def size_of(call: Call) -> str:
    """What the axis of an architecture's size is called: `width` where its example says so, else
    its first argument that is a whole number; empty when it has none.
    """
    if WIDTH in set(walk(call)):
        return "width"
    named = [node for node in walk(call) if isinstance(node, Keyword) and _sized(node.value)]
    best = (node for node in named if node.name.text in ("width", "channels"))
    found = next(best, named[0] if named else None)
    return "" if found is None else found.name.text


def _sized(value: Expression) -> bool:
    items = value.items if isinstance(value, Listing) else (value,)
    return bool(items) and all(_whole(item) for item in items)


def _with_axis(node: Call, size: str) -> Call:
    """A call whose argument of that name is an axis."""

    def changed(each: Expression | Keyword) -> Expression | Keyword:
        if isinstance(each, Keyword) and each.name.text == size and _sized(each.value):
            axis: Expression = Name(size, span=NOWHERE)
            if isinstance(each.value, Listing):
                axis = Listing((axis,) * len(each.value.items), span=NOWHERE)
            return Keyword(each.name, axis, span=NOWHERE)
        if isinstance(each, Keyword) and isinstance(each.value, Call):
            return Keyword(each.name, _with_axis(each.value, size), span=NOWHERE)
        return _with_axis(each, size) if isinstance(each, Call) else each

    return Call(node.callee, tuple(map(changed, node.arguments)), span=NOWHERE)


def _replaced(node: Call, old: Expression, new: Expression) -> Call:
    text = print_expression(node).replace(print_expression(old), print_expression(new))
    file, _ = parse(f"dd 1\narchitecture it = {text}\n", "the example")
    statement = file.statements[-1]
    assert isinstance(statement, Define)
    assert isinstance(statement.value, Call)
    return statement.value


def _whole(value: Expression | None) -> int | None:
    if not isinstance(value, Number) or set(value.text) & set(".eE"):
        return None
    return int(value.text.replace("_", ""))


def _number(value: int) -> Number:
    return Number(f"{value:_}", span=NOWHERE)


def _train(loss: str, batch: str) -> Iterator[str]:
    yield from _comment(
        "Every network is trained like this. `ddspec words optimizer` lists other optimizers; "
        "`ddspec explain sgd` says what each argument does."
    )
    yield from ("train gradient {", "optimizer: sgd(lr: 0.02, momentum: 0.9)", f"loss: {loss}")
    yield from (f"batch: {batch}", f"for: {EPOCHS} epochs", "}")


def _regularizer(question: Question) -> Iterator[str]:
    if question.template.solved:
        yield "regularizer: ridge"
    elif question.template.every and question.regularizers:
        yield "regularizer: reg"
    elif question.regularizers:
        yield f"regularizer: {_terms(question.regularizers)}"


def _terms(regularizers: Sequence[str]) -> str:
    """Words as in their examples; what is written with its arguments stays so."""
    known = registry.names("regularizer")
    words = (
        print_expression(example_call("regularizer", name)) if name in known else name
        for name in regularizers
    )
    return " + ".join(words)


def _sweep(question: Question, size: str, samples: int) -> Iterator[str]:
    axes = question.axes
    if "width" in axes:
        yield f"{size} in {axes['width'] or question.sizes}"
    if "samples" in axes:
        usual = (
            f"log {max(samples // 10, 2)}..{samples} points {8 if question.template.solved else 4}"
        )
        yield f"samples in {axes['samples'] or usual}"
    if question.template.solved:
        yield "# none, a fixed one, and one that is chosen on validation samples"
        yield f"ridge in {RIDGE}"
    elif question.template.every and question.regularizers:
        yield f"reg in subsets({_terms(question.regularizers)})  # none, each one, all together"
    if "epochs" in axes and question.gradient:
        yield f"epochs in {axes['epochs'] or READINGS}  # read off one run: no extra training"
    yield f"seed in 0..<{question.seeds}  # repetitions: error bars are over these"


# --- comments ---------------------------------------------------------------------------------


def _dataset_comment(question: Question) -> Iterator[str]:
    yield from _about("dataset", question.dataset)
    word = registry.find("dataset", question.dataset)
    if word is not None and corpora_of(word):
        yield from _comment("It reads files: `ddspec data` says whether they are there.")


def _about(kind: str, name: str) -> Iterator[str]:
    word = registry.find(kind, name)
    return _comment(f"{name}: {summary(word)}." if word is not None else "")


def _comment(text: str) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(text, WIDEST - 2))
