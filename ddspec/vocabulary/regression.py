"""What theories of linear regression share: their numbers, and how an experiment says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.gd import Gd
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.procedures.gradient_descent import GradientDescent
from ddspec.vocabulary.procedures.least_squares import LeastSquares
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import integer, number
from ddspec.vocabulary.theory import Case, Theory

if TYPE_CHECKING:
    import numpy as np


@attrs.frozen(kw_only=True, slots=False)
class Regression(Theory):
    """y = x.b + e, x normal with covariance I, the first `features` of x seen by the learner."""

    needed: ClassVar[tuple[str, ...]] = ("samples", "features", "signal", "noise_variance")
    solved_only: ClassVar[bool] = False
    penalized: ClassVar[bool] = False  # whether `l2` may be added

    samples: int | None = integer("training samples", default=None, at_least=1, unit="samples")
    features: int | None = integer(
        "inputs that the model sees", default=None, at_least=1, unit="features"
    )
    signal: float | None = number(
        "squared norm of the coefficients of the inputs it sees", default=None, at_least=0
    )
    noise_variance: float | None = number(
        "variance of y given the inputs it sees, those it does not see included",
        default=None,
        at_least=0,
    )

    def told(self, case: Case) -> Mapping[str, Any]:
        """Samples; of `linear_gaussian` and `linear` the rest, unseen inputs counted as noise."""
        data, seen = case.dataset, features_of(case)
        found: dict[str, Any] = {"samples": data.samples}
        if seen is not None and isinstance(data, LinearGaussian) and equal_variances(data):
            whole, share = data.signal_norm**2, seen / (data.features + data.unseen)
            noise = data.noise_std**2 + (1 - share) * whole
            found |= {"features": seen, "signal": share * whole, "noise_variance": noise}
        return found

    def doubt(self, case: Case) -> str:
        """Reasons of data, network and training, in this order."""
        return (
            doubt_of_data(case, equal=True)
            or doubt_of_linear(case)
            or doubt_of_training(case, penalized=self.penalized)
        )

    @property
    def size(self) -> tuple[int, int]:
        """Samples and features, once they are known."""
        assert self.samples is not None
        assert self.features is not None
        return self.samples, self.features

    @property
    def strengths(self) -> tuple[float, float]:
        """Signal and noise variance, once they are known."""
        assert self.signal is not None
        assert self.noise_variance is not None
        return self.signal, self.noise_variance


@attrs.frozen(kw_only=True, slots=False)
class Descent(Theory):
    """Gradient descent on the mean squared error with a fixed learning rate."""

    lr: float | None = number("learning rate", default=None, above=0)
    updates: int | None = integer("updates in an epoch", default=None, at_least=1)
    length: int | None = integer(
        "updates of the whole training, where the experiment has no trajectory",
        default=None,
        at_least=0,
    )

    def steps(self, points: Sequence[int]) -> np.ndarray:
        """Updates made at each point; without points those of the whole training."""
        import numpy as np

        assert self.updates is not None
        assert self.length is not None
        made = np.asarray(points, np.float64) * self.updates
        return made if len(points) else np.asarray([float(self.length)])


def descent_told(case: Case) -> dict[str, Any]:
    """Rate and number of updates of full-batch or minibatch descent."""
    train, samples = case.train, case.dataset.samples
    if not isinstance(train, GradientDescent):
        return {}
    batches = -(-samples // min(train.batch, samples))
    found = {"updates": 1 if case.unit == "steps" else batches, "length": train.steps(samples)}
    rate = getattr(train.optimizer, "lr", None)
    return found | ({"lr": rate.rate} if isinstance(rate, Constant) else {})


def features_of(case: Case) -> int | None:
    """The inputs that a linear model sees; None for other models."""
    if not isinstance(case.architecture, Linear):
        return None
    return case.architecture.features or case.dataset.inputs


def equal_variances(data: LinearGaussian) -> bool:
    """Whether all inputs have variance 1."""
    return data.covariance == "isotropic"


def penalty_of(case: Case) -> float:
    """The strength of `l2`, 0 without it."""
    return sum(term.strength for term in case.terms if isinstance(term, L2))


# --- why a theory need not hold, each after "it is " ---------------------------------------------


def doubt_of_data(case: Case, *, equal: bool) -> str:
    """Of data that are not those of `linear_gaussian`, of `equal` variances."""
    data = case.dataset
    if not isinstance(data, LinearGaussian):
        return f"of `linear_gaussian`, the dataset is `{data.name()}`"
    if data.transform:
        return f"of inputs as they are, `{data.transform[0].name()}` changes them"
    if equal and not equal_variances(data):
        return f"of inputs of equal variance, these have `covariance: {data.covariance}`"
    return ""


def doubt_of_linear(case: Case) -> str:
    """Of networks other than `linear()`."""
    network = case.architecture
    if not isinstance(network, Linear):
        return f"of `linear`, the architecture is `{network.name()}`"
    return "of a model without a constant, this one has `bias: true`" if network.bias else ""


def doubt_of_training(case: Case, *, penalized: bool) -> str:
    """Of other losses than the squared error, and other regularizers than `l2`, if even that."""
    train = case.train
    if isinstance(train, GradientDescent) and not isinstance(train.loss, Mse):
        return f"of the squared error, the loss is `{train.loss.name()}`"
    if not isinstance(train, GradientDescent | LeastSquares):
        return f"of least squares, training is `{train.name()}`"
    others = [term for term in case.terms if not (penalized and isinstance(term, L2))]
    return f"of training without `{others[0].name()}`" if others else ""


def doubt_of_steps(case: Case) -> str:
    """Of what is not plain full-batch gradient descent at a fixed rate."""
    train = case.train
    if not isinstance(train, GradientDescent):
        return f"of gradient descent, training is `{train.name()}`"
    if train.batch < case.dataset.samples:
        return f"of steps on the whole training set, batches are of {train.batch} samples"
    optimizer = train.optimizer
    plain = isinstance(optimizer, Gd | Sgd) and isinstance(optimizer.lr, Constant)
    if not plain or optimizer.momentum or optimizer.layer_lr:  # type: ignore[attr-defined]
        return (
            f"of gradient descent at a fixed rate, the optimizer is another (`{optimizer.name()}`)"
        )
    return ""
