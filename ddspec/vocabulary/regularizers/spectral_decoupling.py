"""`spectral_decoupling`: a penalty on the outputs themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class SpectralDecoupling(Regularizer):
    """Adds (strength / 2) mean_i |f(x_i)|^2, the mean over the minibatch of the squared norm of the
    outputs (logits).

    Source: Pezeshki et al., "Gradient starvation: a learning proclivity in neural networks", 2021,
    section 3.
    Example: spectral_decoupling(1e-2)
    """

    acts: ClassVar[Literal["data-dependent"]] = "data-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    rank: ClassVar[int] = 80

    strength: float = number("strength of the penalty", at_least=0, stacked=True)

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        return r"\frac{<strength>}{2} \frac{1}{n} \sum_i \lVert f(x_i) \rVert_2^2"

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        squared = outputs.square().sum(dim=1)
        return mean + self.strength / 2 * (squared * seen.weights).sum() / seen.weights.sum()
