"""`gaussian_inputs`: normal numbers in place of the inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Transform, word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around


@word
class GaussianInputs(Transform):
    """Every input is replaced by a normal number, x' = m + s z, with the mean m and the standard
    deviation s of all numbers of the training inputs: labels have nothing to do with inputs.

    Samples of every use are replaced. z is drawn from `seed.data`; a sample's z depends on its
    place in the seed's order only, while m and s are those of the training set at hand: training
    sets are nested but for that shift and scale.

    Source: Zhang et al., "Understanding deep learning requires rethinking generalization", 2017,
    section 2.
    Example: gaussian_inputs()
    """

    draws: ClassVar[bool] = True
    fitted: ClassVar[bool] = True

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import numpy as np

        trained = around.trained()
        mean, spread = trained.mean(dtype=np.float64), trained.std(dtype=np.float64)
        drawn = around.draws.generator(around.use).standard_normal(inputs.shape)
        return np.asarray((mean + spread * drawn).astype(inputs.dtype))
