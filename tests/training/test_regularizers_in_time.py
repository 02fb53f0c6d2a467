"""Words that act over time, and on other data, equal torch's own tools in a plain loop."""

import itertools
from functools import partial

import attrs
import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ddspec.vocabulary.counters import below, normal, stream, uniform
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.datasets.mnist1d import Mnist1d
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.regularizers.augmentation import Augmentation
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.early_stopping import EarlyStopping
from ddspec.vocabulary.regularizers.pruning import Pruning
from ddspec.vocabulary.regularizers.target_noise import TargetNoise
from ddspec.vocabulary.regularizers.weight_averaging import WeightAveraging
from ddspec.vocabulary.regularizers.weight_decay import WeightDecay
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training import made
from tests.training.looped import Loop, three
from tests.training.made import cell, data, descent, difference, stacked

TOLERANCE = 1e-10


def test_decoupled_decay_under_adam_is_adamw():
    adam = Adam(lr=Constant(rate=0.01))
    cells = list(three(lambda n: (WeightDecay(strength=0.5 * (n + 1)),), optimizer=adam))
    for run, one in zip(stacked(cells), cells, strict=True):
        loop, decay = Loop(one), one.regularizer[0].strength
        loop.optimizer = lambda w, rate, d=decay: torch.optim.AdamW(w, lr=rate, weight_decay=d)
        assert difference(run, loop.run()) < TOLERANCE


class Averaged(Loop):
    def __init__(self, one):
        super().__init__(one)
        self.term = one.regularizer[-1]
        ema = self.term.mean == "ema"
        rule = {"multi_avg_fn": get_ema_multi_avg_fn(self.term.decay)} if ema else {}
        self.average = AveragedModel(self.network, use_buffers=True, **rule)

    def settle(self, before):
        term = self.term
        late = self.step + 1 - term.after
        if late > 0 and late % term.every == 0:
            self.average.update_parameters(self.network)

    def run(self):
        trained = super().run()
        return self.average.module.eval() if self.average.n_averaged else trained


@pytest.mark.parametrize("terms", [(), (BatchNorm(),)], ids=["plain", "batch_norm"])
@pytest.mark.parametrize("mean", ["swa", "ema"])
def test_averages_are_those_of_torch(mean, terms):
    word = partial(WeightAveraging, mean=mean)
    cells = list(three(lambda n: (*terms, word(decay=0.5 + 0.2 * n, after=5 * n, every=n + 1))))
    for run, one in zip(stacked(cells), cells, strict=True):
        assert difference(run, Averaged(one).run()) < TOLERANCE


def test_before_averaging_starts_the_weights_themselves_are_read():
    (one,) = itertools.islice(three(lambda _: (WeightAveraging(after=1000),)), 1)
    assert difference(stacked([one])[0], Loop(one).run()) < TOLERANCE


