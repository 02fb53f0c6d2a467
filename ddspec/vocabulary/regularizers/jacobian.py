"""`jacobian`: a penalty on the slopes of the outputs with respect to the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Regularizer, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.seen import Examples, Network


@word
class Jacobian(Regularizer):
    """Adds (strength / 2) mean_i |df(x_i)/dx_i|_F^2, the mean over the minibatch of the squared
    Frobenius norm of the Jacobian of the outputs. Without `projections` it is exact, a pass back
    for every output; with them the norm is estimated, without bias, by k / projections times the
    sum of |v' df/dx|^2 over random directions v on the sphere, k the number of outputs, drawn anew
    for every row and step. Under batch normalization a row's slopes are those of the sum over the
    minibatch, as in the source.

    Source: Hoffman, Roberts & Yaida, "Robust learning with Jacobian regularization", 2019,
    algorithm 1.
    Example: jacobian(1e-2)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"
    excludes: ClassVar[frozenset[str]] = frozenset({"convolutional", "recurrent"})
    rank: ClassVar[int] = 80

    strength: float = number("strength of the penalty", at_least=0, stacked=True)
    projections: int | None = integer(
        "random directions a row; without, all outputs", default=None, at_least=1
    )

    @property
    def needs_here(self) -> frozenset[str]:
        """It acts in steps."""
        return frozenset({"gradient"})

    @property
    def needs_data(self) -> frozenset[str]:
        """Inputs that have slopes."""
        return frozenset({"numbers"})

    @property
    def neutral(self) -> bool:
        return bool(self.strength == 0)

    def formula(self) -> str:
        slope = r"\partial f(x_i) / \partial x_i"
        return rf"\frac{{<strength>}}{{2}} \frac{{1}}{{n}} \sum_i \lVert {slope} \rVert_F^2"

    def objective(self, mean: Tensor, seen: Examples, network: Network, outputs: Tensor) -> Tensor:
        import torch

        made, back, *_ = torch.func.vjp(network, seen.inputs)
        share = seen.weights / seen.weights.sum()
        total = torch.zeros_like(mean)
        for direction in self._directions(seen, made):
            slopes = back((direction * (seen.weights > 0)[:, None]).to(made.dtype))[0]
            total = total + (slopes.to(share.dtype).square().sum(dim=1) * share).sum()
        return mean + self.strength / 2 * total

    def _directions(self, seen: Examples, outputs: Tensor) -> list[Tensor]:
        """Directions in the outputs, (rows, outputs) each, whose squares add up to the norm's."""
        import torch

        from ddspec.vocabulary.counters import normal, stream

        rows, count = outputs.shape
        if self.projections is None:
            unit = torch.eye(count, dtype=outputs.dtype, device=outputs.device)
            return [axis.expand(rows, count) for axis in unit]
        found = []
        for place in range(self.projections):
            drawn = normal(seen.key, stream("jacobian", place), rows, count)
            length = drawn.square().sum(dim=1, keepdim=True).sqrt()
            found.append(drawn / length * (count / self.projections) ** 0.5)
        return found
