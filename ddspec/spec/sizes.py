"""Sizes: samples within the dataset, inputs within the samples, labels to corrupt."""

from __future__ import annotations

from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.spec.building import Build
from ddspec.spec.calls import parameters_of
from ddspec.spec.facts import Facts, Index, build_at, slot_of
from ddspec.spec.faults import where_read
from ddspec.spec.nodes import Read
from ddspec.spec.problems import label
from ddspec.spec.slots import Slot
from ddspec.vocabulary.kinds import Architecture, Dataset


def check_sizes(facts: Facts) -> None:
    """Report asking for more than a dataset has."""
    _check_samples(facts, _training)
    _check_samples(facts, _testing)
    _check_labels(facts)
    _check_inputs(facts)


@attrs.frozen(eq=False)
class _Asked:
    """A number of samples asked of a dataset that has fewer."""

    dataset: Dataset
    argument: str
    title: str
    excess: int
    legal: int


def _training(dataset: Dataset) -> _Asked | None:
    have, wanted = dataset.capacity, dataset.chosen + dataset.validation
    if have is None or wanted <= have:
        return None
    title = f"`{dataset.name()}` has {have:,} training samples, {wanted:,} are asked for"
    if dataset.validation:
        title = (
            f"`{dataset.name()}` has {have:,} samples for training and validation, "
            f"{dataset.chosen:,} + {dataset.validation:,} are asked for"
        )
    legal = have - dataset.validation if dataset.chosen == dataset.samples else 0
    return _Asked(dataset, "samples", title, wanted - have, legal)


def _testing(dataset: Dataset) -> _Asked | None:
    have = dataset.test_capacity
    if have is None or dataset.test <= have:
        return None
    title = f"`{dataset.name()}` has {have:,} test samples, {dataset.test:,} are asked for"
    return _Asked(dataset, "test", title, dataset.test - have, have)


def _check_samples(facts: Facts, rule: Any) -> None:
    worst: dict[str, tuple[_Asked, Index]] = {}
    levels: dict[str, set[Any]] = {}
    for index, dataset in facts.values("dataset"):
        asked = rule(dataset)
        if asked is None:
            continue
        name = dataset.name()
        levels.setdefault(name, set()).add(getattr(dataset, asked.argument))
        if name not in worst or asked.excess > worst[name][0].excess:
            worst[name] = asked, index
    for name, (asked, index) in worst.items():
        _too_many(asked, index, len(levels[name]), facts)


def _too_many(asked: _Asked, index: Index, times: int, facts: Facts) -> None:
    part = facts.parts["dataset"]
    build = build_at(part.node, index)
    slot = slot_of(build, asked.argument)
    use = "the number of samples" if asked.argument == "samples" else "the number of test samples"
    primary, also = _place(slot, build, index, part.span, f"used as {use} here")
    notes = []
    if slot is not None and isinstance(slot.node, Read) and len(slot.node.points) > 1:
        verb = "exceeds" if times == 1 else "exceed"
        notes = [f"{times} of {len(slot.node.points)} values of this axis {verb} the data set"]
    advice = [f"stay within `{asked.legal:_}`"] if asked.legal > 0 else []
    facts.problems.report(
        "DD301",
        asked.title,
        Label(primary, f"{asked.excess:,} too many"),
        also=also,
        notes=notes,
        help=[*advice, *_larger_pool(asked)],
    )


def _larger_pool(asked: _Asked) -> list[str]:
    dataset = asked.dataset
    if asked.argument != "samples" or "pool" not in {p.name for p in parameters_of(type(dataset))}:
        return []
    needed = dataset.chosen + dataset.validation
    larger = f"`pool: {needed:_}` makes a larger pool (a different data set with its own id)"
    return [f"`{dataset.name()}` is generated: {larger}"]


def _place(
    slot: Slot | None, build: Build | None, index: Index, setting: Span, use: str
) -> tuple[Span, list[Label]]:
    """Where a value is written, and where it is used when that is elsewhere."""
    if slot is None:
        return (setting if build is None else build.span), []
    node = slot.node
    if isinstance(node, Read):
        return node.points[index[node.column.dimension]].span, [label(slot.span, use)]
    return slot.span, where_read(node, index)


def _check_labels(facts: Facts) -> None:
    for index, dataset in facts.values("dataset"):
        noise = dataset.label_noise
        unlabelled = dataset.classes is None or dataset.tokens
        if unlabelled and noise is not None and not noise.neutral:
            build = build_at(facts.parts["dataset"].node, index)
            slot = slot_of(build, "label_noise")
            has = {p.name for p in parameters_of(type(dataset))}
            more = "; `noise_std` sets the noise of the targets" if "noise_std" in has else ""
            what = "tokens" if dataset.tokens else "real numbers"
            facts.problems.report(
                "DD305",
                f"`{dataset.name()}` has no labels to corrupt",
                Label(slot.span if slot else facts.parts["dataset"].span, "label noise"),
                notes=[f"its targets are {what}, and label noise draws the class of a sample anew"],
                help=[f"leave `label_noise` out{more}"],
            )
            return


def _inputs(dataset: Dataset) -> tuple[str, int]:
    return dataset.name(), dataset.inputs


def _least(architecture: Architecture) -> tuple[str, int]:
    return architecture.name(), architecture.least_inputs


def _check_inputs(facts: Facts) -> None:
    worst: tuple[int, Index, tuple[str, int], tuple[str, int]] | None = None
    for index, (given, asked) in facts.pairs(("dataset", _inputs), ("architecture", _least)):
        excess = asked[1] - given[1]
        if excess > 0 and (worst is None or excess > worst[0]):
            worst = excess, index, given, asked
    if worst is None:
        return
    _, index, (dataset, have), (architecture, asks) = worst
    part = facts.parts["architecture"]
    build = build_at(part.node, index)
    slot = slot_of(build, "features")
    primary, also = _place(slot, build, index, part.span, "used as the number of inputs here")
    facts.problems.report(
        "DD308",
        f"`{architecture}` sees {asks:,} inputs, `{dataset}` has {have:,}",
        Label(primary, f"{asks - have:,} too many"),
        also=[*also, facts.mark("dataset", f"{have:,} inputs")],
        help=[f"stay within `{have:_}`"],
    )
