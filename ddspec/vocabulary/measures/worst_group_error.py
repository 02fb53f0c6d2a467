"""`worst_group_error`: the error of the group that fares worst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfClasses

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class WorstGroupError(OfClasses):
    """max over groups g of the error on the samples of g; without groups, the error.

    Source: Sagawa et al., "Distributionally robust neural networks for group shifts", 2020, eq. 2.
    Example: worst_group_error(of: test)
    """

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.measuring import missed

        return missed(outputs, model.targets)

    def total(self, model: Observed, each: Tensor) -> Tensor:
        import torch

        groups = torch.arange(model.sorts, device=each.device)
        counts = (model.groups[:, None] == groups) * model.counts[:, None]
        errors = (counts * each[:, None]).sum(0) / counts.sum(0)
        return torch.where(counts.sum(0) > 0, errors, -torch.inf).amax()
