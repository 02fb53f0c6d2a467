"""`concatenated`: pairs of samples as samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Shape, Transform, word

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.labels import Around, Labels


@word
class Concatenated(Transform):
    """Training samples are ordered pairs of samples: inputs [x_i, x_j], target (y_i + y_j) / 2, of
    classes as distributions over them. Test and validation samples are [x, x], their targets kept.

    `samples` counts pairs; all k^2 pairs of k samples are `samples: k^2`. Pairs come in such an
    order, by max(i, j), that the first k^2 are those of the first k samples: training sets stay
    nested, and n pairs are made of the first ceil(sqrt(n)) samples. Label noise is on the samples
    that are paired. Images and signals are joined as channels. A pair counts the mean of what its
    samples count and is of the group of the first. Nothing is drawn.

    Source: Chen, Wang & Kyrillidis, "Mitigating deep double descent by concatenating inputs", 2021.
    Example: concatenated()
    """

    mixes: ClassVar[bool] = True

    def takes(self, samples: int) -> int:
        return math.isqrt(samples - 1) + 1

    def reshaped(self, shape: Shape) -> Shape:
        return (2 * shape[0], *shape[1:])

    def joins(self, samples: int, around: Around) -> np.ndarray:
        import numpy as np

        places = np.arange(samples)
        return np.stack(pairs(around.samples) if around.use == "train" else (places, places), 1)

    def relabel(self, labels: Labels, around: Around) -> Labels:
        from ddspec.vocabulary.labels import Labels

        if around.use != "train":
            return labels
        first, second = pairs(around.samples)
        weights, groups = labels.weights, labels.groups
        return Labels(
            mean_of(labels.targets, first, second, around.classes),
            mean_of(labels.clean, first, second, around.classes),
            None if weights is None else (weights[first] + weights[second]) / 2,
            None if groups is None else groups[first],
        )


def pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` ordered pairs of 0, 1, ... by their larger member, (count,) int64 each.

    Those whose larger member is m come as (0, m), (m, 0), (1, m), (m, 1), ..., (m, m).
    """
    import numpy as np

    number = np.arange(count)
    larger = np.sqrt(number).astype(np.int64)
    larger -= larger**2 > number
    larger += (larger + 1) ** 2 <= number
    place = number - larger**2
    smaller = place // 2
    swapped = place % 2 == 1
    return np.where(swapped, larger, smaller), np.where(swapped, smaller, larger)


def mean_of(
    targets: np.ndarray, first: np.ndarray, second: np.ndarray, classes: int | None
) -> np.ndarray:
    """The targets of pairs: means, of classes as distributions over them."""
    import numpy as np

    if classes is not None and np.issubdtype(targets.dtype, np.integer):
        targets = np.eye(classes, dtype=np.float32)[targets]  # halves are exact
    return np.asarray((targets[first] + targets[second]) / 2)
