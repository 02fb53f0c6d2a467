"""`path_norm`: the norm of all products of weights along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class PathNorm(Measure):
    """(sum over paths from an input, or a bias, to an output of prod |w|^p)^(1/p), w the weights
    along the path; layers of normalization are left out.

    Source: Neyshabur, Salakhutdinov & Srebro, "Path-SGD", 2015, section 3.
    Example: path_norm(p: 2)
    """

    power: int = integer("the exponent", name="p", default=2, at_least=1, at_most=2)

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "feedforward"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import affine

        paths: Tensor | None = None
        for weight, bias in affine(model.weights):
            paths = weight.new_ones(weight.shape[1]) if paths is None else paths
            paths = weight.abs().pow(self.power) @ paths
            if bias is not None:
                paths = paths + bias.abs().pow(self.power)
        assert paths is not None
        return torch.pow(paths.sum(), 1 / self.power)
