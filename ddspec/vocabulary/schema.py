"""The fields of a word: each says its type, range, unit, default and help once, for every use."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal

import attrs

Accepts = Literal[
    "integer", "number", "choice", "flag", "integers", "numbers", "duration", "durations", "word",
    "words", "text",
]  # fmt: skip

FULL: Final = 2**62  # more samples than there can be: what `full` stands for until they are known


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Final[Any] = _Required()


@attrs.frozen
class Duration:
    """A length of training: `count` passes over the data (epochs) or parameter updates (steps)."""

    count: int
    unit: Literal["epochs", "steps"]

    def steps(self, steps_per_epoch: int) -> int:
        """The same length in parameter updates."""
        return self.count * steps_per_epoch if self.unit == "epochs" else self.count

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


@attrs.frozen
class Parameter:
    """One argument of a word, as the checker, the help and the printer see it.

    A bound is inclusive unless its `_open` flag is set. A value of a parameter with several
    `units` must be written with one. `lift` names the word a bare number stands for. `named` has
    the names that may be written for a whole number. `stacked` values may differ between the models
    of one stack. A text that `refers` names an axis of the experiment or a quantity it records.
    """

    accepts: Accepts
    help: str
    name: str = ""
    field: str = ""
    default: Any = REQUIRED
    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False
    units: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    named: tuple[tuple[str, int], ...] = ()
    kind: str | None = None
    lift: str | None = None
    stacked: bool = False
    refers: Literal["", "axis", "quantity"] = ""

    @property
    def required(self) -> bool:
        """True when the argument has no default."""
        return self.default is REQUIRED

    @property
    def interval(self) -> str:
        """The legal range in mathematical notation: `[0, 1)`."""
        low = "(-inf" if self.low is None else f"{'(' if self.low_open else '['}{self.low}"
        high = "inf)" if self.high is None else f"{self.high}{')' if self.high_open else ']'}"
        return f"{low}, {high}"

    def admits(self, value: Decimal) -> bool:
        """True when `value` lies in the legal range."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or not (
            value > self.high or (self.high_open and value == self.high)
        )


def _declare(parameter: Parameter) -> Any:
    default = attrs.NOTHING if parameter.required else parameter.default
    return attrs.field(default=default, kw_only=True, metadata={"parameter": parameter})


def _bounds(
    at_least: float | None, above: float | None, at_most: float | None, below: float | None
) -> dict[str, Any]:
    low = above if at_least is None else at_least
    high = below if at_most is None else at_most
    return {
        "low": None if low is None else Decimal(str(low)),
        "high": None if high is None else Decimal(str(high)),
        "low_open": above is not None,
        "high_open": below is not None,
    }


def number(
    help: str,
    *,
    default: Any = REQUIRED,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    stacked: bool = False,
) -> Any:
    """A real number, kept as float."""
    bounds = _bounds(at_least, above, at_most, below)
    return _declare(Parameter("number", help, default=default, stacked=stacked, **bounds))


def integer(
    help: str,
    *,
    default: Any = REQUIRED,
    at_least: int | None = None,
    at_most: int | None = None,
    unit: str | None = None,
    name: str = "",
    stacked: bool = False,
    named: tuple[tuple[str, int], ...] = (),
) -> Any:
    """A whole number, with the unit it may be written with; `name` is its spelling in a spec.

    named: names that may be written for a number.
    """
    return _declare(
        Parameter(
            "integer",
            help,
            name=name,
            default=default,
            units=(unit,) if unit else (),
            stacked=stacked,
            named=named,
            **_bounds(at_least, None, at_most, None),
        )
    )


def integers(
    help: str, *, default: Any = REQUIRED, at_least: int | None = None, name: str = ""
) -> Any:
    """A list of whole numbers, `[a, b]`, kept as a tuple; `name` is its spelling in a spec."""
    bounds = _bounds(at_least, None, None, None)
    return _declare(Parameter("integers", help, name=name, default=default, **bounds))


def numbers(
    help: str,
    *,
    default: Any = REQUIRED,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
) -> Any:
    """A list of real numbers, `[a, b]`, kept as a tuple of floats."""
    bounds = _bounds(at_least, above, at_most, None)
    return _declare(Parameter("numbers", help, default=default, **bounds))


# Choices that several architectures offer; ddspec.vocabulary.layers makes them.
ACTIVATIONS = (
    *("relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu"),
    *("softplus", "elu", "erf", "identity", "quadratic", "step"),
)
FIRST_WEIGHTS = ("pytorch", "he", "xavier", "lecun", "he_uniform", "xavier_uniform", "orthogonal")


def choice(help: str, *choices: str, default: Any = REQUIRED) -> Any:
    """One of a few bare names."""
    return _declare(Parameter("choice", help, default=default, choices=choices))


def flag(help: str, *, default: bool) -> Any:
    """`true` or `false`."""
    return _declare(Parameter("flag", help, default=default))


def duration(help: str, *, default: Any = REQUIRED, name: str = "") -> Any:
    """A positive length of training in epochs or steps; `name` is its spelling in a spec."""
    return _declare(
        Parameter(
            "duration", help, name=name, default=default, units=("epochs", "steps"), low=Decimal(1)
        )
    )


def durations(help: str, *, default: Any = REQUIRED) -> Any:
    """A list of positive lengths of training, `[80 epochs, 120 epochs]`, kept as a tuple."""
    units = ("epochs", "steps")
    return _declare(Parameter("durations", help, default=default, units=units, low=Decimal(1)))


def word_of(kind: str, help: str, *, default: Any = REQUIRED, lift: str | None = None) -> Any:
    """A word of another kind; a bare number stands for the word `lift` of that number."""
    return _declare(Parameter("word", help, default=default, kind=kind, lift=lift))


def words_of(kind: str, help: str, *, default: Any = REQUIRED) -> Any:
    """A list of words of another kind, in order, kept as a tuple; a bare word is a list of one."""
    return _declare(Parameter("words", help, default=default, kind=kind))


def text(
    help: str,
    *,
    default: Any = REQUIRED,
    refers: Literal["", "axis", "quantity"] = "",
    name: str = "",
) -> Any:
    """A string in double quotes or a bare name; `refers` says what it names, if anything, and
    `name` is its spelling in a spec.
    """
    return _declare(Parameter("text", help, name=name, default=default, refers=refers))


FIELD_SPECIFIERS: Final[tuple[Callable[..., Any], ...]] = (
    number,
    integer,
    integers,
    numbers,
    choice,
    flag,
    duration,
    durations,
    word_of,
    words_of,
    text,
)
