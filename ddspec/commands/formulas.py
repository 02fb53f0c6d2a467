"""What an experiment minimizes, in LaTeX and as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from ddspec.plan.written import write_value, write_word
from ddspec.spec.model import Composition, Experiment
from ddspec.vocabulary.glossary import summary
from ddspec.vocabulary.kinds import Loss, Procedure, Regularizer, Word
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent

MEAN_LOSS = r"\frac{1}{n} \sum_i \ell(f(x_i), y_i)"
SQUARED = r"\frac{1}{k} \lVert f(x) - y \rVert_2^2"  # what is solved exactly
MOST = 4  # values of an argument that are written out
WIDEST = 96  # columns of a line
PLAIN = (
    (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1/\2)"),
    (r"\\math(?:rm|it)\{([^{}]*)\}", r"\1"),
    (r"\\[lr]Vert", "‖"),
    (r"\\quad", "  "),
    (r"‖ (?=\S)([^‖]*\S) ‖", r"‖\1‖"),
    (r"\^\{([^{}]*)\}", r"^(\1)"),
    (r"_\{([^{}]*)\}", r"_\1"),
)
SIGNS = {
    "lambda": "λ",
    "ell": "ℓ",  # noqa: RUF001 - the letter of a loss
    "sum": "Σ",
    "prod": "Π",
    "sigma": "σ",  # noqa: RUF001 - the letter of a singular value
    "partial": "∂",
    "cdot": "·",
    "ge": "≥",
    "in": "∈",
    "Omega": "Ω",
    "log": "log",
    "max": "max",
    "min": "min",
}


@attrs.frozen
class Objective:
    """What the cells of an experiment minimize, in LaTeX: pairs of a name and what is said of it.

    `whole`: the objective, empty where a library fits; `losses`: each loss by its name;
    `penalties`: the penalty of each composition; `symbols`: what arguments that differ between
    cells run through; `how`: in words, how it is minimized; `terms`: in words, what each term of a
    composition does.
    """

    experiment: str
    whole: str
    losses: tuple[tuple[str, str], ...]
    penalties: tuple[tuple[str, str], ...]
    symbols: tuple[tuple[str, str], ...]
    how: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str], ...]


def objective_of(experiment: Experiment) -> Objective:
    """The objective of an experiment, from the words that its cells are made of."""
    compositions = _distinct(experiment.regularizer.values)
    procedures: list[Procedure] = _distinct(experiment.train.values)
    values = _values([term for composition in compositions for term in composition])
    losses = [each.loss for each in procedures if isinstance(each, GradientDescent)]
    values |= _values(losses)
    penalties = dict(_penalty(composition, values) for composition in compositions)
    named = [(each.name(), _formula(each, values)) for each in _first_of_each(losses)]
    if any("closed_form" in each.traits for each in procedures):
        named.append(("squared error", SQUARED))
    penalized = set(penalties.values()) != {"0"}
    terms = _first_of_each([term for composition in compositions for term in composition])
    return Objective(
        experiment.name,
        (rf"\min_w {MEAN_LOSS}" if named else "") + (r" + \Omega(w)" if penalized else ""),
        tuple(named),
        tuple(penalties.items()) if terms else (),
        tuple((_symbol(*key), _listed(found)) for key, found in values.items() if len(found) > 1),
        tuple((each.name(), _solver(each)) for each in _first_of_each(procedures)),
        tuple((_acting(term, values), summary(type(term))) for term in terms),
    )


def latex(objective: Objective) -> str:
    """The objective as LaTeX to paste into a paper: displays, and comments about what acts."""
    about = [f"% {name}: {text}" for name, text in (*objective.how, *objective.terms)]
    if not objective.whole:
        return "\n".join([f"% {objective.experiment}", *about])
    lines = [f"% {objective.experiment}", r"\begin{align*}", rf"  & {objective.whole} \\"]
    lines += [rf"  & \ell = {text} && \text{{{_text(name)}}} \\" for name, text in objective.losses]
    lines += [
        rf"  & \Omega(w) = {text} && \text{{{_text(name)}}} \\"
        for name, text in objective.penalties
    ]
    lines += [rf"  & {symbol} \in \{{{text}\}} \\" for symbol, text in objective.symbols]
    return "\n".join([*lines, r"\end{align*}", *about])


def plain(objective: Objective) -> str:
    """The objective for a terminal."""
    widest = max((len(name) for name, _ in objective.penalties), default=0)
    lines = [f"experiment {objective.experiment}"]
    lines += [f"  {plain_text(objective.whole)}"] if objective.whole else []
    loss = plain_text(r"\ell")
    lines += [f"  {loss} = {plain_text(text)}  ({name})" for name, text in objective.losses]
    lines += [
        f"  Ω(w) under {name.ljust(widest)} = {plain_text(text)}"
        for name, text in objective.penalties
    ]
    lines += [f"  {plain_text(symbol)} in {{{text}}}" for symbol, text in objective.symbols]
    for name, text in (*objective.how, *objective.terms):
        lines += _wrapped(f"{name}: {text}")
    return "\n".join(lines)


def plain_text(formula: str) -> str:
    """A formula of words, which is LaTeX, as one line of signs."""
    before = ""
    while before != formula:  # from the innermost braces outwards
        before = formula
        for pattern, sign in PLAIN:
            formula = re.sub(pattern, sign, formula)
    return re.sub(r"\\([A-Za-z]+)", lambda found: SIGNS[found[1]], formula).replace(r"\_", "_")


# --- what differs between cells ---------------------------------------------------------------


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(value for value in values if value is not None))


def _values(words: Sequence[Word]) -> dict[tuple[str, str], list[Any]]:
    """What each argument of each word runs through, in order of appearance."""
    found: dict[tuple[str, str], dict[Any, None]] = {}
    for word in words:
        for parameter in word.parameters_of():
            values = found.setdefault((word.name(), parameter.name), {})
            values[getattr(word, parameter.field)] = None
    return {key: list(values) for key, values in found.items()}


def _first_of_each(words: Iterable[Any]) -> list[Any]:
    """One word of each name."""
    found: dict[str, Word] = {}
    for word in words:
        found.setdefault(word.name(), word)
    return list(found.values())


def _acting(term: Regularizer, values: dict[tuple[str, str], list[Any]]) -> str:
    """A term as it is written, where all cells have it so, and how it acts."""
    several = any(len(values[term.name(), each.name]) > 1 for each in term.parameters_of())
    return f"{term.name() if several else write_word(term)} ({term.acts})"


def _formula(word: Loss | Regularizer, values: dict[tuple[str, str], list[Any]]) -> str:
    """The formula of a word, its arguments as numbers or, where they differ, as symbols."""

    def said(found: re.Match[str]) -> str:
        several = values[word.name(), found[1]]
        return _symbol(word.name(), found[1]) if len(several) > 1 else write_value(several[0])

    text = word.formula() or rf"\mathrm{{{_text(word.name())}}}"
    return re.sub(r"<(\w+)>", said, text)


def _symbol(word: str, argument: str) -> str:
    letter = r"\lambda" if argument == "strength" else rf"\mathrm{{{_text(argument)}}}"
    return rf"{letter}_{{\mathrm{{{_text(word)}}}}}"


def _text(name: str) -> str:
    return name.replace("_", r"\_")


def _penalty(composition: Composition, values: dict[tuple[str, str], list[Any]]) -> tuple[str, str]:
    """A composition by the names of its terms, and what it adds to the mean loss."""
    added = [_formula(term, values) for term in composition if term.formula()]
    names = " + ".join(dict.fromkeys(term.name() for term in composition))
    return names or "none", " + ".join(added) or "0"


def _listed(values: Sequence[Any]) -> str:
    if all(isinstance(value, int | float) for value in values):
        values = sorted(values)
    texts = [write_value(value) if value is not None else "none" for value in values]
    if len(texts) > MOST:
        texts = [*texts[: MOST - 1], "...", texts[-1]]
    return ", ".join(texts)


def _solver(procedure: Procedure) -> str:
    if isinstance(procedure, GradientDescent):
        return f"{summary(type(procedure))}; the optimizer is {write_word(procedure.optimizer)}"
    return summary(type(procedure))


def _wrapped(text: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(text, WIDEST, initial_indent="  ", subsequent_indent="      ")
