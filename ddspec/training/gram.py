"""Factors of Gram matrices, by which problems of many shifts or of many widths are solved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import attrs
import torch
from torch import Tensor


@attrs.frozen(eq=False)
class Problem:
    """Find W, (width, k), minimizing |A W - targets|^2 + shift |W|^2, of least norm for shift 0.

    A: the first `width` columns of a design matrix. draw: which of the targets there are.
    """

    width: int
    shift: float
    draw: int = 0


@attrs.frozen(eq=False)
class Columns:
    """Problems side by side, `outputs` columns each.

    widths, shifts: (c,), of each column. places: (c,), its targets among those of all draws.
    """

    widths: Tensor
    shifts: Tensor
    places: Tensor

    @classmethod
    def of(cls, problems: Sequence[Problem], outputs: int, device: torch.device) -> Columns:
        """The columns of some problems, in their order, on a device."""
        widths, draws = (
            torch.tensor(values, device=device).repeat_interleave(outputs)
            for values in zip(*((p.width, p.draw) for p in problems), strict=True)
        )
        shifts = torch.tensor([p.shift for p in problems], dtype=torch.float64, device=device)
        within = torch.arange(outputs, device=device).repeat(len(problems))
        return cls(widths, shifts.repeat_interleave(outputs), draws * outputs + within)


class Factor(Protocol):
    """A factored Gram matrix G, (size, size) float64, that solves (G_p + shift I) x = right.

    G_p: the first p rows and columns.
    """

    @property
    def size(self) -> int:
        """Rows of the matrix."""

    def condition(self, problem: Problem) -> tuple[float, float]:
        """Bounds, from below and from above, of the condition of the equations."""

    def solve(self, right: Tensor, columns: Columns, places: Tensor | None = None) -> Tensor:
        """Solutions, (size, c), each of a width and a shift of its own, zero beyond its width.

        right: (size, c), of which the first `width` rows of a column count; with `places`, (c,),
        those of its columns that are meant.
        """


@attrs.frozen(eq=False)
class Cholesky:
    """G + shift I = lower lower^T for one shift; leading blocks of `lower` factor those of G.

    norm: the Frobenius norm of G + shift I. least: (size,) bounds from below of the conditions of
    the leading blocks, from the diagonals.
    """

    lower: Tensor
    norm: float
    least: list[float]

    @classmethod
    def of(cls, gram: Tensor, shift: float) -> Cholesky:
        """The factor of the largest leading block that is positive definite in float64."""
        shifted = gram.clone()
        shifted.diagonal().add_(shift)
        lower, info = torch.linalg.cholesky_ex(shifted)
        while wrong := int(info):
            shifted = shifted[: wrong - 1, : wrong - 1]
            lower, info = torch.linalg.cholesky_ex(shifted)
        if not len(lower):
            return cls(lower, 0.0, [])
        largest = shifted.diagonal().cummax(dim=0).values
        pivots = lower.diagonal().square().cummin(dim=0).values
        return cls(lower, float(shifted.norm()), (largest / pivots).tolist())

    @property
    def size(self) -> int:
        """Rows of the matrix."""
        return len(self.lower)

    def condition(self, problem: Problem) -> tuple[float, float]:
        """Bounds of the condition; the problem's shift is that of the factor."""
        most = self.norm / problem.shift if problem.shift else math.inf
        return self.least[min(problem.width, self.size) - 1], most

    def solve(self, right: Tensor, columns: Columns, places: Tensor | None = None) -> Tensor:
        """Solutions, (size, c); all shifts are that of the factor."""
        halfway = _chosen(torch.linalg.solve_triangular(self.lower, right, upper=False), places)
        inside = torch.arange(self.size, device=right.device)[:, None] < columns.widths
        solved: Tensor = torch.linalg.solve_triangular(self.lower.mT, halfway * inside, upper=True)
        return solved


@attrs.frozen(eq=False)
class Spectrum:
    """G = vectors diag(values) vectors^T with increasing values, for every shift of the whole G.

    ends: the least and the largest value.
    """

    values: Tensor
    vectors: Tensor
    ends: tuple[float, float]

    @classmethod
    def of(cls, gram: Tensor) -> Spectrum:
        """The eigenvalues and eigenvectors of a symmetric float64 matrix."""
        values, vectors = torch.linalg.eigh(gram)
        return cls(values, vectors, (float(values[0]), float(values[-1])))

    @property
    def size(self) -> int:
        """Rows of the matrix."""
        return len(self.values)

    def condition(self, problem: Problem) -> tuple[float, float]:
        """The condition, which is known, twice."""
        least, largest = (value + problem.shift for value in self.ends)
        known = largest / least if least > 0 else math.inf
        return known, known

    def solve(self, right: Tensor, columns: Columns, places: Tensor | None = None) -> Tensor:
        """Solutions, (size, c); all widths are that of the whole matrix."""
        turned = _chosen(self.vectors.mT @ right, places)
        return self.vectors @ (turned / (self.values[:, None] + columns.shifts))


def _chosen(columns: Tensor, places: Tensor | None) -> Tensor:
    return columns if places is None else columns[:, places]
