"""Targets that mix classes: classes as distributions over classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples


def as_reals(seen: Examples) -> Tensor:
    """Targets that can be added: classes as distributions, (rows, classes); others as they are."""
    if seen.classes is None or seen.targets.is_floating_point():
        return seen.targets
    classes = torch.arange(seen.classes, device=seen.targets.device)
    return (seen.targets[:, None] == classes).to(seen.weights.dtype)
