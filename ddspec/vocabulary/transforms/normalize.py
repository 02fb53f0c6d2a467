"""`normalize`: inputs with the mean and the deviation of the training set taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Transform, word
from ddspec.vocabulary.schema import choice

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around


@word
class Normalize(Transform):
    """Inputs less their mean over their standard deviation, x' = (x - m) / s, both of the training
    samples and, alike, for inputs of every use.

    `per: feature` has an m and an s for every number of an input, `per: channel` one a channel
    (inputs that are no signals and no images have one channel), `per: everything` one in all. The
    deviation is that of the samples at hand, with divisor n; where it is 0 it counts as 1. Nothing
    is drawn, but m and s go by the training set: a sample's inputs change with the number of
    samples.

    Source: LeCun, Bottou, Orr & Müller, "Efficient backprop", 1998, section 4.3.
    Example: normalize(per: channel)
    """

    fitted: ClassVar[bool] = True

    per: str = choice(
        "what has a mean and a deviation of its own",
        "feature",
        "channel",
        "everything",
        default="feature",
    )

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import numpy as np

        channels = around.shape[0] if around.shape[1:] else 1
        groups = {"feature": inputs.shape[1], "channel": channels, "everything": 1}[self.per]
        trained = around.trained().reshape(-1, groups, inputs.shape[1] // groups)
        mean = trained.mean(axis=(0, 2), dtype=np.float64)[:, None]
        spread = trained.std(axis=(0, 2), dtype=np.float64)[:, None]
        spread[spread == 0] = 1
        made = (inputs.reshape(-1, *trained.shape[1:]) - mean) / spread
        return np.asarray(made.reshape(inputs.shape).astype(inputs.dtype))
