"""`linearized`: a network's first-order Taylor expansion at its first weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import flag, word_of

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool

PASSES = 3  # a pass with derivatives, in passes of the network


@word
class Linearized(Architecture):
    """The network with its features at initialization, w its first weights:

        f(x; w) + sum_i c_i df(x; w)/dw_i

    What is trained is the change c of all weights, which starts at zero; penalties are on c, and
    without any `least_squares` finds the c of least norm, where gradient descent goes. The kernel
    of the features, sum_i df(x)/dw_i df(y)/dw_i, is the empirical neural tangent kernel: of
    convolutional networks the one called CNTK, as the number of channels grows. `centered: true`
    leaves f(x; w) out, as kernel regression does.

    Batch normalization inside the network is that of evaluation, with the averages it starts with.

    Source: Jacot, Gabriel & Hongler, "Neural tangent kernel", 2018; Lee et al., "Wide neural
    networks of any depth evolve as linear models under gradient descent", 2019; Arora et al. 2019
    (CNTK).
    Example: linearized(mlp(hidden: [width], parametrization: ntk))
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters"})

    net: Architecture = word_of("architecture", "the network that is expanded")
    centered: bool = flag("whether the network's first outputs are left out", default=False)

    @property
    def least_shape(self) -> Shape:  # type: ignore[override]  # that of the network
        return self.net.least_shape

    @property
    def reads(self) -> str:  # type: ignore[override]  # what the network does
        return self.net.reads

    @property
    def least_inputs(self) -> int:
        return self.net.least_inputs

    @property
    def layer_count(self) -> int | None:
        return self.net.layer_count

    def unfit(self, shape: Shape) -> str:
        if "estimator" in self.net.traits:
            return f"`{self.net.name()}` has no weights that gradients train"
        return self.net.unfit(shape)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.net.parameters(shape, outputs)

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return PASSES * self.net.operations(shape, outputs)

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary import tangent
        from ddspec.vocabulary.layers import dropout_at

        network = self.net.build(shape, outputs)
        return nn.Sequential(
            *dropout_at("input", terms, 0), tangent.Linearized(network, centered=self.centered)
        )

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary import tangent

        for layer in module.modules():
            if isinstance(layer, tangent.Linearized):
                layer.network.to(layer.dtype)
                self.net.initialize(layer.network, draws)
                layer.settle()

    def attach(self, module: nn.Module, pool: Pool) -> None:
        from ddspec.vocabulary import tangent

        for layer in module.modules():
            if isinstance(layer, tangent.Linearized):
                self.net.attach(layer.network, pool)
                layer.settle()
