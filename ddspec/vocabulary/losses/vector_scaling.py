"""`vector_scaling`: cross-entropy of outputs that are scaled and shifted by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Loss, word
from ddspec.vocabulary.losses.cross_entropy import CrossEntropy
from ddspec.vocabulary.schema import numbers

if TYPE_CHECKING:
    from torch import Tensor


@word
class VectorScaling(Loss):
    """Cross-entropy of scale_c x_c + shift_c, x_c the output of class c. Against imbalance, with
    N_c training samples of class c: scale_c = (N_c / max N)^gamma, shift_c = tau log(N_c / N).

    Source: Kini et al., "Label-imbalanced and group-sensitive classification under
    overparameterization", 2021, equation 2.
    Example: vector_scaling(scale: [1, 0.5], shift: [0, -2])
    """

    needs_classes: ClassVar[bool] = True

    scale: tuple[float, ...] = numbers("a factor of each class's output", default=(), above=0)
    shift: tuple[float, ...] = numbers("what is added to each class's output", default=())

    @property
    def per_class(self) -> dict[str, tuple[float, ...]]:
        given = {"scale": self.scale, "shift": self.shift}
        return {name: values for name, values in given.items() if values}

    def formula(self) -> str:
        return r"-\log \mathrm{softmax}(a \cdot f(x) + b)_y"

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        scale, shift = outputs.new_tensor(self.scale or (1.0,)), outputs.new_tensor(self.shift)
        scaled = outputs * scale
        return CrossEntropy().each(scaled + shift if self.shift else scaled, targets)
