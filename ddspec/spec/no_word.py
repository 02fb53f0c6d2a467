"""Messages for expressions that are no word where one is needed."""

from __future__ import annotations

from ddspec.errors import Label
from ddspec.language.tree import Binary, Braces, Chain, Expression
from ddspec.spec import names
from ddspec.spec.building import plain_example
from ddspec.spec.nodes import Poison, poison
from ddspec.spec.problems import article, listed
from ddspec.spec.scope import Scope
from ddspec.vocabulary import registry

EARLY = "`early_stopping(...)`, a regularizer, keeps the weights of the least validation risk"


def no_word(expression: Expression, kind: str, scope: Scope) -> Poison:
    """Report an expression that is no word of a kind."""
    names.touch((expression,), scope)
    text = scope.problems.quote(expression.span)
    noun = names.noun(kind)
    advice = []
    if isinstance(expression, Chain | Braces):
        advice = [f"for one run each, make an axis of it: `NAME in {text}` in the sweep, NAME here"]
    scope.problems.report(
        "DD204",
        f"`{text}` is not {article(noun)}",
        Label(expression.span, f"one {noun} is needed here"),
        help=[*advice, f"for example `{plain_example(kind)}`"],
    )
    return poison(expression.span)


def no_end(name: str, comparison: Binary, scope: Scope) -> Poison:
    """Report a risk that training cannot end at: one of samples it does not see."""
    tested = name.startswith("test_")
    also = "a run that ends by its test error has chosen its length on test data"
    scope.problems.report(
        "DD405",
        f"training cannot end at a `{name}`",
        Label(
            comparison.left.span, "test data select nothing" if tested else "not a training risk"
        ),
        notes=[f"{also}, and its reported risk would be too small"] if tested else [],
        help=[
            f"`until` compares {listed(registry.names('stopping'), 'or')}",
            *([] if tested else [EARLY]),
        ],
    )
    return poison(comparison.span)


def no_comparison(comparison: Binary, scope: Scope) -> Poison:
    """Report a comparison that does not say at most what a training risk must be."""
    names.touch((comparison,), scope)
    text = scope.problems.quote(comparison.span)
    scope.problems.report(
        "DD204",
        f"`{text}` does not say when training ends",
        Label(comparison.span, "a risk, `<=` and a number are needed here"),
        help=["write `until: train_error <= 1%`"],
    )
    return poison(comparison.span)
