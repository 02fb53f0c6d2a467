"""Whether network, loss and samples are made for each other: shapes, tokens, nodes of a graph."""

from __future__ import annotations

import operator

from ddspec.errors import Label
from ddspec.spec.facts import Facts, argument_span, build_at
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure, Shape

# What samples are, by what reads them and the number of sides of their shape, channels among them.
SORTS = {
    "numbers": {1: "samples without order", 2: "signals", 3: "images"},
    "tokens": {1: "sentences", 2: "pairs of sentences"},
    "graph": {1: "nodes of a graph"},
}
SUITED = {
    "signals": ("take `mnist1d(...)`", "or `mlp(...)`, which takes any samples"),
    "images": ("take `cifar10(...)` or `mnist(...)`", "or `mlp(...)`, which takes any samples"),
    "sentences": ("take `transformer(...)`, which translates",),
    "pairs of sentences": ("take `language_model(...)`, which continues a text",),
}
# What to take instead, by what the samples are.
MADE_FOR = {
    "numbers": "a network for numbers, such as `mlp(...)`",
    "tokens": "`transformer(...)` for pairs of sentences, `language_model(...)` for text",
    "graph": "`gnn(...)`",
}
READ = {"numbers": "numbers", "tokens": "tokens", "graph": "nodes of a graph"}
FOR_TOKENS = "cross_entropy"


def check_fits(facts: Facts) -> None:
    """Report a network for other samples, one that cannot be built, and a loss of no tokens."""
    if _check_reading(facts) and _check_shapes(facts):
        _check_arguments(facts)
    _check_token_loss(facts)


def _given(dataset: Dataset) -> tuple[str, str, Shape]:
    return dataset.name(), dataset.reads, dataset.shape


def _asked(architecture: Architecture) -> tuple[str, str, Shape]:
    return architecture.name(), architecture.reads, architecture.least_shape


def _check_reading(facts: Facts) -> bool:
    """A network reads what the samples are."""
    pairs = facts.pairs(("dataset", _given), ("architecture", _asked))
    for _, ((dataset, given, _), (architecture, wanted, _)) in pairs:
        if given != wanted:
            facts.problems.report(
                "DD309",
                f"`{architecture}` reads {READ[wanted]}, `{dataset}` has {READ[given]}",
                Label(facts.parts["architecture"].span, f"made for {READ[wanted]}"),
                also=[facts.mark("dataset", f"its samples are {READ[given]}")],
                help=[f"take {MADE_FOR[given]}"],
            )
            return False
    return True


def _check_shapes(facts: Facts) -> bool:
    """A convolutional network needs signals or images, and none too small for it."""
    pairs = facts.pairs(("dataset", _given), ("architecture", _asked))
    for _, ((dataset, reads, shape), (architecture, _, least)) in pairs:
        fits = len(shape) == len(least) and all(map(operator.ge, shape, least))
        if not least or fits:
            continue
        wanted, given = SORTS[reads][len(least)], SORTS[reads].get(len(shape), "others")
        title = f"`{architecture}` needs {wanted}, `{dataset}` has {given}"
        if wanted == given:
            title = f"the {wanted} of `{dataset}` are too small for `{architecture}`"
        facts.problems.report(
            "DD309",
            title,
            Label(facts.parts["architecture"].span, _or_more(wanted, least)),
            also=[facts.mark("dataset", f"a sample is {_sides(shape)}")],
            help=list(SUITED[given if reads == "tokens" and given in SUITED else wanted]),
        )
        return False
    return True


def _or_more(wanted: str, least: Shape) -> str:
    return f"{wanted} of {_sides(least[1:])} or more" if len(least) > 1 else wanted


def _sides(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _itself(architecture: Architecture) -> Architecture:
    return architecture


def _check_arguments(facts: Facts) -> None:
    """A network's arguments suit each other and the samples."""
    pairs = facts.pairs(("dataset", _plain), ("architecture", _itself))
    for _, ((dataset, shape, features), architecture) in pairs:
        reason = architecture.unfit(shape) or _other_features(dataset, features, architecture)
        if reason:
            facts.problems.report(
                "DD310",
                f"`{architecture.name()}` cannot be built: {reason}",
                Label(facts.parts["architecture"].span, "its arguments do not suit"),
                also=[facts.mark("dataset", f"a sample is {_sides(shape)}")],
                help=["change what does not suit; of an axis, keep the values that do"],
            )
            return


def _plain(dataset: Dataset) -> tuple[str, Shape, int | None]:
    """Its name, the shape of a sample and, of a graph, the features of a node."""
    features = getattr(dataset, "features", None) if dataset.reads == "graph" else None
    return dataset.name(), dataset.shape, features


def _other_features(dataset: str, features: int | None, architecture: Architecture) -> str:
    asked = getattr(architecture, "features", features)
    if features is None or asked == features:
        return ""
    return f"it takes {asked} features of a node, `{dataset}` has {features}"


def _loss(procedure: Procedure) -> str:
    loss = getattr(procedure, "loss", None)
    return "" if loss is None else str(loss.name())


def _tokens(dataset: Dataset) -> str:
    return dataset.name() if dataset.tokens else ""


def _check_token_loss(facts: Facts) -> None:
    """Targets that are a class a token have one loss."""
    pairs = facts.pairs(("train", _loss), ("dataset", _tokens))
    for index, (loss, dataset) in pairs:
        if loss and dataset and loss != FOR_TOKENS:
            span = argument_span(build_at(facts.parts["train"].node, index), "loss")
            facts.problems.report(
                "DD306",
                f"`{loss}` is no loss of tokens, `{dataset}` has tokens",
                Label(span or facts.parts["train"].span, "not a loss of tokens"),
                also=[facts.mark("dataset", "its targets are a class a token")],
                help=[f"write `loss: {FOR_TOKENS}`"],
            )
            return
