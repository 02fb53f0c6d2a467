"""`input_jacobian`: how much outputs change with inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.measure import OfSamples

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Observed


@word
class InputJacobian(OfSamples):
    """Mean over samples of |df/dx|_F, the Frobenius norm of the Jacobian of the outputs in the
    inputs, in evaluation.

    Source: Novak et al., "Sensitivity and generalization in neural networks", 2018, section 3.1.
    Example: input_jacobian(of: test, samples: 100)
    """

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({"weights", "network", "numbers"})

    def value(self, model: Observed) -> Tensor:
        import torch

        from ddspec.vocabulary.measuring import jacobian_norms, parts

        found = [jacobian_norms(model, model.inputs[part]) for part in parts(model.inputs)]
        return torch.cat(found).mean()
