"""Whether optimizer, loss and what ends training suit the rest of a cell."""

from __future__ import annotations

from collections.abc import Mapping

from ddspec.errors import Label, Span
from ddspec.spec.facts import Facts, argument_span, build_at, slot_of
from ddspec.spec.model import Composition
from ddspec.spec.problems import listed
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure

BARE = "bare"


def check_learning(facts: Facts) -> None:
    """Report an optimizer, a loss or an end of training that does not suit the other parts."""
    _check_full(facts)
    _check_needs(facts)
    _check_rates(facts)
    _check_classes(facts)
    _check_end(facts)


def _span(name: str, index: Mapping[str, int], facts: Facts) -> Span:
    """The place of an argument of the procedure."""
    part = facts.parts["train"]
    return argument_span(build_at(part.node, index), name) or part.span


# --- optimizers -------------------------------------------------------------------------------


def _full(procedure: Procedure) -> tuple[str, int]:
    """The optimizer, where it needs the whole training set, and the samples of a minibatch."""
    optimizer = getattr(procedure, "optimizer", None)
    if optimizer is None or not optimizer.full_batch:
        return "", 0
    return optimizer.name(), int(getattr(procedure, "batch", 0))


def _samples(dataset: Dataset) -> tuple[str, int]:
    return dataset.name(), dataset.samples


def _check_full(facts: Facts) -> None:
    """Gradient descent takes the whole training set at every step."""
    pairs = facts.pairs(("train", _full), ("dataset", _samples))
    for index, ((optimizer, batch), (_, samples)) in pairs:
        if optimizer and batch < samples:
            facts.problems.report(
                "DD313",
                f"`{optimizer}` takes the whole training set at every step",
                Label(_span("batch", index, facts), f"{batch:,} of {samples:,} samples"),
                also=[Label(_span("optimizer", index, facts), "needs all of them")],
                help=["write `batch: full`", "or take `sgd(...)`"],
            )
            return


def _needs(procedure: Procedure) -> tuple[str, frozenset[str]]:
    optimizer = getattr(procedure, "optimizer", None)
    return ("", frozenset()) if optimizer is None else (optimizer.name(), optimizer.needs)


def _network(architecture: Architecture) -> Architecture:
    return architecture


def _composition(composition: Composition) -> Composition:
    return composition


def _sizes(dataset: Dataset) -> tuple[tuple[int, ...], int]:
    return dataset.shape, dataset.outputs


def _check_needs(facts: Facts) -> None:
    """An optimizer that looks at the network finds what it needs."""
    train = facts.parts["train"].found.table.values
    if not any(_needs(procedure)[1] for procedure in train if procedure is not None):
        return
    asked = (("train", _needs), ("architecture", _network), ("regularizer", _composition))
    pairs = facts.pairs(*asked, ("dataset", _sizes))
    for index, ((optimizer, needs), network, composition, sizes) in pairs:
        if needs - network.traits - {BARE}:
            _unsuited(optimizer, network, index, facts)
            return
        added = _added(network, composition, sizes) if BARE in needs else []
        if added:
            _layers(optimizer, added, index, facts)
            return


def _added(
    network: Architecture, composition: Composition, sizes: tuple[tuple[int, ...], int]
) -> list[str]:
    """The terms that change which weights a network trains."""
    plain = network.parameters(*sizes)
    return [t.name() for t in composition if network.parameters(*sizes, (t,)) != plain]


def _unsuited(
    optimizer: str, network: Architecture, index: Mapping[str, int], facts: Facts
) -> None:
    facts.problems.report(
        "DD313",
        f"`{optimizer}` is not defined for `{network.name()}`",
        Label(_span("optimizer", index, facts), "for chains of affine layers and activations"),
        also=[facts.mark("architecture", "not such a chain")],
        help=["take `mlp(...)`, or another optimizer"],
    )


def _layers(optimizer: str, added: list[str], index: Mapping[str, int], facts: Facts) -> None:
    terms = listed(dict.fromkeys(added), "and")
    facts.problems.report(
        "DD313",
        f"`{optimizer}` is not defined with {terms}",
        Label(_span("optimizer", index, facts), "for a network as it is"),
        also=[facts.mark("regularizer", f"{terms} changes which weights are trained")],
        help=["leave the term out, or take another optimizer"],
    )


