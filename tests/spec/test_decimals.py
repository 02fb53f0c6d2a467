"""Exact arithmetic and log grids."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddspec.spec import decimals

positive = st.decimals("1e-9", "1e9", allow_nan=False).filter(bool)


@given(positive, st.floats(1.5, 1e6), st.integers(2, 40))
def test_refining_a_log_grid_keeps_its_points(low, ratio, points):
    high = decimals.significant(low * Decimal(ratio))
    coarse = decimals.logarithmic(low, high, points, whole=False)
    fine = decimals.logarithmic(low, high, 2 * points - 1, whole=False)
    assert fine[::2] == coarse


@given(positive, st.floats(1.5, 1e6), st.integers(2, 40))
def test_the_ends_of_a_log_grid_are_exact_and_it_rises(low, ratio, points):
    high = low * Decimal(ratio)
    grid = decimals.logarithmic(low, high, points, whole=False)
    assert (grid[0], grid[-1], len(grid)) == (low, high, points)
    assert grid == sorted(grid)


def test_a_grid_is_these_numbers_everywhere():
    grid = decimals.logarithmic(Decimal("1e-6"), Decimal("1e2"), 25, whole=False)
    assert [decimals.plain(v) for v in grid[:5]] == [
        "1e-6",
        "2.15443e-6",
        "4.64159e-6",
        "1e-5",
        "2.15443e-5",
    ]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_number_prints_to_itself(value):
    assert decimals.read(decimals.plain(value)) == value if value >= 0 else True
    assert Decimal(decimals.plain(value)) == value


@pytest.mark.parametrize(
    ("text", "plain"),
    [("0.0001", "1e-4"), ("0.15", "0.15"), ("4000", "4000"), ("1e7", "1e7"), ("0.01", "0.01"),
     ("1_000", "1000"), ("1.50", "1.5"), ("0", "0"), ("562341e-9", "5.62341e-4")],
)  # fmt: skip
def test_a_number_is_written_shortest(text, plain):
    assert decimals.plain(decimals.read(text)) == plain


@pytest.mark.parametrize(
    ("function", "operands"),
    [("/", (1, 0)), ("^", (0, -1)), ("^", (-1, Decimal("0.5"))), ("sqrt", (-1,)), ("log", (0,)),
     ("^", (10, 10**9)), ("exp", (10**9,))],
)  # fmt: skip
def test_an_operation_without_a_result_says_so(function, operands):
    with pytest.raises(decimals.ImpossibleError):
        decimals.apply(function, [Decimal(value) for value in operands])


def test_thirds_are_kept_to_forty_digits():
    third = decimals.apply("/", [Decimal(1), Decimal(3)])
    assert str(third) == "0." + 40 * "3"


def test_an_exponent_beyond_reason_is_refused():
    with pytest.raises(decimals.ImpossibleError):
        decimals.read("1e99999999999")
