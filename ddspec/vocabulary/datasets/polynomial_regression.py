"""`polynomial_regression`: a smooth function of one number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import choice, integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class PolynomialRegression(Dataset):
    """y = f(x) + noise_std e with x uniform on [-1, 1] and e standard normal.

    f is the `target`: `legendre`, sum_k c_k sqrt(2k + 1) P_k(x) for k = 0 .. `degree` with Legendre
    polynomials P_k and c uniform on the unit sphere, so that f(x)^2 is 1 on average; `wave`, 2x +
    cos(25x); `sine`, sin(pi x); `runge`, 1 / (1 + 25 x^2); `step`, the sign of x. x, e and c are
    drawn anew for every `seed.data`.

    Source: Schaeffer et al., "Double descent demystified", 2023 (`wave`, Legendre polynomials);
    Runge, 1901.
    Example: polynomial_regression(samples: 15, target: wave, noise_std: 0.1)
    """

    seeded: ClassVar[bool] = True

    target: str = choice(
        "the function", "legendre", "wave", "sine", "runge", "step", default="legendre"
    )
    degree: int = integer("degree of the `legendre` target", default=3, at_least=0)
    noise_std: float = number("standard deviation of the noise in y", default=0.0, at_least=0)

    @property
    def plain_shape(self) -> Shape:
        return (1,)

    @property
    def classes(self) -> None:
        return None

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        direction = draws.generator("coefficients").standard_normal(self.degree + 1)
        coefficients = direction / np.linalg.norm(direction)

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            inputs = draws.generator(part, "inputs").uniform(-1, 1, (count, 1))
            noise = draws.generator(part, "noise").standard_normal(count)
            return inputs, self._values(inputs[:, 0], coefficients) + self.noise_std * noise

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )

    def _values(self, x: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        import numpy as np

        if self.target == "legendre":
            scales = np.sqrt(2 * np.arange(self.degree + 1) + 1)
            return np.asarray(np.polynomial.legendre.legval(x, coefficients * scales))
        values: dict[str, np.ndarray] = {
            "wave": 2 * x + np.cos(25 * x),
            "sine": np.sin(np.pi * x),
            "runge": 1 / (1 + 25 * x**2),
            "step": np.sign(x),
        }
        return values[self.target]
