"""`class_mean_angles`: how far class means are from equal angles (NC2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class ClassMeanAngles(OfSamples):
    """Mean over pairs of classes of |cos(m_c - m, m_c' - m) + 1 / (C - 1)|: m_c the mean over the
    class c of what enters the last affine layer, m the mean of the C class means. Zero for a
    simplex.

    Source: Papyan, Han & Donoho, "Prevalence of neural collapse during the terminal phase of deep
    learning training", 2020, figure 4.
    Example: class_mean_angles(of: train)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"classes", "weights", "network", "layers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import class_means, features

        means, there = class_means(model, features(model).double())
        count = there.sum()
        centered = (means - means.sum(0) / count) * there[:, None]
        lengths = torch.linalg.vector_norm(centered, dim=1, keepdim=True)
        directions = centered / lengths.clamp(min=torch.finfo(torch.float64).tiny)
        cosines = directions @ directions.mT
        pairs = there[:, None] * there * (1 - torch.eye(len(there), device=there.device))
        total: Tensor = (pairs * (cosines + 1 / (count - 1)).abs()).sum()
        return total / pairs.sum()
