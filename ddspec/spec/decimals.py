"""Exact arithmetic: numbers of a spec are decimals until a word's field takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, localcontext

PRECISION = 40
DIGITS = 6  # significant digits of a point of a log grid
EXACT = Context(prec=PRECISION, rounding=ROUND_HALF_EVEN, Emax=10_000, Emin=-10_000)


class ImpossibleError(ArithmeticError):
    """An operation without a result; the message says why in a few words."""


def read(text: str) -> Decimal:
    """The number written as `text`: digits, underscores, a point, an exponent.

    Raises ImpossibleError for an exponent beyond ten thousand.
    """
    try:
        value = EXACT.create_decimal(text.replace("_", ""))
    except DecimalException:
        raise ImpossibleError("its exponent is too large") from None
    mantissa = text.lower().partition("e")[0]
    if value == 0 and set(mantissa) & set("123456789"):
        raise ImpossibleError("its exponent is too small")
    return value


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if base == 0 and exponent < 0:
        raise ImpossibleError("0 has no negative power")
    if base < 0 and exponent != exponent.to_integral_value():
        raise ImpossibleError("a negative number has no fractional power")
    return Decimal(1) if exponent == 0 else base**exponent


def _over(left: Decimal, right: Decimal) -> Decimal:
    if right == 0:
        raise ImpossibleError("division by 0")
    return left / right


def _sqrt(value: Decimal) -> Decimal:
    if value < 0:
        raise ImpossibleError("a negative number has no square root")
    return value.sqrt()


def _log(value: Decimal) -> Decimal:
    if value <= 0:
        raise ImpossibleError("only positive numbers have a logarithm")
    return value.ln()


def _whole(rounding: str) -> Callable[[Decimal], Decimal]:
    return lambda value: value.to_integral_value(rounding=rounding)


OPERATORS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _over,
    "^": _power,
}
FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "sqrt": _sqrt,
    "log": _log,
    "exp": lambda value: value.exp(),
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "floor": _whole("ROUND_FLOOR"),
    "ceil": _whole("ROUND_CEILING"),
    "round": _whole("ROUND_HALF_EVEN"),
    "abs": abs,
}
VARIADIC = frozenset({"min", "max"})
WHOLE = frozenset({"floor", "ceil", "round"})


def apply(name: str, operands: Sequence[Decimal]) -> Decimal:
    """The operator or function `name` of its operands, to 40 digits; raises ImpossibleError."""
    function = OPERATORS[name] if name in OPERATORS else FUNCTIONS[name]
    try:
        with localcontext(EXACT):
            return function(*operands)
    except DecimalException:
        raise ImpossibleError("the result is too large or too small to write") from None


def is_whole(value: Decimal) -> bool:
    """True for integers."""
    return value == value.to_integral_value()


def significant(value: Decimal, digits: int = DIGITS) -> Decimal:
    """`value` rounded, half to even, to so many significant digits."""
    if value == 0:
        return Decimal(0)
    with localcontext(EXACT):
        unit = Decimal(1).scaleb(value.adjusted() - digits + 1)
        return value.quantize(unit, rounding=ROUND_HALF_EVEN)


def linear(low: Decimal, high: Decimal, points: int) -> list[Decimal]:
    """Evenly spaced points, both ends exact."""
    with localcontext(EXACT):
        step = (high - low) / (points - 1)
        return [low, *(significant(low + step * i, 12) for i in range(1, points - 1)), high]


def logarithmic(low: Decimal, high: Decimal, points: int, *, whole: bool) -> list[Decimal]:
    """Points in equal ratios between positive ends, the ends exact.

    Points between are rounded to whole numbers (`whole`) or to 6 significant digits, so that every
    machine, and a grid refined to 2k - 1 points, gives the same numbers. Repeated ones are kept.
    """
    with localcontext(EXACT):
        start, width = low.ln(), high.ln() - low.ln()
        inner = [(start + width * i / (points - 1)).exp() for i in range(1, points - 1)]
        rounded = [v.to_integral_value(ROUND_HALF_EVEN) if whole else significant(v) for v in inner]
    return [low, *rounded, high]


def drawn(
    low: Decimal, high: Decimal, points: int, seed: int, *, log: bool, whole: bool
) -> list[Decimal]:
    """Points drawn independently and evenly between two ends or, if `log`, between their
    logarithms; in the order drawn, so that more points begin with the fewer ones of a seed.

    They are rounded like those of `logarithmic`, so that every machine gives the same numbers.
    """
    found = []
    with localcontext(EXACT):
        start, end = (low.ln(), high.ln()) if log else (low, high)
        for number in range(points):
            digits = hashlib.sha256(f"ddspec-random-1\0{seed}\0{number}".encode()).digest()[:8]
            place = start + (end - start) * int.from_bytes(digits, "big") / 2**64
            value = place.exp() if log else place
            found.append(value.to_integral_value(ROUND_HALF_EVEN) if whole else significant(value))
    return found


def stepped(low: Decimal, high: Decimal, step: Decimal, *, closed: bool) -> list[Decimal]:
    """low, low + step, ... up to `high`, which is a point only when `closed` and hit exactly."""
    with localcontext(EXACT):
        count = int((high - low) / step) + 1
        values = [low + step * i for i in range(count)]
    return values if closed or values[-1] != high else values[:-1]


def plain(value: Decimal) -> str:
    """The number as one would write it in a spec: the shortest exact text, `1e-4`, `0.15`, `4000`.

    Whole numbers below ten million are written out.
    """
    if value == 0:
        return "0"
    value = value.normalize(EXACT)
    fixed = format(value, "f")
    if is_whole(value) and abs(value) < Decimal(10_000_000):
        return fixed
    mantissa = format(value, "e").replace("e+", "e")
    return mantissa if len(mantissa) < len(fixed) else fixed


def rounded(value: Decimal) -> str:
    """A number for a sentence, to six digits."""
    return plain(value if is_whole(value) else significant(value))


def about(count: int) -> str:
    """A whole number of any size for a sentence, to three digits: `1.25e10`, `4,000`."""
    return f"{count:,}" if count < 10_000_000 else plain(significant(Decimal(count), 3))  # noqa: PLR2004


def grouped(value: Decimal) -> str:
    """A number for a sentence: thousands separated by commas."""
    return f"{int(value):,}" if is_whole(value) and abs(value) >= Decimal(1000) else plain(value)
