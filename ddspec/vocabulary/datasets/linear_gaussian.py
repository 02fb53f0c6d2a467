"""`linear_gaussian`: linear regression with normal inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import choice, integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws
    from ddspec.vocabulary.pool import Pool


@word
class LinearGaussian(Dataset):
    """y = x.b + e with x standard normal, b uniform on the sphere of radius `signal_norm`, e
    normal with standard deviation `noise_std`; b, x and e are drawn anew for every `seed.data`.

    `covariance`: the i-th of D inputs has variance v_i = 1 (isotropic), `decay`^(i - 1) (geometric)
    or i^(-`decay`) (power). `unseen` inputs generate y beside the `features` that are shown: D is
    their sum, those shown come first. `active`: only so many b_i, in drawn places, are not 0.
    `alignment` a makes b_i normal with variance v_i^a, before b is scaled to `signal_norm`: above 0
    the signal lies where inputs vary most.

    Source: Belkin, Hsu & Xu, "Two models of double descent for weak features", 2020, section 2;
    Hastie et al., "Surprises in high-dimensional ridgeless least squares interpolation", 2022
    (covariances, unseen features); Wu & Xu, "On the optimal weighted l2 regularization in
    overparameterized linear regression", 2020 (alignment).
    Example: linear_gaussian(samples: 40, features: 100, noise_std: 0.5)
    """

    seeded: ClassVar[bool] = True

    features: int = integer("number of inputs", at_least=1, unit="features")
    noise_std: float = number("standard deviation of the noise in y", default=0.0, at_least=0)
    signal_norm: float = number("norm of the coefficients", default=1.0, at_least=0)

    covariance: str = choice(
        "how variances fall from one input to the next",
        "isotropic",
        "geometric",
        "power",
        default="isotropic",
    )
    decay: float = number(
        "ratio of neighboring variances (geometric) or exponent (power)", default=1.0, at_least=0
    )
    unseen: int = integer("inputs that generate y and are not shown", default=0, at_least=0)
    active: int = integer("coefficients that are not 0; 0 for all of them", default=0, at_least=0)
    alignment: float = number(
        "power of an input's variance that its coefficient has for variance", default=0.0
    )

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

        draws, variances = Draws(seed, "pool"), self.variances()
        direction = self._direction(draws, variances)
        coefficients = self.signal_norm * direction / np.linalg.norm(direction)

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            inputs = draws.generator(part, "inputs").standard_normal((count, len(variances)))
            inputs *= np.sqrt(variances)
            noise = draws.generator(part, "noise").standard_normal(count)
            values = inputs @ coefficients + self.noise_std * noise
            return inputs[:, : self.features], values

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )

    def variances(self) -> np.ndarray:
        """The variances of the inputs, those not shown last."""
        import numpy as np

        number = np.arange(1, self.features + self.unseen + 1, dtype=np.float64)
        variances: dict[str, np.ndarray] = {
            "isotropic": np.ones_like(number),
            "geometric": self.decay ** (number - 1),
            "power": number**-self.decay,
        }
        return variances[self.covariance]

    def _direction(self, draws: Draws, variances: np.ndarray) -> np.ndarray:
        """The coefficients before they are scaled."""
        direction = draws.generator("coefficients").standard_normal(len(variances))
        direction *= variances ** (self.alignment / 2)
        if self.active:
            places = draws.generator("active").permutation(len(variances))
            direction[places[self.active :]] = 0
        return direction
