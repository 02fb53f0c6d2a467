"""`spectral_product`: the product of the layers' spectral norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class SpectralProduct(Measure):
    """prod over layers of |W|_2, the largest singular value; a convolution's weights are one
    matrix, (channels out, channels in and places). Biases and scales are left out.

    Source: Bartlett, Foster & Telgarsky, "Spectrally-normalized margin bounds for neural networks",
    2017, equation 1.2; Miyato et al., "Spectral normalization", 2018 (convolutions as matrices).
    Example: spectral_product()
    """

    def value(self, model: Observed) -> Tensor:
        from ddspec.vocabulary.measuring import spectral_norms

        return spectral_norms(model.weights).prod()
