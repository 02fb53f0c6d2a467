"""`path_norm`: a penalty on the products of weights along all paths through a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class PathNorm(Regularizer):
    """Adds strength times the sum, over all paths from an input to an output, of the product of
    |w|^p along the path: sum_paths prod |w|^p, the p-th power of the path norm. It is
    1' |W_L|^p ... |W_1|^p 1, and a bias is the weight of one more unit, whose value is 1. Scales
    and shifts of normalizations lie on no path.

    Source: Neyshabur, Tomioka & Srebro, "Norm-based capacity control in neural networks", 2015,
    section 4; Neyshabur, Salakhutdinov & Srebro, "Path-SGD", 2015, equation 4.
    Example: path_norm(1e-4)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    rank: ClassVar[int] = 80

    strength: float = number("strength of the penalty", at_least=0, stacked=True)
    p: int = integer("power of a weight on a path", default=2, at_least=1, at_most=2)

    @property
    def needs_here(self) -> frozenset[str]:
        """A chain of affine layers, trained in steps."""
        return frozenset({"gradient", "feedforward"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        return r"<strength> \sum_{\mathrm{paths}} \prod_{w \in \mathrm{path}} |w|^<p>"

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        from ddspec.vocabulary.normalizations import acting

        reached: Tensor | float = 1.0
        for name, weight in network.weights.items():
            if weight.dim() == 2:  # noqa: PLR2004 - a matrix; other weights are vectors
                layer = name.removesuffix("weight")
                length = network.weights.get(f"{layer}length")  # of weights as g v / |v|
                acts = weight if length is None else acting(weight, length)
                edges = acts.abs() if self.p == 1 else acts.square()
                bias = network.weights.get(f"{layer}bias")
                reached = (edges * reached).sum(dim=1)
                if bias is not None:
                    reached = reached + (bias.abs() if self.p == 1 else bias.square())
        assert not isinstance(reached, float)
        return mean + self.strength * reached.sum()
