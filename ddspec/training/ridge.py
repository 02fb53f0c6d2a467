"""Ridge regressions on nested design matrices, many of them from one factorization.

A problem of width p is about the first p columns of a matrix A, (n, P). Its Gram matrix, p <= n, is
a leading block of A^T A, so that the Cholesky factor of A^T A + shift I holds the factors of all
widths. For p > n there are fewer unknowns among the samples: W = A^T x with (A A^T + shift I) x =
targets, and A A^T grows with the width. Many shifts of one width share its eigenvalues.

A Gram matrix has the square of its design's condition. Unless that is known to be small, solutions
are corrected by residuals taken from A itself (corrected seminormal equations, Björck 1987), which
makes them as exact as orthogonal factors of A would. Where corrections do not get small at once,
the singular values of A decide, which are exact whatever the rank.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

import attrs
import torch
from torch import Tensor

from ddspec.training.design import Design
from ddspec.training.gram import Cholesky, Columns, Factor, Problem, Spectrum

# Uncorrected solutions were found to err by 1e-17 to 1e-16 times the condition of the equations.
SURE = 1e6  # condition up to which penalized solutions need no correction
SETTLED = 1e-11  # share of a solution which is not worth a correction, under a penalty
LOST = 1e12  # condition from which none is tried
CORRECTIONS = 3  # at most
TRUSTED = 1e-8  # the largest share of a solution that its last correction may be
# What factors cost, measured, in Cholesky factors of that many rows, cubed.
SPECTRAL = 17  # eigenvectors
BESIDE = 400**3  # of any factor: calls, and what is done with it
COLUMNS = 1 << 24  # numbers of right-hand sides solved for at once

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Solution = tuple[Problem, Tensor]


def solve(matrix: Tensor, targets: Sequence[Tensor], problems: Sequence[Problem]) -> list[Tensor]:
    """The weights, (width, k) float64 each, of the problems in their order.

    matrix: (n, P) float64, P at least every width. targets: (n, k) float64 of every draw. Beside
    these and the weights it holds a few squares of min(n, P) rows and a few times COLUMNS numbers.
    """
    outputs, joined = targets[0].shape[1], torch.cat(list(targets), dim=1)
    tall = [p for p in problems if p.width <= len(matrix)]
    wide = [p for p in problems if p.width > len(matrix)]
    solved = dict(_tall(matrix, joined, outputs, tall))
    solved |= dict(_wide(matrix, joined, outputs, wide))
    rest = [p for p in problems if p not in solved]
    for width, members in grouped(rest, lambda p: p.width).items():
        design = Design.of(matrix[:, :width])
        solved |= {p: design.solve(targets[p.draw], p.shift) for p in members}
    return [solved[problem] for problem in problems]


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Items by key, in the order in which the keys appear."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _tall(
    matrix: Tensor, targets: Tensor, outputs: int, problems: Sequence[Problem]
) -> Iterator[Solution]:
    """Problems no wider than there are samples, solved for the weights themselves."""
    if not problems:
        return
    matrix = matrix[:, : max(p.width for p in problems)]
    gram, moments = matrix.mT @ matrix, matrix.mT @ targets
    for factor, members in _factors(gram, problems, lambda p: p.width):
        size = factor.size
        system = _Normal(matrix[:, :size], moments[:size], targets, outputs)
        yield from _solutions(system, factor, members)


def solve_dual(
    system: System, gram: Tensor, problems: Sequence[Problem], targets: Sequence[Tensor]
) -> list[Tensor]:
    """The weights, as in `solve`, of problems of one width above the number of samples, from A A^T
    alone: A is known by what it does.
    """
    solved: dict[Problem, Tensor] = {}
    for factor, members in _factors(gram, problems, lambda _: len(gram)):
        solved |= dict(_solutions(system, factor, members))
    rest = [p for p in problems if p not in solved]
    if rest:
        spectrum = Design.of(gram)  # exact to the root of its rounding only
        for problem in rest:
            found = spectrum.solve_gram(targets[problem.draw], problem.shift)
            solved[problem] = system.weights(found)
    return [solved[problem] for problem in problems]


def _wide(
    matrix: Tensor, targets: Tensor, outputs: int, problems: Sequence[Problem]
) -> Iterator[Solution]:
    """Problems with more unknowns than samples, solved for one unknown a sample."""
    groups, before = grouped(problems, lambda p: p.width), 0
    gram = matrix.new_zeros(len(matrix), len(matrix))
    for width in sorted(groups):
        added = matrix[:, before:width]
        gram, before = gram.addmm_(added, added.mT), width
        system = _Dual(matrix[:, :width], targets, outputs)
        for factor, members in _factors(gram, groups[width], lambda _: len(matrix)):
            yield from _solutions(system, factor, members)


def _factors(
    gram: Tensor, problems: Sequence[Problem], size: Callable[[Problem], int]
) -> Iterator[tuple[Factor, list[Problem]]]:
    """Factors of leading blocks of a Gram matrix, of `size` rows, and the problems each solves.

    Either one of every shift, for all sizes, or one of every size, for all shifts.
    """
    shifts = grouped(problems, lambda p: p.shift)
    sizes = grouped(problems, size)
    by_shift = sum(BESIDE + max(map(size, members)) ** 3 for members in shifts.values())
    if by_shift > sum(BESIDE + SPECTRAL * rows**3 for rows in sizes):
        for rows, members in sizes.items():
            yield Spectrum.of(gram[:rows, :rows]), members
        return
    for shift, members in shifts.items():
        factor = Cholesky.of(gram[: (rows := max(map(size, members))), :rows], shift)
        yield factor, [p for p in members if size(p) <= factor.size]


def _solutions(system: System, factor: Factor, problems: Sequence[Problem]) -> Iterator[Solution]:
    """Those of the problems that the factor solves exactly enough."""
    sure, unsure = [], []
    for problem in problems:
        least, most = factor.condition(problem)
        if most <= SURE and problem.shift:
            sure.append(problem)
        elif least < LOST:
            unsure.append(problem)
    if unsure and min(p.shift for p in unsure) > 0:
        # no leading block has a larger condition than the whole
        worst = max(unsure, key=lambda p: (p.width, -p.shift))
        if _Piece.of(system, factor, [worst]).correct()[0] <= SETTLED:
            sure, unsure = [*sure, *unsure], []
    most = max(1, COLUMNS // (system.longest * system.outputs))
    for members, correct in ((sure, False), (unsure, True)):
        for start in range(0, len(members), most):
            piece = _Piece.of(system, factor, members[start : start + most])
            yield from piece.corrected() if correct else piece.solutions()


@attrs.frozen(eq=False)
class _Piece:
    """Problems side by side, and what a factor says solves them, (size, c)."""

    system: System
    factor: Factor
    problems: Sequence[Problem]
    columns: Columns
    found: Tensor

    @classmethod
    def of(cls, system: System, factor: Factor, problems: Sequence[Problem]) -> _Piece:
        columns = Columns.of(problems, system.outputs, system.right.device)
        found = factor.solve(system.right, columns, columns.places)
        return cls(system, factor, problems, columns, found)

    def correct(self) -> list[float]:
        """Correct each solution by its residual; the shares by which they changed."""
        step = self.factor.solve(self.system.residual(self.found, self.columns), self.columns)
        changed, whole = (
            x.square().sum(dim=0).view(len(self.problems), -1).sum(dim=1)
            for x in (step, self.found)
        )
        self.found.add_(step)
        shares: list[float] = (changed / whole).nan_to_num(0.0).sqrt().tolist()  # 0 / 0: all zero
        return shares

    def solutions(self) -> Iterator[Solution]:
        """The problems and their weights."""
        weights = self.system.weights(self.found).view(-1, len(self.problems), self.system.outputs)
        for problem, weight in zip(self.problems, weights.unbind(1), strict=True):
            yield problem, weight[: problem.width].clone()

    def corrected(self) -> Iterator[Solution]:
        """The problems whose corrections get small, and their weights."""
        for _ in range(CORRECTIONS):
            changes = self.correct()
            if max(changes) <= TRUSTED:
                break
        for (problem, weight), change in zip(self.solutions(), changes, strict=True):
            if change <= TRUSTED:
                yield problem, weight


class System(Protocol):
    """Equations (G + shift I) x = right, G a Gram matrix of a design matrix."""

    @property
    def outputs(self) -> int:
        """Columns a problem."""

    @property
    def longest(self) -> int:
        """Rows or columns of the design matrix, the more."""

    @property
    def right(self) -> Tensor:
        """The right-hand sides of all draws, side by side."""

    def residual(self, found: Tensor, columns: Columns) -> Tensor:
        """What a solution leaves of the right-hand sides, from the design matrix itself."""

    def weights(self, found: Tensor) -> Tensor:
        """The weights that a solution says."""


@attrs.frozen(eq=False)
class _Normal:
    """(A^T A + shift I) W = A^T targets."""

    matrix: Tensor
    right: Tensor
    targets: Tensor
    outputs: int

    @property
    def longest(self) -> int:
        return max(self.matrix.shape)

    def residual(self, found: Tensor, columns: Columns) -> Tensor:
        left = self.targets[:, columns.places] - self.matrix @ found
        return self.matrix.mT @ left - columns.shifts * found

    def weights(self, found: Tensor) -> Tensor:
        return found


@attrs.frozen(eq=False)
class _Dual:
    """(A A^T + shift I) x = targets, W = A^T x."""

    matrix: Tensor
    targets: Tensor
    outputs: int

    @property
    def longest(self) -> int:
        return max(self.matrix.shape)

    @property
    def right(self) -> Tensor:
        return self.targets

    def residual(self, found: Tensor, columns: Columns) -> Tensor:
        fitted = self.matrix @ (self.matrix.mT @ found)
        return self.targets[:, columns.places] - fitted - columns.shifts * found

    def weights(self, found: Tensor) -> Tensor:
        return self.matrix.mT @ found
