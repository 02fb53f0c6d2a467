"""Design matrices: what the trained layer of a network is linear in, and their singular values."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor, nn


def features(network: nn.Sequential, inputs: Tensor) -> Tensor:
    """The design matrix, (n, p): what the last layer, the trained one, is linear in."""
    with torch.no_grad():
        return differentiable_features(network, inputs)


def differentiable_features(network: nn.Sequential, inputs: Tensor) -> Tensor:
    """The same, with slopes in the inputs."""
    made = inputs
    for layer in list(network)[:-1]:
        made = layer(made)
    last = network[-1]
    assert isinstance(last, nn.Linear), (
        "a network linear in its parameters ends in its linear layer"
    )
    if "bias" in dict(last.named_parameters()):
        made = torch.cat([made, torch.ones_like(made[:, :1])], dim=1)
    return made


@attrs.frozen(eq=False)
class Design:
    """A design matrix A, (n, p), by its singular vectors: A = left diag(values) right^T.

    Singular values up to max(n, p) eps values[0] count as zero, eps = 2.2e-16: they are rounding.
    """

    left: Tensor
    values: Tensor
    right: Tensor

    @classmethod
    def of(cls, matrix: Tensor) -> Design:
        """The factors of a float64 matrix."""
        if matrix.shape[1] > matrix.shape[0]:  # a wide one is first made square: much faster
            basis, triangle = torch.linalg.qr(matrix.mT)
            left, values, right = torch.linalg.svd(triangle.mT)
            right = right @ basis.mT
        else:
            left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        least = max(matrix.shape) * torch.finfo(matrix.dtype).eps * values[:1]
        rank = int((values > least).sum())
        return cls(left[:, :rank], values[:rank], right[:rank].mT)

    def solve(self, targets: Tensor, shift: Tensor | float = 0.0) -> Tensor:
        """W, (p, k), minimizing |A W - targets|^2 + shift |W|^2; of least norm when shift is 0.

        targets: (n, k). shift: one number, or one a column of `targets`.
        """
        filtered = self.values[:, None] / (self.values[:, None].square() + shift)
        return self.right @ (filtered * (self.left.mT @ targets))

    def solve_gram(self, targets: Tensor, shift: float) -> Tensor:
        """Solve (A + shift I) x = targets, where A is a Gram matrix, its null space left out."""
        return self.left @ ((self.left.mT @ targets) / (self.values[:, None] + shift))
