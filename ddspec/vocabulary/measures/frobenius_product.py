"""`frobenius_product`: the product of the layers' Frobenius norms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import Measure, word

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class FrobeniusProduct(Measure):
    """prod over layers of |W|_F; a convolution's weights are one matrix, (channels out, channels in
    and places). Biases and scales are left out.

    Source: Neyshabur, Tomioka & Srebro, "Norm-based capacity control in neural networks", 2015,
    section 2.2.
    Example: frobenius_product()
    """

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import matrices

        return torch.stack([torch.linalg.matrix_norm(w) for w in matrices(model.weights)]).prod()
