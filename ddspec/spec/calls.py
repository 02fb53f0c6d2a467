"""Calls: which argument is meant for which parameter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ddspec.errors import Fix, Label, Span
from ddspec.language.tree import (
    Call,
    Expression,
    Identifier,
    Keyword,
    Number,
    Quantity,
    Setting,
    Statement,
)
from ddspec.spec import names
from ddspec.spec.problems import article, label, listed
from ddspec.spec.scope import Scope
from ddspec.spec.spelling import advice_on, similar
from ddspec.vocabulary import registry
from ddspec.vocabulary.kinds import Word
from ddspec.vocabulary.schema import Parameter


@attrs.frozen(eq=False)
class Argument:
    """An argument as written, with the scope its names belong to."""

    value: Expression
    scope: Scope
    name: Identifier | None = None


@attrs.frozen(eq=False)
class Callee:
    """What is called, for messages: `sgd` has `argument`s, a train block has `setting`s."""

    name: str
    noun: str
    span: Span
    explained: bool = True


TIMES = ("epochs", "steps")
ELSEWHERE = {
    "weight_decay": "weight decay is a regularizer: `regularizer: l2(1e-4)` in the experiment",
    "seed": "repetitions are an axis: `seed in 0..<5` in the sweep",
    "repeats": "repetitions are an axis: `seed in 0..<5` in the sweep",
    "epochs": "the length of training is set in a train block: `for: 500 epochs`",
    "steps": "the length of training is set in a train block: `for: 500 steps`",
    "optimizer": "an optimizer is set in a train block: `optimizer: sgd(lr: 0.1)`",
    "loss": "a loss is set in a train block: `loss: mse`",
}
_PARAMETERS: dict[type, tuple[Parameter, ...]] = {}


def parameters_of(word: type[Word]) -> tuple[Parameter, ...]:
    """The parameters of a word, in positional order; each class is asked once."""
    if word not in _PARAMETERS:
        _PARAMETERS[word] = word.parameters_of()
    return _PARAMETERS[word]


def bind(
    call: Call, callee: Callee, parameters: Sequence[str], scope: Scope
) -> dict[str, Argument]:
    """The arguments of a call by parameter; what does not fit is reported and left out."""
    bound: dict[str, Argument] = {}
    meant: dict[str, Argument] = {}
    free = list(parameters)
    surplus: list[Expression] = []
    for written in call.arguments:
        if isinstance(written, Keyword):
            free = []
            _named(written, (bound, meant), callee, parameters, scope)
        elif free:
            bound[free.pop(0)] = Argument(written, scope)
        else:
            surplus.append(written)
    _too_many(surplus, callee, parameters, scope)
    return {**meant, **bound}


def settings(
    body: Iterable[Statement], callee: Callee, parameters: Sequence[str], scope: Scope
) -> dict[str, Argument]:
    """The settings of a block as arguments."""
    bound: dict[str, Argument] = {}
    meant: dict[str, Argument] = {}
    for statement in body:
        if isinstance(statement, Setting):
            keyword = Keyword(statement.name, statement.value, span=statement.span)
            _named(keyword, (bound, meant), callee, parameters, scope)
    return {**meant, **bound}


def _named(
    written: Keyword,
    found: tuple[dict[str, Argument], dict[str, Argument]],
    callee: Callee,
    parameters: Sequence[str],
    scope: Scope,
) -> None:
    """Bind a named argument; a misspelt one is taken as what it was probably meant for."""
    bound, meant = found
    name = written.name.text
    if name in TIMES and "for" in parameters and isinstance(written.value, Number):
        meant["for"] = _length(written, callee, scope)
    elif name not in parameters:
        names.touch((written.value,), scope)
        near = unknown_argument(written.name, callee, parameters, scope)
        if near is not None:
            meant[near] = Argument(written.value, scope, written.name)
    elif name in bound:
        names.touch((written.value,), scope)
        earlier = bound[name].name
        first = bound[name].value.span if earlier is None else earlier.span
        scope.problems.report(
            "DD105" if callee.noun == "argument" else "DD110",
            f"`{name}` is given twice",
            Label(written.name.span, "given again here"),
            also=[label(first, "first given here")],
            help=["keep one of the two"],
        )
    else:
        bound[name] = Argument(written.value, scope, written.name)


def _length(written: Keyword, callee: Callee, scope: Scope) -> Argument:
    """`epochs: 500` for `for: 500 epochs`."""
    name, number = written.name.text, scope.problems.quote(written.value.span)
    text = scope.problems.sources.get(written.span.source, "")
    between = text[written.name.span.end : written.value.span.end]
    scope.problems.report(
        "DD102",
        f"`{callee.name}` has no {callee.noun} `{name}`",
        Label(written.name.span, "the length of training is called `for`"),
        help=[f"write `for: {number} {name}`"],
        fix=Fix(written.span, f"for{between} {name}", f"write `for: {number} {name}`"),
    )
    assert isinstance(written.value, Number)
    length = Quantity(written.value, written.name, span=written.value.span)
    return Argument(length, scope, written.name)


def unknown_argument(
    name: Identifier, callee: Callee, parameters: Sequence[str], scope: Scope
) -> str | None:
    """Report an argument or setting that does not exist; the one probably meant."""
    near = similar(name.text, parameters)
    noun = callee.noun
    advice = [*advice_on(name.text, near, noun), *_elsewhere(name.text)]
    more = f" (`ddspec explain {callee.name}` shows what each does)" if callee.explained else ""
    takes = f"takes {listed(parameters)}{more}" if parameters else f"takes no {noun}s"
    scope.problems.report(
        "DD102",
        f"`{callee.name}` has no {noun} `{name.text}`",
        Label(name.span, f"not {article(noun)} of `{callee.name}`"),
        help=[*advice, f"`{callee.name}` {takes}"],
        fix=names.rename(name.span, name.text, near),
    )
    return near


def _elsewhere(name: str) -> list[str]:
    """Where to say what is no argument here."""
    if name in ELSEWHERE:
        return [ELSEWHERE[name]]
    if "regularizer" in registry.kinds_of(name):
        return [f"`{name}` is a regularizer: `regularizer: {name}(...)` in the experiment"]
    return []


def _too_many(
    surplus: list[Expression], callee: Callee, parameters: Sequence[str], scope: Scope
) -> None:
    if not surplus:
        return
    names.touch(tuple(surplus), scope)
    after_named = len(parameters) > 0
    takes = f"takes {listed(parameters)}" if parameters else "takes no arguments"
    scope.problems.report(
        "DD118",
        f"`{callee.name}` has no place for this argument",
        Label(surplus[0].span, "which argument is this?"),
        help=[
            f"`{callee.name}` {takes}",
            *(["give each argument a name: `NAME: value`"] if after_named else []),
        ],
    )


def missing(
    names_missing: Sequence[str], callee: Callee, scope: Scope, examples: Sequence[str]
) -> None:
    """Report arguments or settings without a default that are not given."""
    if scope.draft is not None:
        scope.draft.blind = True
    scope.problems.report(
        "DD106",
        f"`{callee.name}` needs {listed(names_missing, 'and')}",
        Label(callee.span, f"without {listed(names_missing, 'and')}"),
        help=[f"for example `{example}`" for example in examples if example],
    )
