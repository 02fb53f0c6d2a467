"""`censored`: labels that a small network gives, in place of the true ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.kinds import Corruption, Dataset, word
from ddspec.vocabulary.schema import integer, number

if TYPE_CHECKING:
    import numpy as np

    from ddspec.vocabulary.draws import Draws


@word
class Censored(Corruption):
    """The true labels, those of test samples as well, are replaced by what a small network says: a
    network of `hidden` units can then have no error. A share `random` of the training and
    validation labels is drawn uniformly over all classes on top.

    The small network, one hidden layer of ReLUs, is scikit-learn's `MLPClassifier` under Adam at
    its defaults, trained for `epochs` passes over the first `teacher_samples` of the pool with
    their true labels; its numbers are drawn from `teacher_seed`. It sees inputs as the dataset's
    transforms leave them, up to the first that draws or goes by the training set. So it does not
    depend on `seed.data` or on the number of samples: training sets stay nested. On another machine
    it may round otherwise and label a few samples near its boundaries otherwise.

    Source: Neyshabur, Tomioka & Srebro, "In search of the real inductive bias", 2015, figure 2
    (4 hidden units for MNIST, 16 for CIFAR-10, and 5 % random labels).
    Example: censored(4, random: 5%)
    """

    teaches: ClassVar[bool] = True

    hidden: int = integer("hidden units of the small network", at_least=1)
    random: float = number("share of labels that are random", default=0.0, at_least=0, at_most=1)
    epochs: int = integer("passes of the small network", default=50, at_least=1)
    teacher_samples: int = integer(
        "samples of the pool that it is trained on, at most",
        default=10_000,
        at_least=1,
        unit="samples",
    )
    teacher_seed: int = integer("seed of the small network", default=0, at_least=0)

    @property
    def random_labels(self) -> bool:
        return self.random == 1

    def refuses(self, dataset: Dataset) -> str:
        if dataset.capacity is None or dataset.seeded:
            return "draws its samples anew for every seed, with no pool to train a teacher on"
        return "" if dataset.reads == "numbers" else "has inputs that are no numbers"

    def taught(
        self, inputs: np.ndarray, labels: np.ndarray, classes: int
    ) -> Callable[[np.ndarray], np.ndarray]:
        import numpy as np
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        network = MLPClassifier(
            (self.hidden,),
            max_iter=self.epochs,
            n_iter_no_change=self.epochs,
            random_state=self.teacher_seed,
        )
        count = self.teacher_samples
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it stops after `epochs` passes
            network.fit(inputs[:count], labels[:count])
        return lambda given: np.asarray(
            network.predict(given) if len(given) else np.empty(0), np.int64
        )

    def corrupt(self, labels: np.ndarray, classes: int, draws: Draws) -> np.ndarray:
        from ddspec.vocabulary.corruptions.uniform import Uniform

        return Uniform(share=self.random).corrupt(labels, classes, draws)
