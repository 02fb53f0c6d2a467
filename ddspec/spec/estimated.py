"""Whether an estimator and what finds it are made for each other."""

from __future__ import annotations

from ddspec.errors import Label
from ddspec.spec.facts import Facts
from ddspec.spec.model import Composition
from ddspec.vocabulary.architectures.linearized import Linearized
from ddspec.vocabulary.estimator import Estimator
from ddspec.vocabulary.kinds import Architecture, Dataset, Procedure

FITTING = "`train: fit()`"


def check_estimators(facts: Facts) -> None:
    """Report what no library fits, and what is left of an experiment that one does fit."""
    if _check_training(facts) and _check_basis(facts):
        _check_classes(facts)
        _check_terms(facts)


def _trained(procedure: Procedure) -> tuple[str, bool]:
    return procedure.name(), "estimator" in procedure.traits


def _made(architecture: Architecture) -> tuple[str, bool]:
    return architecture.name(), isinstance(architecture, Estimator)


def _check_training(facts: Facts) -> bool:
    """Estimators are fitted, and nothing else is."""
    for _, (train, architecture) in facts.pairs(("train", _trained), ("architecture", _made)):
        if train[1] == architecture[1]:
            continue
        if train[1]:
            facts.problems.report(
                "DD307",
                f"`{train[0]}` cannot fit `{architecture[0]}`",
                Label(facts.parts["train"].span, "fits estimators, at once and by a library"),
                also=[facts.mark("architecture", "a network: it is trained, or solved")],
                help=[
                    "train it by gradient descent, as `train NAME { ... }` declares",
                    "or take an estimator, such as `random_forest(...)`",
                ],
            )
        else:
            facts.problems.report(
                "DD307",
                f"`{train[0]}` cannot train `{architecture[0]}`",
                Label(facts.parts["train"].span, "trains networks"),
                also=[facts.mark("architecture", "an estimator, fitted at once and by a library")],
                help=[f"write {FITTING}"],
            )
        return False
    return True


def _based(architecture: Architecture) -> tuple[str, str, str]:
    """The estimator, and the model whose weights it cannot find and why; else empty."""
    basis = architecture.basis if isinstance(architecture, Estimator) else None
    if basis is None:
        return architecture.name(), "", ""
    if isinstance(basis, Linearized):
        return architecture.name(), basis.name(), "its weights serve all outputs at once"
    if "linear_in_parameters" not in basis.traits:
        return architecture.name(), basis.name(), f"`{basis.name()}` is not linear in them"
    return architecture.name(), "", ""


def _check_basis(facts: Facts) -> bool:
    """The weights of a linear estimator are those of a model that is linear in them."""
    for _, ((architecture, basis, reason),) in facts.pairs(("architecture", _based)):
        if basis:
            facts.problems.report(
                "DD307",
                f"`{architecture}` cannot find the weights of `{basis}`",
                Label(facts.parts["architecture"].span, reason),
                help=["take `of: linear(...)` or `of: random_features(...)`"],
            )
            return False
    return True


def _classifies(architecture: Architecture) -> str:
    needs = isinstance(architecture, Estimator) and architecture.needs_classes
    return architecture.name() if needs else ""


def _real(dataset: Dataset) -> str:
    return "" if dataset.classes is not None else dataset.name()


def _check_classes(facts: Facts) -> None:
    """A classifier needs a dataset that has classes."""
    for _, (estimator, dataset) in facts.pairs(("architecture", _classifies), ("dataset", _real)):
        if estimator and dataset:
            facts.problems.report(
                "DD306",
                f"`{estimator}` needs classes, `{dataset}` has real targets",
                Label(facts.parts["architecture"].span, "tells classes apart"),
                also=[facts.mark("dataset", "regression: its targets are real numbers")],
                help=["take `lasso(...)`, `basis_pursuit(...)` or `random_forest(...)`"],
            )
            return


def _first(composition: Composition) -> str:
    return composition[0].name() if composition else ""


def _check_terms(facts: Facts) -> None:
    """No term acts on an estimator: what it minimizes is its own."""
    for _, (term, train) in facts.pairs(("regularizer", _first), ("train", _trained)):
        if term and train[1]:
            facts.problems.report(
                "DD402",
                f"`{term}` cannot act under `{train[0]}`",
                Label(facts.parts["regularizer"].span, "nothing here asks for it"),
                also=[facts.mark("train", "what is minimized is the estimator's own")],
                help=["leave the term out; `lasso(...)` and `svm(...)` have a strength"],
            )
            return
