"""`feature_noise`: normal noise on the inputs, drawn once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Transform, word
from ddspec.vocabulary.schema import choice, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around


@word
class FeatureNoise(Transform):
    """Normal noise on every input, x' = x + std z, drawn once: it is the same in every epoch, where
    `input_noise` among the regularizers is drawn anew at every step.

    z is drawn from `seed.data`; a sample's noise depends on its place in the seed's order only, so
    training sets stay nested. `on: training` leaves test inputs clean.

    Source: Bishop, "Training with noise is equivalent to Tikhonov regularization", 1995 (of noise
    drawn anew); Hastie et al., "Surprises in high-dimensional ridgeless least squares", 2022,
    section 5 (inputs that carry noise).
    Example: feature_noise(0.1)
    """

    draws: ClassVar[bool] = True

    std: float = number("standard deviation of the noise", at_least=0)
    on: str = choice(
        "which inputs get noise: those of training and validation, or of every use",
        "training",
        "all",
        default="training",
    )

    @property
    def neutral(self) -> bool:
        return self.std == 0

    @property
    def where(self) -> tuple[str, ...]:
        return ("train", "validation", "test") if self.on == "all" else ("train", "validation")

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import numpy as np

        drawn = around.draws.generator(around.use).standard_normal(inputs.shape)
        return np.asarray((inputs + self.std * drawn).astype(inputs.dtype))
