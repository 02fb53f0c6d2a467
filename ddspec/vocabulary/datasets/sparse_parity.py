"""`sparse_parity`: the parity of a few hidden bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class SparseParity(Dataset):
    """Inputs are `bits` independent signs, -1 or 1; the class is 1 where the product of `sparsity`
    of them is -1, an odd number of -1s, and 0 where it is 1. Which of them is drawn, without
    repetition, anew for every `seed.data`, as are the inputs. With fewer bits than `sparsity` all
    take part.

    Source: Barak et al., "Hidden progress in deep learning: SGD learns parities near the
    computational limit", 2022, section 2.
    Example: sparse_parity(samples: 1_000, bits: 30, sparsity: 3)
    """

    seeded: ClassVar[bool] = True

    bits: int = integer("number of inputs", at_least=1)
    sparsity: int = integer("bits whose parity is the class", at_least=1)

    @property
    def plain_shape(self) -> Shape:
        return (self.bits,)

    @property
    def classes(self) -> int:
        return 2

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        chosen = draws.generator("bits").permutation(self.bits)[: self.sparsity]

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            drawn = draws.generator(part, "inputs").random((count, self.bits)) < 1 / 2
            return np.where(drawn, -1.0, 1.0), drawn[:, chosen].sum(axis=1) % 2

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )
