"""`linear_gaussian`: linear regression with standard normal inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool


@word
class LinearGaussian(Dataset):
    """y = x.b + e with x standard normal, b uniform on the sphere of radius `signal_norm`, e
    normal with standard deviation `noise_std`; b, x and e are drawn anew for every `seed.data`.

    Source: Belkin, Hsu & Xu, "Two models of double descent for weak features", 2020, section 2.
    Example: linear_gaussian(samples: 40, features: 100, noise_std: 0.5)
    """

    seeded: ClassVar[bool] = True

    features: int = integer("number of inputs", at_least=1, unit="features")
    noise_std: float = number("standard deviation of the noise in y", default=0.0, at_least=0)
    signal_norm: float = number("norm of the coefficients", default=1.0, at_least=0)

    @property
    def plain_shape(self) -> Shape:
        return (self.features,)

    @property
    def classes(self) -> None:
        return None

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        direction = draws.generator("coefficients").standard_normal(self.features)
        coefficients = self.signal_norm * direction / np.linalg.norm(direction)

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            inputs = draws.generator(part, "inputs").standard_normal((count, self.features))
            noise = draws.generator(part, "noise").standard_normal(count)
            return inputs, inputs @ coefficients + self.noise_std * noise

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )
