"""`random_pixels`: a permutation of the inputs of its own for every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Transform, word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around


@word
class RandomPixels(Transform):
    """The places of each image are permuted by a permutation of its own, x'[c, i] = x[c, s(i)]:
    what is left to learn are the values of an image, not where they lie.

    Samples of every use are permuted. A sample's permutation is drawn from `seed.data` and depends
    on its place in the seed's order only, so training sets stay nested. The channels of a place
    stay together; inputs that are no images are permuted singly.

    Source: Zhang et al., "Understanding deep learning requires rethinking generalization", 2017,
    section 2.
    Example: random_pixels()
    """

    draws: ClassVar[bool] = True

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import math

        import numpy as np

        channels = around.shape[0] if around.shape[1:] else 1
        places = math.prod(around.shape) // channels
        generator = around.draws.generator(around.use)
        images = inputs.reshape(len(inputs), channels, places)
        made = np.empty_like(images)
        for number, image in enumerate(images):  # one after the other: the first n are the same
            made[number] = image[:, generator.permutation(places)]
        return made.reshape(inputs.shape)
