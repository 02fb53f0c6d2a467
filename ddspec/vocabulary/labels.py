"""What is known of samples beside their inputs, and what a transform is told around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@attrs.frozen(eq=False)
class Labels:
    """What is known of samples of one use beside their inputs.

    targets (n,) or (n, ...) as trained on; clean: before label noise. weights, float64, and groups,
    int64: (n,) each; None: one, and all of one group.
    """

    targets: np.ndarray
    clean: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.targets)


@attrs.frozen(eq=False)
class Around:
    """What a transform is told beside the inputs it changes.

    use: `train`, `validation` or `test`. samples: training samples after it. shape: of one input
    before it. classes: None for regression. draws: of its own. trained: gives the inputs of the
    training samples before it, (n, d).
    """

    use: str
    samples: int
    shape: tuple[int, ...]
    classes: int | None
    draws: Draws
    trained: Callable[[], np.ndarray]
