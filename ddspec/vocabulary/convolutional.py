"""What convolutional networks share: first weights, parametrizations, and layers that compositions
add to those whose layers follow one another.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from ddspec.vocabulary.dense import PARAMETRIZATIONS, multipliers
from ddspec.vocabulary.kinds import Architecture, Regularizer
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm as BatchNormWord
from ddspec.vocabulary.regularizers.layer_norm import LayerNorm as LayerNormWord
from ddspec.vocabulary.regularizers.weight_norm import WeightNorm
from ddspec.vocabulary.schema import FIRST_WEIGHTS, choice, integer

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.layers import Convolution

    N = TypeVar("N", bound=nn.Module)


@attrs.frozen(kw_only=True, slots=False)
class Convolutional(Architecture):
    """A network of convolutions and one affine layer after them."""

    init: str = choice("distribution of the first weights", *FIRST_WEIGHTS, default="pytorch")
    parametrization: str = choice(
        "how training depends on width", *PARAMETRIZATIONS, default="standard"
    )
    base: int = integer(
        "`channels` with which `mup` is standard", default=64, at_least=1, unit="channels"
    )

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from ddspec.vocabulary.layers import draw

        draw(module, self.init, draws)

    def parametrized(self, network: N, channels: int) -> N:
        """The network with the multipliers of its convolutions, the first of which sees inputs."""
        from ddspec.vocabulary.layers import Convolution

        found = (layer for layer in network.modules() if isinstance(layer, Convolution))
        for place, layer in enumerate(found):
            fan_in = math.prod(layer.weight.shape[1:])
            made = self._multipliers(min(place, 1), fan_in, channels)
            layer.gain, layer.shift, layer.first = made
        return network

    def head(
        self, features: int, outputs: int, channels: int, terms: tuple[Regularizer, ...] = ()
    ) -> nn.Linear:
        """The last layer, of features whose number is in proportion to `channels`."""
        from ddspec.vocabulary.drawing import affine, scaled
        from ddspec.vocabulary.normalizations import weight_normed

        if any(isinstance(term, WeightNorm) for term in terms):
            return weight_normed(features, outputs)
        if self.parametrization == "standard":
            return affine(features, outputs)
        gain, shift, first = self._multipliers(2, features, channels)
        return scaled(features, outputs, gain=gain, shift=shift, first=first)

    def _multipliers(self, place: int, fan_in: int, channels: int) -> tuple[float, float, float]:
        """See `multipliers`; of a layer of inputs (0), of hidden channels (1) or of outputs (2)."""
        if self.parametrization == "ntk":
            return 1 / math.sqrt(fan_in), 1.0, 1.0
        widths = (1, channels, channels, 1)  # two layers of a network grow by the same factor
        return multipliers((self.parametrization, self.base), widths, place)


@attrs.frozen(kw_only=True, slots=False)
class Successive(Convolutional):
    """A convolutional network whose layers follow one another, and into which compositions put
    theirs.
    """

    @property
    def traits(self) -> frozenset[str]:  # type: ignore[override]  # own weights act unmultiplied
        own = {"own_weights"} if self.parametrization == "standard" else set()
        return frozenset({"hidden_units", "convolutional", "successive", *own})


def convolution(
    sizes: tuple[int, int], kernel: tuple[int, ...], terms: tuple[Regularizer, ...], **how: Any
) -> Convolution:
    """A hidden layer between so many channels; a shift over minibatches is its bias."""
    from ddspec.vocabulary.layers import Convolution
    from ddspec.vocabulary.normalizations import WeightNormedConvolution

    normed = any(isinstance(term, WeightNorm) for term in terms)
    made = WeightNormedConvolution if normed else Convolution
    return made(*sizes, kernel, bias=BatchNormWord.among(terms) is None, **how)


def followed(
    channels: int, terms: tuple[Regularizer, ...], name: str, number: int
) -> list[nn.Module]:
    """What comes after convolution `number`, from 1: the layers of a composition around the
    activation of that name.
    """
    from ddspec.vocabulary.layers import BatchNorm, activation, dropout_at
    from ddspec.vocabulary.normalizations import LayerNorm

    layers: list[nn.Module] = []
    norm = BatchNormWord.among(terms)
    if norm is not None:
        layers.append(BatchNorm(channels, norm.momentum, norm.epsilon))
    layers += [LayerNorm(channels, t.epsilon) for t in terms if isinstance(t, LayerNormWord)]
    layers += dropout_at("preactivation", terms, -number)
    return [*layers, activation(name), *dropout_at("hidden", terms, number)]


def beside(terms: tuple[Regularizer, ...]) -> int:
    """The trained numbers of a hidden channel beside its weights."""
    words = {type(term) for term in terms}
    # a normalized layer has a scale and a shift in place of its bias, or beside it
    return 1 + (BatchNormWord in words) + 2 * (LayerNormWord in words) + (WeightNorm in words)


def head_parameters(features: int, outputs: int, terms: tuple[Regularizer, ...]) -> int:
    """The trained numbers of the last layer."""
    lengths = any(isinstance(term, WeightNorm) for term in terms)
    return (features + 1 + lengths) * outputs
