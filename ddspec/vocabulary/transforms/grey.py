"""`grey`: color images as their brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, Transform, word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around

COLORS = 3


@word
class Grey(Transform):
    """Color images as one channel, their brightness 0.299 red + 0.587 green + 0.114 blue.

    Acts on every use alike and draws nothing: training sets stay nested.

    Source: ITU-R recommendation BT.601.
    Example: grey()
    """

    plain: ClassVar[bool] = True

    def refuses(self, dataset: Dataset, shape: Shape) -> str:
        return "" if shape[:-2] == (COLORS,) else "has no colors"

    def reshaped(self, shape: Shape) -> Shape:
        return (1, *shape[1:]) if shape[:-2] == (COLORS,) else shape

    def change(self, inputs: np.ndarray, around: Around) -> np.ndarray:
        import numpy as np

        weights = np.array([0.299, 0.587, 0.114], inputs.dtype)
        places = inputs.shape[1] // COLORS
        images = inputs.reshape(-1, COLORS, places)
        return np.asarray(np.einsum("c,ncp->np", weights, images))
