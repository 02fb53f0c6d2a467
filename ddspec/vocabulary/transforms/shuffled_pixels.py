"""`shuffled_pixels`: one permutation of the inputs, the same for every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Transform, word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around


@word
class ShuffledPixels(Transform):
    """The places of an image are permuted, x'[c, i] = x[c, s(i)], by one permutation s that every
    sample of every use shares: what can be learned stays, where it lies does not.

    s is drawn anew for every `seed.data`. The channels of a place stay together; inputs that are no
    images are permuted singly. Training sets stay nested in their number of samples.

    Source: Zhang et al., "Understanding deep learning requires rethinking generalization", 2017,
    section 2.
    Example: shuffled_pixels()
    """

    draws: ClassVar[bool] = True

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import math

        import numpy as np

        channels = around.shape[0] if around.shape[1:] else 1
        places = math.prod(around.shape) // channels
        order = around.draws.generator("places").permutation(places)
        shuffled = inputs.reshape(len(inputs), channels, places)[:, :, order]
        return np.ascontiguousarray(shuffled.reshape(inputs.shape))
