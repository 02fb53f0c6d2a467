"""Nested ridge regressions against singular values, direct solves and 50 decimal digits."""

import numpy as np
import pytest
import torch
from mpmath import lu_solve, matrix, mp, mpf

from ddspec.training import ridge
from ddspec.training.design import Design
from ddspec.training.gram import Cholesky, Problem, Spectrum
from ddspec.training.ridge import solve

N, TALL, WIDE = 30, 20, 45


def conditioned(rows, columns, condition, seed=0):
    """A matrix whose singular values go down evenly to one over its condition."""
    generator, rank = np.random.default_rng(seed), min(rows, columns)
    left, right = (np.linalg.qr(generator.standard_normal((n, rank)))[0] for n in (rows, columns))
    return torch.tensor(left * np.geomspace(1, 1 / condition, rank) @ right.T)


def targets(columns=2, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(N, columns, dtype=torch.float64, generator=generator)


def alone(design, shift=0.0, wanted=None):
    """The solution of one problem on all columns."""
    wanted = targets() if wanted is None else wanted
    (weights,) = solve(design, [wanted], [Problem(design.shape[1], shift)])
    return weights.numpy()


def digits(design, shift, wanted):
    """The solution of one column with 50 decimal digits."""
    mp.dps = 50
    a, y, shift = matrix(design.tolist()), matrix(wanted.tolist()), mpf(shift)
    if a.cols <= a.rows:
        return np.array(lu_solve(a.T * a + shift * mp.eye(a.cols), a.T * y), float).ravel()
    return np.array(a.T * lu_solve(a * a.T + shift * mp.eye(a.rows), y), float).ravel()


def distance(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def no_singular_values(monkeypatch):
    monkeypatch.setattr(Design, "of", None)


@pytest.mark.parametrize("width", [1, TALL, N - 1, N, N + 1, WIDE])
def test_without_shift_it_is_the_pseudoinverse(width):
    design = conditioned(N, width, 100)
    assert distance(alone(design), np.linalg.pinv(design.numpy()) @ targets().numpy()) < 1e-12


@pytest.mark.parametrize("width", [TALL, N, WIDE])
def test_of_rank_deficient_designs_it_is_the_solution_of_least_norm(width):
    design = conditioned(N, 10, 100) @ conditioned(10, width, 100, seed=2)
    expected = np.linalg.lstsq(design.numpy(), targets().numpy(), rcond=1e-10)[0]
    assert distance(alone(design), expected) < 1e-9


@pytest.mark.parametrize("width", [TALL, WIDE])
def test_columns_may_repeat_or_be_zero(width):
    design = conditioned(N, width, 10)
    design[:, 5], design[:, 7] = design[:, 3], 0.0
    design[8:11] = design[11:14]  # samples as well
    expected = np.linalg.lstsq(design.numpy(), targets().numpy(), rcond=1e-12)[0]
    assert distance(alone(design), expected) < 1e-12
    assert np.abs(alone(design)[7]).max() < 1e-14


def test_of_a_design_of_zeros_it_is_zero():
    for width in (TALL, WIDE):
        assert not alone(torch.zeros(N, width, dtype=torch.float64)).any()


@pytest.mark.parametrize("factor", [Cholesky, Spectrum])
@pytest.mark.parametrize("width", [TALL, WIDE])
@pytest.mark.parametrize("condition", [1e1, 1e3, 1e5, 3e5])
def test_ill_conditioned_least_squares_is_as_exact_as_singular_values(
    monkeypatch, factor, width, condition
):
    design, wanted = conditioned(N, width, condition), targets(1)
    expected = digits(design, 0, wanted)
    singular = distance(Design.of(design).solve(wanted).numpy()[:, 0], expected)
    no_singular_values(monkeypatch)
    monkeypatch.setattr(ridge, "SPECTRAL", 0 if factor is Spectrum else 1e9)
    assert distance(alone(design, 0.0, wanted)[:, 0], expected) < 10 * singular + 1e-15


@pytest.mark.parametrize("factor", [Cholesky, Spectrum])
@pytest.mark.parametrize("width", [TALL, WIDE])
@pytest.mark.parametrize("shift", [1e-12, 1e-8, 1e-6, 1e-4, 1e-3, 1e-1, 1e2])
def test_ridge_is_exact_on_an_ill_conditioned_design(monkeypatch, factor, width, shift):
    design, wanted = conditioned(N, width, 1e8), targets(1)
    monkeypatch.setattr(ridge, "SPECTRAL", 0 if factor is Spectrum else 1e9)
    found = alone(design, shift, wanted)[:, 0]
    assert distance(found, digits(design, shift, wanted)) < 1e-15 / shift**0.5 + 2e-12


@pytest.mark.parametrize("width", [TALL, WIDE])
@pytest.mark.parametrize("shift", [1e-6, 1e-3, 1.0])
def test_ridge_is_the_direct_solution_in_float64(width, shift):
    design = conditioned(N, width, 30)
    normal = (design.mT @ design + shift * torch.eye(width, dtype=torch.float64)).numpy()
    expected = np.linalg.solve(normal, (design.mT @ targets()).numpy())
    assert distance(alone(design, shift), expected) < 1e-8


def test_numerically_singular_designs_are_left_to_singular_values(monkeypatch):
    no_singular_values(monkeypatch)
    for width in (TALL, WIDE):
        with pytest.raises(TypeError):
            alone(conditioned(N, width, 1e8))


@pytest.mark.parametrize("spectral", [0, 1e9], ids=["by width", "by shift"])
def test_problems_side_by_side_are_the_problems_alone(monkeypatch, spectral):
    monkeypatch.setattr(ridge, "SPECTRAL", spectral)
    design, draws = conditioned(N, WIDE, 50), [targets(2, seed) for seed in (1, 2, 3)]
    problems = [
        Problem(width, shift, draw)
        for draw in (2, 0, 1)
        for width in (40, 3, TALL, WIDE, N)
        for shift in (0.0, 1e-9, 1e-2, 7.0)
    ]
    for problem, found in zip(problems, solve(design, draws, problems), strict=True):
        part = design[:, : problem.width]
        expected = alone(part, problem.shift, draws[problem.draw])
        assert distance(found.numpy(), expected) < (2e-11 if problem.shift else 1e-12)


@pytest.mark.parametrize("factor", [Cholesky, Spectrum])
@pytest.mark.parametrize("width", [TALL, WIDE])
def test_what_is_known_to_be_singular_is_not_tried(monkeypatch, factor, width):
    monkeypatch.setattr(ridge, "SPECTRAL", 0 if factor is Spectrum else 1e9)
    monkeypatch.setattr(ridge._Piece, "of", None)
    design = conditioned(N, width, 10)
    design[:, 5], design[12] = design[:, 3], design[4]
    assert distance(alone(design), np.linalg.pinv(design.numpy()) @ targets().numpy()) < 1e-12


def test_a_width_that_cannot_be_factored_leaves_narrower_ones_alone():
    design = conditioned(N, TALL, 10)
    design[:, 12] = design[:, 3]
    found = solve(design, [targets()], [Problem(TALL, 0.0), Problem(8, 0.0), Problem(13, 0.0)])
    for weights in found:
        part = design[:, : len(weights)].numpy()
        assert distance(weights.numpy(), np.linalg.pinv(part) @ targets().numpy()) < 1e-12


def test_rounding_is_no_rank():
    column = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    design = Design.of(torch.cat([column, column @ torch.ones(3, 3).double() / 3, column], dim=1))
    assert len(design.values) == 3
    weights = design.solve(column[:, :1])
    assert torch.allclose(weights[:3], weights[6:], atol=1e-12)
