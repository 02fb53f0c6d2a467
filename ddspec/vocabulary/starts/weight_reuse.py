"""`weight_reuse`: each network starts from the trained one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ddspec.errors import DdspecError
from ddspec.vocabulary.kinds import word
from ddspec.vocabulary.schema import integer, number, text
from ddspec.vocabulary.start import Start

if TYPE_CHECKING:
    from torch import Tensor

    from ddspec.vocabulary.draws import Draws


@word
class WeightReuse(Start):
    """The trained weights of the cell before it along an axis, in the first rows and columns of
    each weight; the remaining weights are normal with standard deviation `std`. The first cell of
    the axis, and cells of `below` parameters or more, draw their own weights.

    A cell's chain is part of what it is: dropping a width from the axis changes all wider cells.

    Source: Belkin et al., "Reconciling modern machine learning practice", 2019, appendix C.
    Example: weight_reuse(over: width, below: 40_000 parameters)
    """

    over: str = text("an axis of the experiment", refers="axis")
    std: float = number("standard deviation of new weights", default=0.1, at_least=0)
    below: int | None = integer(
        "only networks of fewer trained parameters reuse weights",
        default=None,
        at_least=1,
        unit="parameters",
    )

    def applies(self, parameters: int) -> bool:
        return self.below is None or parameters < self.below

    def grown(
        self, own: dict[str, Tensor], trained: dict[str, Tensor], draws: Draws
    ) -> dict[str, Tensor]:
        import torch

        found = {}
        for place, (name, tensor) in enumerate(own.items()):
            old = trained.get(name)
            if old is None or not _fits(old, tensor):
                raise DdspecError(
                    f"the weights {name} of the network before do not fit into the next one",
                    "weight_reuse(over: ...) needs an axis along which networks only grow",
                )
            drawn = draws.generator("weight", place).standard_normal(tuple(tensor.shape))
            grown = (self.std * torch.from_numpy(drawn)).to(tensor)
            grown[tuple(slice(size) for size in old.shape)] = old.to(tensor)
            found[name] = grown
        return found


def _fits(old: Tensor, new: Tensor) -> bool:
    pairs = zip(old.shape, new.shape, strict=False)
    return old.dim() == new.dim() and all(before <= after for before, after in pairs)
