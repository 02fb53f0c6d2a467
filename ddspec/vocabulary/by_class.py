"""Classes as losses of single outputs and of margins need them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def shares(outputs: Tensor, targets: Tensor) -> Tensor:
    """The share of each output's class, as `outputs`: 1 and 0 of classes (n,), or as given.

    Of one output, for two classes, it is the share of class 1.
    """
    if targets.dim() > 1:
        return targets[:, -outputs.shape[-1] :].to(outputs.dtype)
    places = torch.arange(outputs.shape[-1], device=outputs.device)
    wanted = places + 1 if outputs.shape[-1] == 1 else places
    return (targets[:, None] == wanted).to(outputs.dtype)


def margins(outputs: Tensor) -> Tensor:
    """For each class its output less the largest other one, (n, classes).

    One output, for two classes, is the margin of class 1.
    """
    if outputs.shape[-1] == 1:
        return torch.cat([-outputs, outputs], dim=-1)
    largest, second = outputs.topk(2, dim=-1).values.unbind(dim=-1)
    best = outputs == largest[:, None]
    return outputs - torch.where(best, second[:, None], largest[:, None])


def of_margins(outputs: Tensor, targets: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """A loss of the margin of a sample's class, (n,); for shares of the classes the mean."""
    found = loss(margins(outputs))
    if targets.dim() > 1:
        return (targets.to(outputs.dtype) * found).sum(dim=-1)
    return found.gather(-1, targets[:, None])[:, 0]
