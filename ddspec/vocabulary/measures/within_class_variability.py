"""`within_class_variability`: how far features have collapsed to class means (NC1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class WithinClassVariability(OfSamples):
    """Tr(S_W S_B^+) / C: S_W the mean over samples of (h - m_c)(h - m_c)^T, h what enters the last
    affine layer and m_c its mean over the class c; S_B the covariance of the C class means.

    Source: Papyan, Han & Donoho, "Prevalence of neural collapse during the terminal phase of deep
    learning training", 2020, figure 6.
    Example: within_class_variability(of: train)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"classes", "weights", "network", "layers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import class_means, features, labels

        found = features(model).double()
        means, there = class_means(model, found)
        centered = (means - means.sum(0) / there.sum()) * there[:, None] / there.sum().sqrt()
        inner = (found - means[labels(model.targets)]) / len(found) ** 0.5
        inverse = torch.linalg.pinv(centered, rtol=1e-8)
        trace: Tensor = (inner @ inverse).square().sum()
        return trace / there.sum()