def _factors(procedure: Procedure) -> tuple[str, int]:
    """The optimizer, and how many factors of the rates of layers it has."""
    optimizer = getattr(procedure, "optimizer", None)
    given = getattr(optimizer, "layer_lr", ())
    return ("", 0) if optimizer is None else (optimizer.name(), len(given))


def _layered(architecture: Architecture) -> tuple[str, int | None]:
    return architecture.name(), architecture.layer_count


def _check_rates(facts: Facts) -> None:
    """Rates of layers are as many as the layers."""
    pairs = list(facts.pairs(("train", _factors), ("architecture", _layered)))
    counts = {layers for _, ((_, factors), (_, layers)) in pairs if factors and layers is not None}
    for index, ((optimizer, factors), (network, layers)) in pairs:
        if factors and layers is not None and factors != layers:
            advice = f"write {_so_many(layers, 'number')} in `layer_lr`, in the order of layers"
            if len(counts) > 1:
                shown = ", ".join(map(str, sorted(counts)))
                advice = f"networks here have {shown} layers: make an experiment for each count"
            facts.problems.report(
                "DD315",
                f"`layer_lr` of `{optimizer}` has {_so_many(factors, 'factor')}, "
                f"`{network}` has {_so_many(layers, 'layer')}",
                Label(_rates_span(index, facts), "one factor a layer"),
                also=[facts.mark("architecture", _so_many(layers, "layer"))],
                notes=["counted are affine and convolutional layers, the last one among them"],
                help=[advice],
            )
            return


def _rates_span(index: Mapping[str, int], facts: Facts) -> Span:
    """The place of the factors; of the optimizer where they are written elsewhere."""
    slot = slot_of(build_at(facts.parts["train"].node, index), "optimizer")
    word = None if slot is None else build_at(slot.node, index)
    return argument_span(word, "layer_lr") or _span("optimizer", index, facts)


def _so_many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# --- losses -----------------------------------------------------------------------------------


def _counts(procedure: Procedure) -> tuple[str, tuple[tuple[str, int], ...]]:
    """The loss, and how many numbers each of its arguments has that are one a class."""
    loss = getattr(procedure, "loss", None)
    given = {} if loss is None else loss.per_class
    return (
        "" if loss is None else loss.name(),
        tuple((name, len(values)) for name, values in given.items()),
    )


def _classes(dataset: Dataset) -> tuple[str, int | None]:
    return dataset.name(), dataset.classes


def _check_classes(facts: Facts) -> None:
    """A loss has one number a class where it treats classes differently."""
    pairs = facts.pairs(("train", _counts), ("dataset", _classes))
    for index, ((loss, counts), (dataset, classes)) in pairs:
        wrong = [(name, count) for name, count in counts if classes and count != classes]
        if wrong:
            name, count = wrong[0]
            facts.problems.report(
                "DD314",
                f"`{name}` of `{loss}` has {count} numbers, `{dataset}` has {classes} classes",
                Label(_span("loss", index, facts), "one number a class"),
                also=[facts.mark("dataset", f"{classes} classes")],
                help=[f"write {classes} numbers in `{name}`, in the order of the classes"],
            )
            return


# --- the end of training ----------------------------------------------------------------------


def _end(procedure: Procedure) -> str:
    """What ends training, where it needs classes."""
    until = getattr(procedure, "until", None)
    return until.name() if until is not None and until.needs_classes else ""


def _check_end(facts: Facts) -> None:
    """An error is a share of wrong classes."""
    pairs = facts.pairs(("train", _end), ("dataset", _classes))
    for index, (end, (_, classes)) in pairs:
        if end and classes is None:
            facts.problems.report(
                "DD405",
                f"training cannot end at a `{end}` here",
                Label(_span("until", index, facts), "an error is a share of wrong classes"),
                also=[facts.mark("dataset", "regression: its targets are real numbers")],
                help=["write `until: train_loss <= 0.01`"],
            )
            return
