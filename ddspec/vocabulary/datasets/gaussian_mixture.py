"""`gaussian_mixture`: classes that are normal clouds around their means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class GaussianMixture(Dataset):
    """Class c is normal around mu_c with covariance I: x = mu_c + z. Means, classes and z are drawn
    anew for every `seed.data`.

    Two classes have mu_1 = -mu_0 = mu, uniform on the sphere of radius `mean_norm`; no rule errs
    less than Phi(-|mu|), Phi the standard normal distribution function. More classes have means
    drawn on that sphere independently. In training and validation class c is as probable as r^(-c
    / (k - 1)), r the `imbalance`; test classes are equally probable.

    Source: Deng, Kammoun & Thrampoulidis, "A model of double descent for high-dimensional binary
    linear classification", 2019, section 2.
    Example: gaussian_mixture(samples: 100, features: 50, mean_norm: 2)
    """

    seeded: ClassVar[bool] = True

    features: int = integer("number of inputs", at_least=1, unit="features")
    mean_norm: float = number("distance of a class's mean from 0", default=1.0, at_least=0)
    components: int = integer("number of classes", default=2, at_least=2)
    imbalance: float = number(
        "how many times as probable the first class is as the last", default=1.0, at_least=1
    )

    @property
    def plain_shape(self) -> Shape:
        return (self.features,)

    @property
    def classes(self) -> int:
        return self.components

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws, last = Draws(seed, "pool"), self.components - 1
        means = self._means(draws.generator("means"))
        profile = self.imbalance ** (-np.arange(self.components) / last)

        def rows(part: str, count: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            ends = np.cumsum(weights / weights.sum())[:-1]
            labels = np.searchsorted(ends, draws.generator(part, "classes").random(count))
            noise = draws.generator(part, "inputs").standard_normal((count, self.features))
            return means[labels] + noise, labels.astype(np.int64)

        return Pool(
            *rows("train", self.samples, profile),
            *rows("validation", self.validation, profile),
            *rows("test", self.test, np.ones(self.components)),
        )

    def _means(self, generator: np.random.Generator) -> np.ndarray:
        """The means, (classes, features)."""
        import numpy as np

        pair = self.components == 2  # noqa: PLR2004 - two classes lie opposite one another
        drawn = generator.standard_normal((1 if pair else self.components, self.features))
        means = self.mean_norm * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return np.concatenate([-means, means]) if pair else np.asarray(means)
