"""`latent`: a few hidden factors in noise, for autoencoders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import flag, integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class Latent(Dataset):
    """x = (snr / sqrt(`factors`)) A f + e with factors f, noise e and the matrix A, (features,
    factors), standard normal; the target is x itself, noise included, or, with `clean: true`, the
    first term. Everything is drawn anew for every `seed.data`.

    Knowing A and f leaves a mean squared error of 1; an autoencoder with as many hidden units as
    features can copy x and have none.

    Source: Lupidi, Gideoni & Jayalath, "Does double descent occur in self-supervised learning?",
    2023.
    Example: latent(samples: 500, features: 50, factors: 5, snr: 10)
    """

    seeded: ClassVar[bool] = True

    features: int = integer("number of inputs", at_least=1, unit="features")
    factors: int = integer("hidden factors", at_least=1)
    snr: float = number("how strong the factors are against the noise", default=10.0, at_least=0)
    clean: bool = flag("whether targets are without the noise", default=False)

    @property
    def plain_shape(self) -> Shape:
        return (self.features,)

    @property
    def classes(self) -> None:
        return None

    @property
    def outputs(self) -> int:
        return self.features

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws, sizes = Draws(seed, "pool"), (self.factors, self.features)
        matrix = draws.generator("matrix").standard_normal(sizes) * self.snr / np.sqrt(self.factors)

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            factors = draws.generator(part, "factors").standard_normal((count, self.factors))
            noise = draws.generator(part, "noise").standard_normal((count, self.features))
            signal = factors @ matrix
            return signal + noise, signal if self.clean else signal + noise

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )
