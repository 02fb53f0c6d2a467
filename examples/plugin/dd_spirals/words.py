"""A dataset, an architecture, a regularizer and a measure; torch is imported where it is used."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from ddspec.vocabulary.kinds import Dataset, Regularizer, Shape, word
from ddspec.vocabulary.measure import OfClasses
from ddspec.vocabulary.own_network import OwnNetwork
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool
    from ddspec.vocabulary.seen import Observed


@word
class Spirals(Dataset):
    """Points on intertwined arms of a spiral in the plane; which arm it is on is a point's class.

    Example: spirals(samples: 200, arms: 3, noise_std: 0.1)
    """

    seeded: ClassVar[bool] = True  # drawn anew for every seed.data

    arms: int = integer("number of arms, and of classes", default=2, at_least=2)
    turns: float = number("how often an arm winds around the middle", default=1.0, above=0)
    noise_std: float = number("standard deviation of the noise in x", default=0.0, at_least=0)

    @property
    def plain_shape(self) -> Shape:
        return (2,)

    @property
    def classes(self) -> int:
        return self.arms

    def pool(self, seed: int, folder: Path | None) -> Pool:
        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        return Pool(
            *self._rows(draws, "train", self.samples),
            *self._rows(draws, "validation", self.validation),
            *self._rows(draws, "test", self.test),
        )

    def _rows(self, draws: Draws, part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (count, 2) and classes (count,). Each array has a generator of its own, so that
        more samples begin with the same ones.
        """
        import numpy as np

        arm = draws.generator(part, "arms").integers(self.arms, size=count)
        place = draws.generator(part, "places").random(count)
        noise = draws.generator(part, "noise").standard_normal((count, 2))
        angle = 2 * math.pi * (self.turns * place + arm / self.arms)
        inputs = place[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return inputs + self.noise_std * noise, arm


@word
class Residual(OwnNetwork):
    """A residual network, as the file `network.py` has it.

    Example: residual(width: 8, blocks: 2)
    """

    traits: ClassVar[frozenset[str]] = frozenset({"normalized"})

    width: int = integer("units of every layer", at_least=1, unit="units")
    blocks: int = integer("number of blocks", default=1, at_least=0)

    def network(self, shape: Shape, outputs: int) -> nn.Module:
        from dd_spirals.network import ResidualNetwork

        return ResidualNetwork(math.prod(shape), outputs, self.width, self.blocks)


@word
class GroupLasso(Regularizer):
    """Adds strength times the sum of the norms of the rows of all weight matrices, which lets whole
    units vanish.

    Source: Yuan & Lin, "Model selection and estimation in regression with grouped variables", 2006.
    Example: group_lasso(1e-3)
    """

    acts: ClassVar[Literal["model-dependent"]] = "model-dependent"
    scaled: ClassVar[str] = "strength"
    strength_field: ClassVar[str] = "strength"

    strength: float = number("strength of the penalty", at_least=0, stacked=True)

    @property
    def neutral(self) -> bool:
        return self.strength == 0

    def penalty(self, weights: list[Tensor]) -> Tensor:
        import torch

        matrices = [weight.flatten(1) for weight in weights if weight.dim() > 1]
        norms = [torch.sqrt(matrix.square().sum(dim=1) + 1e-12).sum() for matrix in matrices]
        return self.strength * torch.stack(norms).sum()


@word
class Confidence(OfClasses):
    """The mean probability that a network gives to the class it predicts.

    Example: confidence(of: test)
    """

    def each(self, model: Observed, outputs: Tensor) -> Tensor:
        return outputs.softmax(dim=1).amax(dim=1)
