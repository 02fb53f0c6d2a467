"""Whether the data have what a regularizer needs: classes, real targets, images, validation."""

from __future__ import annotations

import attrs

from ddspec.errors import Label
from ddspec.spec.facts import Facts, term_span
from ddspec.spec.model import Composition
from ddspec.vocabulary.kinds import Dataset

IMAGE = 3  # sides of an image's shape: channels, height, width


@attrs.frozen
class _Want:
    """What is missing: what a term says of it, what the dataset is instead, and what to do."""

    asks: str
    lacks: str
    advice: str


# In the order in which one is told of several.
WANTS = {
    "numbers": _Want(
        "acts on inputs that are numbers",
        "its samples are not",
        "leave the term out, or take data of numbers",
    ),
    "classes": _Want(
        "acts on classes",
        "regression: its targets are real numbers",
        "leave the term out, or take data with classes",
    ),
    "reals": _Want(
        "acts on real targets",
        "its targets are classes",
        "leave the term out; noise on classes is `label_noise_sgd(...)`",
    ),
    "image": _Want(
        "acts on images",
        "its samples are no images",
        "leave the term out, or take `cifar10(...)` or `mnist(...)`",
    ),
    "validation": _Want(
        "looks at validation samples",
        "holds out none",
        "hold some out of training: `validation: 1_000` in the dataset",
    ),
}


def _needs(composition: Composition) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((term.name(), term.needs_data) for term in composition)


def _has(dataset: Dataset) -> tuple[str, frozenset[str]]:
    numbers = dataset.reads == "numbers"
    present = {
        "numbers": numbers,
        "classes": dataset.classes is not None,
        "reals": dataset.classes is None,
        "image": numbers and len(dataset.shape) == IMAGE,
        "validation": dataset.validation > 0,
    }
    return dataset.name(), frozenset(name for name, there in present.items() if there)


def check_data_needs(facts: Facts) -> None:
    """Every term finds what it needs in the data."""
    told: set[str] = set()
    for index, (terms, (dataset, has)) in facts.pairs(("regularizer", _needs), ("dataset", _has)):
        for name, needs in terms:
            missing = next((want for want in WANTS if want in needs - has), None)
            if missing is None or name in told:
                continue
            told.add(name)
            want = WANTS[missing]
            facts.problems.report(
                "DD409",
                f"`{name}` cannot act on `{dataset}`",
                Label(term_span(name, index, facts), want.asks),
                also=[facts.mark("dataset", want.lacks)],
                help=[want.advice],
            )
