"""`spurious`: a feature that tells the class, and one that only mostly does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class Spurious(Dataset):
    """Two classes, y = -1 or 1, and an attribute a = -1 or 1 that agrees with y for a share
    `majority` of the samples. Inputs are, one after the other, `core` numbers y + core_std z,
    `spurious` numbers a + spurious_std z and `noise` numbers z / sqrt(`noise`), z standard normal.

    Groups are 2 (class) + (attribute is 1): 0 and 3 are the majority, 1 and 2 the minority. Classes
    are equally probable. Every group has the same number of test samples, to within one: the mean
    test error is the mean of the groups'. All is drawn anew for every `seed.data`. At the defaults
    the core numbers are noisier than the spurious ones.

    Source: Sagawa et al., "An investigation of why overparameterization exacerbates spurious
    correlations", 2020, section 4 (the defaults) and 5 (core: 1, spurious: 1, noise: N).
    Example: spurious(samples: 3_000, majority: 90%)
    """

    seeded: ClassVar[bool] = True

    majority: float = number(
        "share of samples whose attribute agrees with their class",
        default=0.9,
        at_least=0,
        at_most=1,
    )
    core: int = integer("inputs that tell the class", default=100, at_least=1)
    spurious: int = integer("inputs that tell the attribute", default=100, at_least=0)
    noise: int = integer("inputs that tell nothing", default=0, at_least=0)
    core_std: float = number("standard deviation of core inputs", default=10.0, at_least=0)
    spurious_std: float = number("standard deviation of spurious inputs", default=1.0, at_least=0)

    @property
    def plain_shape(self) -> Shape:
        return (self.core + self.spurious + self.noise,)

    @property
    def classes(self) -> int:
        return 2

    @property
    def groups(self) -> int:
        return 4

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        groups = {
            "train": self._drawn(draws.generator("train", "groups").random((self.samples, 2))),
            "validation": self._drawn(
                draws.generator("validation", "groups").random((self.validation, 2))
            ),
            "test": np.arange(self.test) % 4,
        }

        def rows(part: str) -> tuple[np.ndarray, np.ndarray]:
            sizes = (len(groups[part]), *self.plain_shape)
            drawn = draws.generator(part, "inputs").standard_normal(sizes)
            return self._inputs(groups[part], drawn), groups[part] // 2

        return Pool(
            *rows("train"),
            *rows("validation"),
            *rows("test"),
            train_groups=groups["train"],
            validation_groups=groups["validation"],
            test_groups=groups["test"],
        )

    def _drawn(self, uniform: np.ndarray) -> np.ndarray:
        """The groups of samples from two uniform numbers each."""
        import numpy as np

        label = (uniform[:, 0] < 1 / 2).astype(np.int64)
        agrees = uniform[:, 1] < self.majority
        return 2 * label + np.where(agrees, label, 1 - label)

    def _inputs(self, groups: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        import numpy as np

        core, spurious, noise = np.split(drawn, [self.core, self.core + self.spurious], axis=1)
        label, attribute = (2 * part[:, None] - 1 for part in (groups // 2, groups % 2))
        return np.concatenate(
            [
                label + self.core_std * core,
                attribute + self.spurious_std * spurious,
                noise / np.sqrt(max(self.noise, 1)),
            ],
            axis=1,
        )
