"""Changes of samples: corruptions and transforms that suit the dataset they act on."""

from __future__ import annotations

from collections.abc import Iterator

from ddspec.errors import Label
from ddspec.spec.building import builds_in
from ddspec.spec.facts import Facts, Index, build_at, slot_of
from ddspec.vocabulary.kinds import Dataset


def check_changes(facts: Facts) -> None:
    """Report words that cannot act on the samples of their dataset, each once."""
    told: set[str] = set()
    for index, dataset in facts.values("dataset"):
        for argument, name, why in _refused(dataset):
            if name not in told:
                told.add(name)
                _tell(dataset, argument, name, why, index, facts)


def _refused(dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """The argument, the word and the reason of each change that cannot be made."""
    noise = dataset.label_noise
    if noise is not None and dataset.classes is not None and (why := noise.refuses(dataset)):
        yield "label_noise", noise.name(), why
    shape = dataset.plain_shape
    for each in dataset.transform:
        why = each.refuses(dataset, shape)
        if each.where and dataset.reads != "numbers":
            why = f"has {dataset.reads} for inputs".replace("has graph", "has nodes of a graph")
        if why:
            yield "transform", each.name(), why
            return
        shape = each.reshaped(shape)


def _tell(dataset: Dataset, argument: str, name: str, why: str, index: Index, facts: Facts) -> None:
    slot = slot_of(build_at(facts.parts["dataset"].node, index), argument)
    spans = (
        [build.span for build in builds_in(slot.node) if build.word.name() == name] if slot else []
    )
    place = spans[0] if spans else facts.parts["dataset"].span
    facts.problems.report(
        "DD312",
        f"`{name}` cannot act on `{dataset.name()}`",
        Label(place, f"`{dataset.name()}` {why}"),
        help=[f"leave `{name}` out, or change what it acts on; `ddspec explain {name}` says more"],
    )
