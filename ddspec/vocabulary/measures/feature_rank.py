"""`feature_rank`: how many directions the features of samples take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class FeatureRank(OfSamples):
    """exp(-sum p log p), p the singular values of the features of the samples, (samples, features),
    over their sum; features are what enters the last affine layer.

    Source: Roy & Vetterli, "The effective rank: a measure of effective dimensionality", 2007;
    Huh et al., "The low-rank simplicity bias in deep networks", 2023.
    Example: feature_rank(of: train, samples: 500)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "network", "layers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import entropy_rank, features

        return entropy_rank(torch.linalg.svdvals(features(model)))
