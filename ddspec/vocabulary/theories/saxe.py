"""`saxe`: the modes of a deep linear network, in the order they are learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ddspec.vocabulary.architectures.deep_linear import DeepLinear
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.regression import (
    Descent,
    descent_told,
    doubt_of_data,
    doubt_of_steps,
    doubt_of_training,
    penalty_of,
)
from ddspec.vocabulary.schema import integer, number, numbers
from ddspec.vocabulary.theory import Case
from ddspec.vocabulary.word import word

if TYPE_CHECKING:
    import numpy as np

TWO = 2


@word
class Saxe(Descent):
    """Gradient flow on the mean squared error of a deep linear network, W_L ... W_1 x, white inputs
    and many more samples than weights: the mode of strength s grows by itself, from `start`,
    du/dt = 2 L u^(2 - 2/L) (s - u) with t = lr k.

    For two layers, u(k) = s / (1 + (s/start - 1) exp(-4 s lr k)): strong modes first, each in a
    sudden rise. `l2` on both then shifts s to s - strength/2: the strength at the end is max(s -
    strength/2, 0), a soft threshold, as of a nuclear norm. Test loss = sum over modes of (s - u)^2
    + noise variance.

    Small random weights are not aligned: of two layers with h units and deviation d the part that
    grows is (w_2 + W_1 v)/2, and start = (d^2/2) chi^2 of h degrees of freedom, over which `units:
    h` averages, `start` being its mean. One target has one mode, of strength |b|.

    Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", 2014; Srebro, Rennie & Jaakkola, "Maximum-margin matrix
    factorization", 2004 (soft threshold).
    Example: saxe(modes: [3, 1.5, 0.5], start: 0.001, layers: 2, units: 0, noise_variance: 0,
             lr: 0.001, updates: 1, length: 10_000)
    """

    needed: ClassVar[tuple[str, ...]] = (
        *("modes", "start", "lr", "updates", "length"),
        *("layers", "units", "noise_variance", "strength"),
    )

    modes: tuple[float, ...] | None = numbers(
        "singular values of the map to be learned", default=None, above=0
    )
    start: float | None = number("strength of each mode before training", default=None, above=0)
    layers: int | None = integer("matrices", default=None, at_least=1)
    units: int | None = integer(
        "hidden units whose random first weights `start` is the mean of; 0: every run has it",
        default=None,
        at_least=0,
    )
    noise_variance: float | None = number("variance of y given x", default=None, at_least=0)
    strength: float | None = number("strength of `l2`, for two layers", default=None, at_least=0)

    def told(self, case: Case) -> Mapping[str, Any]:
        data, network = case.dataset, case.architecture
        found: dict[str, Any] = {**descent_told(case), "strength": penalty_of(case)}
        if isinstance(data, LinearGaussian):
            found |= {"modes": (data.signal_norm,), "noise_variance": data.noise_std**2}
        if isinstance(network, DeepLinear):
            found |= {"layers": network.depth}
            if network.depth == TWO and network.init == "gaussian":
                deviation = (network.std or 1.0) * network.scale
                found |= {"units": network.width, "start": network.width * deviation**2 / 2}
        return found

    def doubt(self, case: Case) -> str:
        network = case.architecture
        if not isinstance(network, DeepLinear):
            return f"of `deep_linear`, the architecture is `{network.name()}`"
        if network.bias or network.parametrization != "standard":
            return "of products of matrices, this network is another"
        return (
            doubt_of_data(case, equal=True)
            or doubt_of_training(case, penalized=network.depth == TWO)
            or doubt_of_steps(case)
        )

    @property
    def impossible(self) -> str:
        if self.layers not in (None, TWO) and (self.strength or self.units):
            return "`strength` and `units` are known for two layers only"
        return ""

    def risks(self, points: Sequence[int]) -> Mapping[str, float | np.ndarray]:
        from ddspec.vocabulary.modes import learned

        assert self.modes is not None
        assert self.start is not None
        assert self.lr is not None
        assert self.strength is not None
        assert self.noise_variance is not None
        times = 2 * self.lr * self.steps(points)
        loss = times * 0 + self.noise_variance
        for mode in self.modes:
            grown = learned(
                times, mode - self.strength / 2, self.start, self.layers or TWO, self.units or 0
            )
            loss = loss + ((mode - grown) ** 2).mean(axis=0)
        return {"test_loss": loss, "train_loss": loss}