class Pruned(Loop):
    """Masks of torch's pruning; weights are kept apart from them, as settled weights are zero."""

    def __init__(self, one):
        super().__init__(one)
        (self.term,) = one.regularizer
        self.early = self.first

    def settle(self, before):
        term, step = self.term, self.step + 1
        layers = [m for m in self.network if isinstance(m, nn.Linear)]
        if step == term.rewind:
            self.early = [w.detach().clone() for w in self.network.parameters()]
        if step % term.every == 0 and step <= term.every * term.rounds:
            self.masks = self._masks(layers, step // term.every)
            if term.rewind is not None:
                for weight, early in zip(self.network.parameters(), self.early, strict=True):
                    weight.copy_(early)
        if step >= term.every:
            for layer, mask in zip(layers, self.masks, strict=True):
                layer.weight.mul_(mask)

    def _masks(self, layers, number):
        gone = 1 - (1 - self.term.share) ** number
        copies = [nn.Linear(1, 1) for _ in layers]
        for one, layer in zip(copies, layers, strict=True):
            one.weight = nn.Parameter(layer.weight.clone())
        pairs = [(one, "weight") for one in copies]
        if self.term.within == "network":
            count = round(gone * sum(layer.weight.numel() for layer in layers))
            prune.global_unstructured(pairs, prune.L1Unstructured, amount=count)
        else:
            for one, _ in pairs:
                prune.l1_unstructured(one, "weight", amount=round(gone * one.weight.numel()))
        return [one.weight_mask for one in copies]


@pytest.mark.parametrize("within", ["network", "layer"])
@pytest.mark.parametrize("rewind", [None, 0, 2])
def test_pruning_equals_that_of_torch(within, rewind):
    def term(n):
        return (
            Pruning(share=0.3 + 0.2 * n, every=4 + n, rounds=1 + n, within=within, rewind=rewind),
        )

    cells = list(three(term, epochs=6))
    for run, one in zip(stacked(cells), cells, strict=True):
        (word,) = one.regularizer
        assert difference(run, Pruned(one).run()) < TOLERANCE
        weights = [w for w in run.weights.values() if w.dim() > 1]
        zeros, total = (
            sum(int(f(w)) for w in weights) for f in ((lambda w: (w == 0).sum()), torch.numel)
        )
        assert abs(zeros - (1 - (1 - word.share) ** word.rounds) * total) <= 2


class Stopped(Loop):
    """Looks at the validation samples, keeps the best, and stops when patience is out."""

    def __init__(self, one):
        super().__init__(one)
        part = made.select(one, made.pools(one.dataset, one.seed.data)).validation
        self.held = torch.tensor(part.taken()).double(), torch.tensor(part.targets)
        self.lowest, self.since, self.looks, self.over = float("inf"), 0, 0, False
        self.look()

    def risk(self):
        with torch.no_grad():
            outputs = self.network.eval()(self.held[0])
            self.network.train()
        if self.one.regularizer[0].minimise == "validation_error":
            return float((outputs.argmax(1) != self.held[1]).double().mean())
        return float(nn.functional.cross_entropy(outputs, self.held[1]))

    def look(self):
        (term,) = self.one.regularizer
        if self.over:
            return
        risk = self.risk()
        if risk < self.lowest - term.least:
            self.lowest, self.since = risk, self.looks
            self.best = [w.detach().clone() for w in self.network.parameters()]
        self.over = term.patience is not None and self.looks - self.since >= term.patience
        self.looks += 1

    def settle(self, before):
        every = self.one.regularizer[0].every
        if every.unit == "steps" and (self.step + 1) % every.count == 0:
            self.look()

    def epoch_over(self):
        every = self.one.regularizer[0].every
        if every.unit == "epochs" and (self.step * 8) % every.count == 0:
            self.look()

    def run(self):
        network = super().run()
        with torch.no_grad():
            for weight, best in zip(network.parameters(), self.best, strict=True):
                weight.copy_(best)
        return network


@pytest.mark.parametrize("by", ["validation_loss", "validation_error"])
@pytest.mark.parametrize("patience", [None, 1, 3])
@pytest.mark.parametrize("every", [Duration(1, "epochs"), Duration(3, "steps")], ids=str)
def test_early_stopping_returns_the_best_on_validation_samples(by, patience, every):
    def made_cells():
        for n, one in enumerate(
            three(lambda _: (EarlyStopping(minimise=by, patience=patience, every=every),))
        ):
            train = descent(
                epochs=12, optimizer=attrs.evolve(one.train.optimizer, lr=Constant(rate=0.5))
            )
            yield attrs.evolve(one, dataset=data(18 + n, validation=20), train=train)

    cells = list(made_cells())
    for run, one in zip(stacked(cells), cells, strict=True):
        loop = Stopped(one)
        assert difference(run, loop.run()) < TOLERANCE
        assert (run.stopped is not None) == loop.over


def test_what_is_read_at_a_time_is_the_best_so_far():
    one = cell(data(20, 0.5, validation=20), (EarlyStopping(),), descent(epochs=30))
    (run,) = stacked([one], points=range(0, 31, 3))
    (plain,) = stacked([attrs.evolve(one, regularizer=())], points=range(31))
    lowest = itertools.accumulate(plain.readings.series["validation_loss"], min)
    assert run.readings.series["validation_loss"] == pytest.approx([*lowest][::3], abs=1e-12)


class Images(Mnist1d):
    """The made pool as pictures of 5 x 8 in one color."""

    @property
    def plain_shape(self):
        return (1, 5, 8)


class Moved(Loop):
    """Crop and flip, image by image."""

    def alter(self, inputs, targets):
        (term,) = self.one.regularizer
        rows, size = len(inputs), 2 * term.crop + 1
        places = [below(self.key, stream("augmentation", s), rows, size) for s in ("down", "by")]
        flips = uniform(self.key, stream("augmentation", "flip"), rows, 1)[:, 0] < 0.5
        images = []
        for image, down, by, flip in zip(inputs.view(-1, 1, 5, 8), *places, flips, strict=True):
            padded = nn.functional.pad(image, (term.crop,) * 4)
            window = padded[:, down : down + 5, by : by + 8]
            images.append(window.flip(2) if term.flip and flip else window)
        return torch.stack(images).flatten(1), targets


@pytest.mark.parametrize(
    "word", [Augmentation(), Augmentation(crop=1, flip=False), Augmentation(crop=0)]
)
def test_augmentation_equals_a_loop_over_images(word):
    cells = [
        attrs.evolve(one, dataset=Images(samples=one.dataset.samples, test=30, pool_size=60))
        for one in three(lambda _: (word,))
    ]
    for run, one in zip(stacked(cells), cells, strict=True):
        assert difference(run, Moved(one).run()) < TOLERANCE


def test_noise_on_real_targets():
    source = LinearGaussian(samples=20, features=40, test=10)
    train = descent(loss=Mse(), batch=20, epochs=3)
    cells = [cell(source, (TargetNoise(std=0.3 * n),), train, seed=n) for n in (1, 2)]

    class Noisy(Loop):
        def alter(self, inputs, targets):
            noise = normal(self.key, stream("target_noise"), len(targets), 1)[:, 0]
            return inputs, targets + self.one.regularizer[0].std * noise

        def loss(self, outputs, targets):
            return nn.functional.mse_loss(outputs[:, 0], targets)

    for run, one in zip(stacked(cells), cells, strict=True):
        loop = Noisy(one)
        loop.network[-1] = last = nn.Linear(5, 1).double()
        with torch.no_grad():
            first = [*made.network_of(one).parameters()]
            last.weight.copy_(first[-2])
            last.bias.copy_(first[-1])
        assert difference(run, loop.run()) < TOLERANCE
