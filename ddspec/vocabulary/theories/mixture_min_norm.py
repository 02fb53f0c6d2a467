"""`mixture_min_norm`: two normal classes told apart by least squares of least norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.corruptions.uniform import Uniform
from ddspec.vocabulary.corruptions.wrong import Wrong
from ddspec.vocabulary.datasets.gaussian_mixture import GaussianMixture
from ddspec.vocabulary.regression import doubt_of_linear, doubt_of_training
from ddspec.vocabulary.schema import choice, integer, number
from ddspec.vocabulary.theory import Case, Theory
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np

PAIR = 2


@word
class MixtureMinNorm(Theory):
    """Classes +-1 with means +-mu and covariance I, some labels flipped, least squares of least
    norm on the labels without a constant: the expected share of wrong test classes, exact for every
    number of samples and features, and `bayes_error`, Phi(-|mu|), which no rule beats.

    The error is Phi(-|mu| w_1 / |w|), w_1 the solution's component along mu. w_1 and |w| depend on
    the samples through a few normal, chi-squared and 2 x 2 Wishart variables only, over which is
    integrated by quasi-Monte Carlo; `train_error` is 0 from as many features as samples on.

    One-hot targets of two classes have the same decisions. `count: exact`: exactly the share of the
    labels is flipped, rounded down, as by `wrong(share)`; `bernoulli`: each with that probability.

    Source: Deng, Kammoun & Thrampoulidis, "A model of double descent for high-dimensional binary
    linear classification", 2019 (limit); Muirhead, "Aspects of multivariate statistical theory",
    1982, theorems 3.2.11 and 3.3.1 (the laws at finite size).
    Example: mixture_min_norm(samples: 40, features: 60, mean_norm: 1.5, label_noise: 10%)
    """

    gives: ClassVar[tuple[str, ...]] = ("test_error", "train_error", "bayes_error")
    needed: ClassVar[tuple[str, ...]] = (
        *("samples", "features", "mean_norm"),
        *("label_noise", "count"),
    )

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    features: int | None = integer("inputs", default=None, at_least=1, unit="features")
    mean_norm: float | None = number("distance of a class's mean from 0", default=None, at_least=0)
    label_noise: float | None = number(
        "share of training labels that are wrong", default=None, at_least=0, at_most=1
    )
    count: str | None = choice(
        "exactly the share, or each label with that probability",
        "exact",
        "bernoulli",
        default=None,
    )

    def told(self, case: Case) -> Mapping[str, Any]:
        data, noise = case.dataset, case.dataset.label_noise
        found: dict[str, Any] = {"samples": data.samples, "features": data.inputs}
        if isinstance(data, GaussianMixture):
            found["mean_norm"] = data.mean_norm
        if isinstance(noise, Wrong):
            found |= {"label_noise": noise.share, "count": noise.count}
        elif noise is None or isinstance(noise, Uniform):
            found |= {"label_noise": noise.share / 2 if noise else 0.0, "count": "bernoulli"}
        return found

    def doubt(self, case: Case) -> str:
        data = case.dataset
        if not isinstance(data, GaussianMixture):
            return f"of `gaussian_mixture`, the dataset is `{data.name()}`"
        if data.components != PAIR or data.imbalance != 1:
            return "of two classes that are equally probable, these are others"
        if data.transform:
            return f"of inputs as they are, `{data.transform[0].name()}` changes them"
        network = case.architecture
        if getattr(network, "features", None) not in (None, data.inputs):
            return "of all inputs, the model sees some"
        return doubt_of_linear(case) or doubt_of_training(case, penalized=False)

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from scipy.special import ndtr

        from ddspec.vocabulary.mixtures import min_norm_error

        assert self.samples is not None
        assert self.features is not None
        assert self.mean_norm is not None
        assert self.label_noise is not None
        share, exact = self.label_noise, self.count == "exact"
        error = min_norm_error(self.samples, self.features, self.mean_norm, share, exact=exact)
        fitted = 0.0 if self.features >= self.samples else float("nan")
        bayes = float(ndtr(-self.mean_norm))
        return {"test_error": error, "train_error": fitted, "bayes_error": bayes}
