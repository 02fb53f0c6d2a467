"""Every word of a composition, stacked with other values of itself, equals a plain PyTorch loop."""

import attrs
import pytest
import torch
from torch import nn

from ddspec.vocabulary.counters import (
    below,
    normal,
    permutation,
    stream,
    symmetric_beta,
    uniform,
)
from ddspec.vocabulary.regularizers.adversarial import Adversarial
from ddspec.vocabulary.regularizers.distance_to_init import DistanceToInit
from ddspec.vocabulary.regularizers.flooding import Flooding
from ddspec.vocabulary.regularizers.gradient_clipping import GradientClipping
from ddspec.vocabulary.regularizers.gradient_noise import GradientNoise
from ddspec.vocabulary.regularizers.input_noise import InputNoise
from ddspec.vocabulary.regularizers.jacobian import Jacobian
from ddspec.vocabulary.regularizers.label_noise_sgd import LabelNoiseSgd
from ddspec.vocabulary.regularizers.label_smoothing import LabelSmoothing
from ddspec.vocabulary.regularizers.max_norm import MaxNorm
from ddspec.vocabulary.regularizers.mixup import Mixup
from ddspec.vocabulary.regularizers.nuclear import Nuclear
from ddspec.vocabulary.regularizers.path_norm import PathNorm
from ddspec.vocabulary.regularizers.sam import Sam
from ddspec.vocabulary.regularizers.spectral_decoupling import SpectralDecoupling
from ddspec.vocabulary.regularizers.spectral_norm import SpectralNorm
from ddspec.vocabulary.regularizers.weight_decay import WeightDecay
from tests.training.looped import Loop, three
from tests.training.made import difference, stacked

TOLERANCE = 1e-10


def hot(targets):
    return nn.functional.one_hot(targets, 10).double()


def within_balls(rows, radius):
    """As torch.renorm, which adds 1e-7 to the norms."""
    norms = rows.norm(dim=1, keepdim=True)
    assert torch.allclose(
        torch.renorm(rows, 2, 0, radius).norm(dim=1).max(), norms.clamp(max=radius).max()
    )
    return torch.where(norms > radius, rows * radius / norms, rows)


class PathNorms(Loop):
    """A pass of powers of the weights on ones: activations leave what is positive."""

    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        reached = torch.ones(40, dtype=torch.float64)
        for layer in self.network:
            if isinstance(layer, nn.Linear):
                reached = layer.weight.abs() ** term.p @ reached + layer.bias.abs() ** term.p
        return mean + term.strength * reached.sum()


