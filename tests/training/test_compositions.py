"""Terms act in the order of their rank, however they are written, and neutral ones do nothing."""

import attrs
import pytest
import torch
from torch import nn

from ddspec.vocabulary import registry
from ddspec.vocabulary.counters import normal, stream
from ddspec.vocabulary.kinds import Regularizer
from ddspec.vocabulary.regularizers.adversarial import Adversarial
from ddspec.vocabulary.regularizers.augmentation import Augmentation
from ddspec.vocabulary.regularizers.distance_to_init import DistanceToInit
from ddspec.vocabulary.regularizers.flooding import Flooding
from ddspec.vocabulary.regularizers.gradient_clipping import GradientClipping
from ddspec.vocabulary.regularizers.gradient_noise import GradientNoise
from ddspec.vocabulary.regularizers.input_noise import InputNoise
from ddspec.vocabulary.regularizers.jacobian import Jacobian
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.regularizers.label_noise_sgd import LabelNoiseSgd
from ddspec.vocabulary.regularizers.label_smoothing import LabelSmoothing
from ddspec.vocabulary.regularizers.max_norm import MaxNorm
from ddspec.vocabulary.regularizers.mixup import Mixup
from ddspec.vocabulary.regularizers.nuclear import Nuclear
from ddspec.vocabulary.regularizers.path_norm import PathNorm
from ddspec.vocabulary.regularizers.pruning import Pruning
from ddspec.vocabulary.regularizers.sam import Sam
from ddspec.vocabulary.regularizers.spectral_decoupling import SpectralDecoupling
from ddspec.vocabulary.regularizers.spectral_norm import SpectralNorm
from ddspec.vocabulary.regularizers.weight_averaging import WeightAveraging
from ddspec.vocabulary.regularizers.weight_decay import WeightDecay
from tests.training.looped import Loop, three
from tests.training.made import difference, stacked
from tests.training.test_regularizers import (
    Attacked,
    Distances,
    Mixed,
    Noised,
    PathNorms,
    Relabelled,
    within_balls,
)

TOLERANCE = 1e-10
WORDS = {
    "on the minibatch": lambda n: (
        LabelNoiseSgd(share=0.2),
        Mixup(alpha=0.4 + n, per="row"),
        LabelSmoothing(share=0.1 * (n + 1)),
        InputNoise(std=0.3),
        Adversarial(radius=0.1),
    ),
    "on the objective": lambda n: (
        Flooding(level=2.2),
        SpectralDecoupling(strength=0.1 * (n + 1)),
        PathNorm(strength=1e-4),
        DistanceToInit(strength=0.2),
        L2(strength=0.01),
    ),
    "on the gradient": lambda n: (
        GradientNoise(variance=0.01),
        Sam(radius=0.1 * (n + 1)),
        GradientClipping(norm=0.5),
    ),
    "after the step": lambda n: (
        WeightDecay(strength=0.5),
        MaxNorm(bound=0.5),
        Pruning(share=0.3, every=9),
        WeightAveraging(after=3 + n),
    ),
}
ALL = lambda n: tuple(term for words in WORDS.values() for term in words(n))  # noqa: E731


class Minibatch(Loop):
    """Labels are drawn anew, then mixed, then smoothed; inputs get noise, then are attacked."""

    def alter(self, inputs, targets):
        noise, mixup, smoothing, blur, attack = self.one.regularizer[:5]
        for loop, term in (
            (Relabelled, noise),
            (Mixed, mixup),
            (SoftSmoothed, smoothing),
            (Noised, blur),
            (Attacked, attack),
        ):
            part = loop.__new__(loop)
            part.__dict__ |= self.__dict__ | {"one": attrs.evolve(self.one, regularizer=(term,))}
            inputs, targets = part.alter(inputs, targets)
        return inputs, targets


