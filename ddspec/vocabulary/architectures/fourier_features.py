"""`fourier_features`: a linear function of waves with random frequencies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape, word
from ddspec.vocabulary.schema import choice, integer, number

if TYPE_CHECKING:
    from torch import nn

    from ddspec.vocabulary.draws import Draws


@word
class FourierFeatures(Architecture):
    """Trained output weights over N = `frequencies` waves with random v ~ N(0, 1 / bandwidth^2).

    `pairs`: (cos(v.x), sin(v.x)) / sqrt(N), two real features a frequency, which is the complex
    exp(i v.x) of Belkin et al.: 2 N parameters an output. `phase`: sqrt(2 / N) cos(v.x + b), b
    uniform between 0 and 2 pi: N parameters an output. Either way products of features come to
    exp(-|x - y|^2 / (2 bandwidth^2)), the Gaussian kernel, as N grows. Frequencies of a seed nest:
    the first of a larger number are those of a smaller. Output weights start at zero. Belkin et
    al. take bandwidth 5 for images with pixels between 0 and 1.

    Source: Rahimi & Recht, "Random features for large-scale kernel machines", 2007; Belkin et al.,
    "Reconciling modern machine-learning practice and the bias-variance trade-off", 2019.
    Example: fourier_features(frequencies: width, bandwidth: 5)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"linear_in_parameters"})

    frequencies: int = integer("random frequencies", at_least=1, unit="features")
    bandwidth: float = number("width of the kernel, in units of the inputs", above=0)
    form: str = choice("real features of a frequency", "pairs", "phase", default="pairs")

    @property
    def layer_count(self) -> int:
        return 1

    @property
    def nests(self) -> str | None:
        return "frequencies"

    @property
    def feature_scale(self) -> float:
        return math.sqrt((1 if self.form == "pairs" else 2) / self.frequencies)

    @property
    def _features(self) -> int:
        return self.frequencies * (2 if self.form == "pairs" else 1)

    def parameters(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self._features * outputs

    def operations(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> int:
        return self.frequencies * math.prod(shape) + self._features * outputs

    def build(self, shape: Shape, outputs: int, terms: tuple[Regularizer, ...] = ()) -> nn.Module:
        from torch import nn

        from ddspec.vocabulary import feature_maps
        from ddspec.vocabulary.layers import affine, dropout_at

        phased = self.form == "phase"
        return nn.Sequential(
            *dropout_at("input", terms, 0),
            feature_maps.FourierFeatures(math.prod(shape), self.frequencies, phased=phased),
            affine(self._features, outputs, bias=False),
        )

    def initialize(self, module: nn.Module, draws: Draws) -> None:
        from torch import nn

        from ddspec.vocabulary import feature_maps
        from ddspec.vocabulary.drawing import assign

        for layer in module.modules():
            if isinstance(layer, feature_maps.FourierFeatures):
                # row by row, so that the frequencies of a seed nest
                shape = tuple(layer.frequencies.shape)
                drawn = draws.generator("frequencies").standard_normal(shape)
                assign(layer.frequencies, drawn / self.bandwidth)
                if layer.phases is not None:
                    phases = draws.generator("phases").uniform(0, 2 * math.pi, shape[0])
                    assign(layer.phases, phases)
            elif isinstance(layer, nn.Linear):
                nn.init.zeros_(layer.weight)
