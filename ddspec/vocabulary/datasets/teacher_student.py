"""`teacher_student`: targets that a random two-layer network gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Dataset, Shape, word
from ddspec.vocabulary.schema import ACTIVATIONS, choice, integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.pool import Pool


@word
class TeacherStudent(Dataset):
    """y = f(x) + noise_std e with the teacher f(x) = sum_j a_j g(w_j.x) / sqrt(`hidden`), x, a_j
    and e standard normal, w_j normal with covariance I / `features`, g the `activation`.

    With `labels: sign` there are two classes, 1 where y > 0. Teacher, x and e are drawn anew for
    every `seed.data`.

    Source: Goldt et al., "Dynamics of stochastic gradient descent for two-layer neural networks in
    the teacher-student setup", 2019, section 1.
    Example: teacher_student(samples: 500, features: 20, hidden: 4)
    """

    seeded: ClassVar[bool] = True

    features: int = integer("number of inputs", at_least=1, unit="features")
    hidden: int = integer("hidden units of the teacher", at_least=1)
    activation: str = choice("nonlinearity of the teacher", *ACTIVATIONS, default="relu")
    noise_std: float = number("standard deviation of the noise in y", default=0.0, at_least=0)
    labels: str = choice(
        "targets are y itself or the class of its sign", "real", "sign", default="real"
    )

    @property
    def plain_shape(self) -> Shape:
        return (self.features,)

    @property
    def classes(self) -> int | None:
        return 2 if self.labels == "sign" else None

    def pool(self, seed: int, folder: Path | None) -> Pool:
        import numpy as np

        from ddspec.vocabulary.draws import Draws
        from ddspec.vocabulary.pool import Pool

        draws = Draws(seed, "pool")
        first = draws.generator("teacher", "first").standard_normal((self.hidden, self.features))
        last = draws.generator("teacher", "last").standard_normal(self.hidden)

        def rows(part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
            inputs = draws.generator(part, "inputs").standard_normal((count, self.features))
            noise = draws.generator(part, "noise").standard_normal(count)
            units = self._activated(inputs @ first.T / np.sqrt(self.features))
            values = units @ last / np.sqrt(self.hidden) + self.noise_std * noise
            return inputs, (values > 0).astype(np.int64) if self.labels == "sign" else values

        return Pool(
            *rows("train", self.samples),
            *rows("validation", self.validation),
            *rows("test", self.test),
        )

    def _activated(self, values: np.ndarray) -> np.ndarray:
        import torch

        from ddspec.vocabulary.layers import activation

        with torch.no_grad():
            made: np.ndarray = activation(self.activation)(torch.from_numpy(values)).numpy()
        return made