class SoftSmoothed(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        return inputs, (1 - term.share) * targets + term.share / 10


class Objective(Loop):
    """The mean loss is flooded, then penalties are added."""

    def objective(self, mean, inputs, outputs):
        flooding, decoupling, paths, distance, decay = self.one.regularizer[-5:]
        value = (mean - flooding.level).abs() + flooding.level
        value = value + decoupling.strength / 2 * (outputs**2).sum(dim=1).mean()
        for loop, term in ((PathNorms, paths), (Distances, distance)):
            part = loop.__new__(loop)
            part.__dict__ |= self.__dict__ | {"one": attrs.evolve(self.one, regularizer=(term,))}
            value = part.objective(value, inputs, outputs)
        weights = torch.cat([w.flatten() for w in self.network.parameters()])
        return value + decay.strength / 2 * (weights**2).sum()


class Gradient(Loop):
    """Noise is in the gradient that is looked ahead with; what is followed is clipped last."""

    def gradients(self, inputs, targets):
        noise, sam, clipping = self.one.regularizer
        weights = list(self.network.parameters())
        super().gradients(inputs, targets)
        self._add_noise(noise)
        first = [w.grad.clone() for w in weights]
        norm = torch.stack([g.norm() for g in first]).norm()
        self._move(weights, first, sam.radius / norm)
        self.network.zero_grad()
        super().gradients(inputs, targets)
        self._add_noise(noise)
        self._move(weights, first, -sam.radius / norm)
        nn.utils.clip_grad_norm_(weights, clipping.norm)

    def _add_noise(self, term):
        deviation = (term.variance / (1 + self.step) ** term.decay) ** 0.5
        for name, weight in self.network.named_parameters():
            drawn = normal(self.key, stream("gradient_noise", name), 1, weight.numel())
            weight.grad += deviation * drawn.view(weight.shape)

    def _move(self, weights, slopes, length):
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                weight.add_(length * slope)


class AfterStep(Loop):
    """Weights decay, are projected, are pruned; averages are of what is left."""

    total, count, mask = None, 0, None

    def settle(self, before):
        decay, ball, pruning, averaging = self.one.regularizer
        rate = self.one.train.optimizer.lr.rate
        weights = list(self.network.parameters())
        for weight, old in zip(weights, before, strict=True):
            weight.sub_(rate * decay.strength * old)
        for weight in self.matrices:
            weight.copy_(within_balls(weight, ball.bound))
        if self.step + 1 == pruning.every:
            sizes = torch.cat([w.abs().flatten() for w in self.matrices])
            limit = sizes.sort().values[round(pruning.share * len(sizes)) - 1]
            self.mask = [w.abs() > limit for w in self.matrices]
        if self.mask is not None:
            for weight, left in zip(self.matrices, self.mask, strict=True):
                weight.mul_(left)
        if self.step + 1 > averaging.after:
            old = self.total or [torch.zeros_like(w) for w in weights]
            self.total = [a + w for a, w in zip(old, weights, strict=True)]
            self.count += 1

    def run(self):
        network = super().run()
        with torch.no_grad():
            for weight, total in zip(network.parameters(), self.total, strict=True):
                weight.copy_(total / self.count)
        return network


LOOPS = dict(zip(WORDS, (Minibatch, Objective, Gradient, AfterStep), strict=True))


@pytest.mark.parametrize("place", WORDS)
def test_terms_act_in_the_order_of_their_rank(place):
    cells = list(three(WORDS[place]))
    for run, one in zip(stacked(cells), cells, strict=True):
        assert difference(run, LOOPS[place](one).run()) < TOLERANCE


def largest(run, other):
    return max(
        float((weight - other.weights[name]).abs().max()) for name, weight in run.weights.items()
    )


def test_everything_at_once_stacks_and_may_be_written_in_any_order():
    cells = list(three(ALL))[:2]
    runs = stacked(cells)
    one = cells[1]
    for order in (one.regularizer, one.regularizer[1::2] + one.regularizer[::2]):
        (alone,) = stacked([attrs.evolve(one, regularizer=order)])
        assert largest(runs[1], alone) < 1e-12


NEUTRAL = (
    WeightDecay(strength=0.0),
    PathNorm(strength=0.0),
    SpectralNorm(strength=0.0),
    Nuclear(strength=0.0),
    Jacobian(strength=0.0),
    DistanceToInit(strength=0.0),
    InputNoise(std=0.0),
    Mixup(alpha=0.0),
    LabelSmoothing(share=0.0),
    Augmentation(crop=0, flip=False),
    SpectralDecoupling(strength=0.0),
    Flooding(level=0.0),
    LabelNoiseSgd(share=0.0),
    GradientNoise(variance=0.0),
    Sam(radius=0.0),
    Adversarial(radius=0.0),
    Pruning(share=0.0, every=3),
)
ACTING_IF_ASKED = [term for term in NEUTRAL if term.name() not in ("augmentation", "mixup")]


@pytest.mark.parametrize("term", NEUTRAL, ids=lambda term: term.name())
def test_a_neutral_term_says_so(term):
    assert term.neutral


@pytest.mark.parametrize("term", ACTING_IF_ASKED, ids=lambda term: term.name())
def test_a_neutral_term_does_nothing_even_if_asked(term):
    one = next(three(lambda _: ()))
    with_term = attrs.evolve(one, regularizer=(term,))
    assert largest(stacked([one])[0], stacked([with_term])[0]) < 1e-13


def regularizers():
    return [registry.find("regularizer", name) for name in registry.names("regularizer")]


def test_every_regularizer_says_how_it_acts():
    kinds = {"model-dependent", "data-dependent", "trajectory"}
    assert len(regularizers()) >= 25
    assert {word.acts for word in regularizers()} == kinds


def test_words_that_act_at_one_place_have_ranks_of_their_own():
    free = {"path_norm", "distance_to_init", "jacobian", "spectral_decoupling"}  # sums commute
    free |= {"label_noise_sgd", "target_noise"}  # of classes, of real targets
    for hook in ("alter", "objective", "slope", "settle"):
        base = getattr(Regularizer, hook)
        acting = [
            w for w in regularizers() if getattr(w, hook) is not base and w.name() not in free
        ]
        ranks = [
            word.rank for word in acting if hook != "settle" or word.name() != "gradient_noise"
        ]
        assert len(set(ranks)) == len(ranks)
