"""Rules between the parts of a cell: losses, solvers and regularizers that suit the rest of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ddspec.errors import Label
from ddspec.spec import chains, changes, data_needs, estimated, fits, learning, rounds, sizes
from ddspec.spec.facts import Facts, argument_span, build_at, term_span
from ddspec.spec.model import Composition
from ddspec.spec.named import quantities
from ddspec.spec.parts import Part
from ddspec.spec.scope import Column
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure

SOLVED_PENALTY = "l2"
DROPPED_INPUTS = (
    "dropping *inputs* of a linear model with rate p is, on average, ridge with strength p/(1-p) "
    "on the scaled features"
)


def check_rules(facts: Facts) -> None:
    """Report what does not go together at points that are kept."""
    changes.check_changes(facts)
    sizes.check_sizes(facts)
    fits.check_fits(facts)
    chains.check_chains(facts)
    estimated.check_estimators(facts)
    _check_loss(facts)
    learning.check_learning(facts)
    solvable = _check_solver(facts)
    _check_terms(facts, solvable=solvable)
    data_needs.check_data_needs(facts)
    draft = facts.scope.draft
    assert draft is not None
    for column in draft.tuned.values():
        _check_tuning(column, facts)
    rounds.check_rounds(facts)


def recorded(parts: Mapping[str, Part], measures: list[str]) -> list[str]:
    """The variables the experiment records."""
    datasets = [d for d in parts["dataset"].found.table.values if d is not None]
    classes = any(d.classes is not None for d in datasets) or not datasets
    validated = any(d.validation > 0 for d in datasets) or not datasets
    return quantities(measures, classes=classes, validated=validated)


# --- losses and solvers -----------------------------------------------------------------------


def _loss_name(procedure: Procedure) -> str:
    loss = getattr(procedure, "loss", None)
    return loss.name() if loss is not None and loss.needs_classes else ""


def _dataset_name(dataset: Dataset) -> str:
    return "" if dataset.classes is not None else dataset.name()


def _check_loss(facts: Facts) -> None:
    """A loss over classes needs a dataset that has some."""
    pairs = facts.pairs(("train", _loss_name), ("dataset", _dataset_name))
    for index, (loss, dataset) in pairs:
        if loss and dataset:
            span = argument_span(build_at(facts.parts["train"].node, index), "loss")
            facts.problems.report(
                "DD306",
                f"`{loss}` needs classes, `{dataset}` has real targets",
                Label(span or facts.parts["train"].span, "a loss over classes"),
                also=[facts.mark("dataset", "regression: its targets are real numbers")],
                help=["write `loss: mse`"],
            )
            return


def _solver_name(procedure: Procedure) -> str:
    return procedure.name() if "closed_form" in procedure.traits else ""


def _curved_name(architecture: Architecture) -> str:
    solved = architecture.traits & {"linear_in_parameters", "estimator"}
    return "" if solved else architecture.name()


def _check_solver(facts: Facts) -> bool:
    """A closed form needs an architecture that is linear in its parameters."""
    pairs = facts.pairs(("train", _solver_name), ("architecture", _curved_name))
    for _, (solver, architecture) in pairs:
        if solver and architecture:
            facts.problems.report(
                "DD307",
                f"`{solver}` cannot solve `{architecture}`",
                Label(facts.parts["train"].span, "has a closed form for linear models only"),
                also=[facts.mark("architecture", "not linear in its parameters")],
                help=[
                    "train it by gradient descent, as `train NAME { ... }` declares",
                    "or take `linear(...)` or `random_features(...)`",
                ],
            )
            return False
    return True


# --- regularizers -----------------------------------------------------------------------------

# word, traits it needs, traits it excludes, is a penalty
Needs = tuple[tuple[str, frozenset[str], frozenset[str], bool], ...]


def _needs(composition: Composition) -> Needs:
    return tuple(
        (term.name(), term.needs_here, term.excludes, term.scaled is not None)
        for term in composition
    )


def _traits(word: Architecture | Procedure) -> tuple[str, frozenset[str]]:
    return word.name(), word.traits


def _check_terms(facts: Facts, *, solvable: bool) -> None:
    """Every term finds what it needs in the architecture and in the procedure."""
    told: set[tuple[str, str]] = set()
    triples = facts.pairs(("regularizer", _needs), ("architecture", _traits), ("train", _traits))
    for index, (terms, architecture, train) in triples:
        if "estimator" in architecture[1] | train[1]:  # see `estimated`
            continue
        for name, needs, excludes, penalty in terms:
            lacking = needs - architecture[1] - train[1]
            barred = excludes & architecture[1]
            if barred and (name, "excluded") not in told:
                told.add((name, "excluded"))
                _excluded(name, architecture[0], barred, index, facts)
            if "hidden_units" in lacking and (name, "architecture") not in told:
                told.add((name, "architecture"))
                _no_units(name, architecture[0], train[1], index, facts)
            elif lacking & LAYERED.keys() and (name, "architecture") not in told:
                told.add((name, "architecture"))
                _no_layers(name, lacking, architecture, index, facts)
            elif "gradient" in lacking and solvable and not penalty and (name, "train") not in told:
                told.add((name, "train"))
                _no_steps(name, train[0], index, facts)
            unsolved = "closed_form" in train[1] and penalty and name != SOLVED_PENALTY
            if unsolved and (name, "penalty") not in told:
                told.add((name, "penalty"))
                _no_penalty(name, train[0], index, facts)


def _no_units(
    name: str, architecture: str, train: frozenset[str], index: Mapping[str, int], facts: Facts
) -> None:
    advice = ["take an architecture with hidden units, or leave the term out"]
    notes: Sequence[str] = ()
    if name == "dropout":
        notes = [DROPPED_INPUTS]
        ridge = "write `l2(...)` for the ridge it amounts to"
        both = "write `dropout(..., at: input)` for input dropout, or `l2(...)` for the ridge it "
        advice = [f"{both}amounts to" if "gradient" in train else ridge]
    doing = " to drop" if name == "dropout" else " to normalize" if "norm" in name else ""
    facts.problems.report(
        "DD402",
        f"`{name}` cannot act on `{architecture}`",
        Label(term_span(name, index, facts), f"needs hidden units{doing}"),
        also=[facts.mark("architecture", "linear in its parameters: no hidden units are trained")],
        notes=notes,
        help=advice,
    )


# What a term asks of a network's layers, what the network is instead, and what to do; in the order
# in which one is told of several.
LAYERED = {
    "feedforward": (
        "acts on chains of affine layers",
        "is no such chain, or multiplies its weights",
        "take `mlp(...)` of `parametrization: standard`, or leave the term out",
    ),
    "successive": (
        "acts in networks whose layers follow one another",
        "has layers of another kind",
        "take `mlp(...)`, `cnn1d(...)` or `deep_cnn(...)`, or leave the term out",
    ),
    "own_weights": (
        "acts on the weights of a layer themselves",
        "multiplies or factors them",
        "write `parametrization: standard`, without `low_rank(...)`, or leave the term out",
    ),
}
# Why there is no place for some terms in a network that brings its own normalization.
NORMALIZED = {
    "layer_norm": "normalization is part of it: its hidden layers would be normalized twice",
    "weight_norm": "normalization is part of it, and takes the length of most weights away",
    "dropout": "normalization is part of it, between its layers and their activations",
}
AFTER = "write `dropout(...)`, which acts after activations, or `at: head`"


def _no_layers(
    name: str,
    lacking: frozenset[str],
    architecture: tuple[str, frozenset[str]],
    index: Mapping[str, int],
    facts: Facts,
) -> None:
    asks, instead, advice = next(said for trait, said in LAYERED.items() if trait in lacking)
    if "normalized" in architecture[1]:
        instead = NORMALIZED.get(name, instead)
    facts.problems.report(
        "DD402",
        f"`{name}` cannot act on `{architecture[0]}`",
        Label(term_span(name, index, facts), asks),
        also=[facts.mark("architecture", instead)],
        help=[AFTER, advice] if name == "dropout" else [advice],
    )


# Why a term that excludes networks of a trait cannot be added to one.
EXCLUDED = {
    "normalized": "its hidden layers are normalized",
    "recurrent": "its layers are of steps in time, and have first derivatives only",
    "graph": "its layers are of all nodes of a graph, not of rows of a minibatch",
    "convolutional": "its convolutions have first derivatives only",
}


def _excluded(
    name: str,
    architecture: str,
    traits: frozenset[str],
    index: Mapping[str, int],
    facts: Facts,
) -> None:
    again = "normalized" in traits
    facts.problems.report(
        "DD402",
        f"`{name}` is part of `{architecture}` already"
        if again
        else f"`{name}` cannot act on `{architecture}`",
        Label(term_span(name, index, facts), "would act twice" if again else "not possible there"),
        also=[facts.mark("architecture", EXCLUDED[max(traits)])],
        help=["leave the term out, or take an architecture without"],
    )


def _no_steps(name: str, train: str, index: Mapping[str, int], facts: Facts) -> None:
    facts.problems.report(
        "DD402",
        f"`{name}` cannot act under `{train}`",
        Label(term_span(name, index, facts), "acts in training steps"),
        also=[facts.mark("train", "solved at once: there are no training steps")],
        help=["train by gradient descent, or leave the term out"],
    )


def _no_penalty(name: str, train: str, index: Mapping[str, int], facts: Facts) -> None:
    facts.problems.report(
        "DD406",
        f"`{train}` has no closed form with `{name}`",
        Label(term_span(name, index, facts), "not a squared penalty"),
        also=[facts.mark("train", "solves for the squared error and `l2`")],
        help=[f"write `{SOLVED_PENALTY}(...)`, or train by gradient descent"],
    )


# --- tuning -----------------------------------------------------------------------------------


def _validation(dataset: Dataset) -> tuple[bool, bool]:
    return dataset.validation > 0, dataset.classes is not None


def _check_tuning(column: Column, facts: Facts) -> None:
    """Tuning needs validation samples, and the risk it minimizes."""
    for _, (validation,) in facts.pairs(("dataset", _validation)):
        held_out, classes = validation
        if not held_out:
            facts.problems.report(
                "DD404",
                "`tune` needs validation samples",
                Label(column.span, f"chooses by `{column.criterion}`"),
                also=[facts.mark("dataset", "holds out none")],
                help=["hold some out of training: `validation: 1_000` in the dataset"],
            )
            return
        if column.criterion.endswith("_error") and not classes:
            facts.problems.report(
                "DD405",
                f"`tune` cannot minimise `{column.criterion}` here",
                Label(column.span, "an error is a share of wrong classes"),
                also=[facts.mark("dataset", "regression: its targets are real numbers")],
                help=["write `minimise: validation_loss`"],
            )
            return