class SpectralNorms(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        norms = [torch.linalg.matrix_norm(w, 2) for w in self.matrices]
        return mean + term.strength / 2 * sum(norm**2 for norm in norms)


class NuclearNorms(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        return mean + term.strength * sum(torch.linalg.matrix_norm(w, "nuc") for w in self.matrices)


class Jacobians(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        each = torch.func.vmap(torch.func.jacrev(self.network))(inputs)
        return mean + term.strength / 2 * each.square().sum(dim=(1, 2)).mean()


class ProjectedJacobians(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        inputs = inputs.clone().requires_grad_()
        total = 0.0
        for number in range(term.projections):
            drawn = normal(self.key, stream("jacobian", number), len(inputs), 10)
            unit = drawn / drawn.norm(dim=1, keepdim=True)
            along = (self.network(inputs) * unit).sum()
            (slope,) = torch.autograd.grad(along, inputs, create_graph=True)
            total = total + 10 / term.projections * slope.square().sum(dim=1).mean()
        return mean + term.strength / 2 * total


class Distances(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        pairs = zip(self.network.parameters(), self.first, strict=True)
        return mean + term.strength / 2 * sum(((w - f) ** 2).sum() for w, f in pairs)


class MaxNorms(Loop):
    def settle(self, before):
        (term,) = self.one.regularizer
        for weight in self.matrices:
            weight.copy_(within_balls(weight, term.bound))


class Decayed(Loop):
    """SGD with the decoupled decay of AdamW: torch has it for Adam only, see below."""

    def settle(self, before):
        (term,) = self.one.regularizer
        for weight, old in zip(self.network.parameters(), before, strict=True):
            weight.sub_(self.one.train.optimizer.lr.rate * term.strength * old)


class Noised(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        noise = normal(self.key, stream("input_noise"), *inputs.shape)
        return inputs + term.std * noise, targets


class Mixed(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        rows = len(inputs)
        partner = permutation(self.key, stream("mixup", "partner"), torch.ones(rows))
        count = 1 if term.per == "step" else rows
        own = symmetric_beta(self.key, stream("mixup", "share"), count, term.alpha)[:, None]
        soft = hot(targets)
        return (m * own + (1 - own) * m[partner] for m in (inputs, soft))


class Smoothed(Loop):
    def loss(self, outputs, targets):
        (term,) = self.one.regularizer
        return nn.functional.cross_entropy(outputs, targets, label_smoothing=term.share)


class Decoupled(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        return mean + term.strength / 2 * (outputs**2).sum(dim=1).mean()


class Flooded(Loop):
    def objective(self, mean, inputs, outputs):
        (term,) = self.one.regularizer
        return (mean - term.level).abs() + term.level


class Relabelled(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        name, rows = "label_noise_sgd", len(targets)
        chosen = uniform(self.key, stream(name, "which"), rows, 1)[:, 0] < term.share
        targets = targets.clone()
        targets[chosen] = below(self.key, stream(name, "what"), rows, 10)[chosen]
        return inputs, targets


class NoisyGradients(Loop):
    def gradients(self, inputs, targets):
        (term,) = self.one.regularizer
        super().gradients(inputs, targets)
        deviation = (term.variance / (1 + self.step) ** term.decay) ** 0.5
        for name, weight in self.network.named_parameters():
            noise = normal(self.key, stream("gradient_noise", name), 1, weight.numel())
            weight.grad += deviation * noise.view(weight.shape)


class Clipped(Loop):
    def gradients(self, inputs, targets):
        (term,) = self.one.regularizer
        super().gradients(inputs, targets)
        nn.utils.clip_grad_norm_(self.network.parameters(), term.norm)


class Sharpness(Loop):
    def gradients(self, inputs, targets):
        (term,) = self.one.regularizer
        super().gradients(inputs, targets)
        weights = list(self.network.parameters())
        first = [w.grad.clone() for w in weights]
        norm = torch.stack([g.norm() for g in first]).norm()
        with torch.no_grad():
            for weight, slope in zip(weights, first, strict=True):
                weight.add_(term.radius * slope / norm)
        self.network.zero_grad()
        super().gradients(inputs, targets)
        with torch.no_grad():
            for weight, slope in zip(weights, first, strict=True):
                weight.sub_(term.radius * slope / norm)


class Attacked(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        length = term.radius if term.steps == 1 else 2.5 * term.radius / term.steps
        moved = torch.zeros_like(inputs)
        if term.random:
            drawn = uniform(self.key, stream("adversarial", "start"), *inputs.shape) * 2 - 1
            moved = term.radius * drawn
        for _ in range(term.steps):
            moved.requires_grad_()
            loss = nn.functional.cross_entropy(self.network(inputs + moved), targets)
            (slope,) = torch.autograd.grad(loss, moved)
            moved = (moved + length * slope.sign()).detach().clamp(-term.radius, term.radius)
        return inputs + moved, targets


class AttackedWithinBalls(Loop):
    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        moved = torch.zeros_like(inputs)
        for _ in range(term.steps):
            moved.requires_grad_()
            loss = nn.functional.cross_entropy(self.network(inputs + moved), targets)
            (slope,) = torch.autograd.grad(loss, moved)
            unit = slope / slope.norm(dim=1, keepdim=True).clamp(min=1e-30)  # 0 of dead rows
            moved = (moved + term.step * unit).detach()
            moved = within_balls(moved, term.radius)
            moved = (inputs + moved).clamp(term.low, term.high) - inputs
        return inputs + moved, targets


CASES = {
    "path_norm": (lambda n: PathNorm(strength=1e-4 * (n + 1)), PathNorms),
    "path_norm-1": (lambda n: PathNorm(strength=1e-4 * (n + 1), p=1), PathNorms),
    "spectral_norm": (lambda n: SpectralNorm(strength=0.1 * n), SpectralNorms),
    "nuclear": (lambda n: Nuclear(strength=0.01 * n), NuclearNorms),
    "jacobian": (lambda n: Jacobian(strength=0.1 * (n + 1)), Jacobians),
    "jacobian-2": (lambda n: Jacobian(strength=0.1 * (n + 1), projections=2), ProjectedJacobians),
    "distance_to_init": (lambda n: DistanceToInit(strength=0.5 * n), Distances),
    "max_norm": (lambda n: MaxNorm(bound=0.3 + 0.2 * n), MaxNorms),
    "weight_decay": (lambda n: WeightDecay(strength=0.3 * n), Decayed),
    "input_noise": (lambda n: InputNoise(std=0.2 + n), Noised),
    "mixup": (lambda n: Mixup(alpha=0.2 + n), Mixed),
    "mixup-rows": (lambda n: Mixup(alpha=0.2 + n, per="row"), Mixed),
    "label_smoothing": (lambda n: LabelSmoothing(share=0.1 + 0.2 * n), Smoothed),
    "spectral_decoupling": (lambda n: SpectralDecoupling(strength=0.1 * n), Decoupled),
    "flooding": (lambda n: Flooding(level=2.2 + 0.1 * n), Flooded),
    "label_noise_sgd": (lambda n: LabelNoiseSgd(share=0.2 + 0.2 * n), Relabelled),
    "gradient_noise": (lambda n: GradientNoise(variance=0.01 * n, decay=0.5 + n), NoisyGradients),
    "gradient_clipping": (lambda n: GradientClipping(norm=0.3 + 0.2 * n), Clipped),
    "sam": (lambda n: Sam(radius=0.1 + 0.1 * n), Sharpness),
    "adversarial": (lambda n: Adversarial(radius=0.1 + 0.1 * n), Attacked),
    "adversarial-3": (lambda n: Adversarial(radius=0.1 + 0.1 * n, steps=3, random=True), Attacked),
    "adversarial-l2": (
        lambda n: Adversarial(radius=0.5 + n, steps=2, step=0.4, norm="l2", low=-2.0, high=2.0),
        AttackedWithinBalls,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_stacked_cell_equals_the_plain_loop(name):
    word, loop = CASES[name]
    cells = list(three(lambda n: (word(n),)))
    for run, one in zip(stacked(cells), cells, strict=True):
        assert difference(run, loop(one).run()) < TOLERANCE


def test_compiled_steps_do_the_same():
    word, loop = CASES["label_smoothing"]
    cells = list(three(lambda n: (word(n),)))
    runs = stacked(cells, ways=("compiled",))
    assert {run.way for run in runs} == {"compiled"}
    for run, one in zip(runs, cells, strict=True):
        assert difference(run, loop(one).run()) < TOLERANCE


@pytest.mark.parametrize("name", CASES)
def test_the_term_changes_the_weights(name):
    word, _ = CASES[name]
    one = next(three(lambda _: (word(1),)))
    plain = attrs.evolve(one, regularizer=())
    assert difference(stacked([one])[0], Loop(plain).run()) > 1e-4
