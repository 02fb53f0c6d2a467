"""A cell of a stack equals the same cell trained alone by torch.optim, for every optimizer."""

import attrs
import pytest
import torch
from torch import nn

from ddspec.errors import DdspecError
from ddspec.spec.model import Seed
from ddspec.vocabulary import registry
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.layered import layers_of
from ddspec.vocabulary.losses.hinge import Hinge
from ddspec.vocabulary.losses.logistic import Logistic
from ddspec.vocabulary.losses.logit_adjusted import LogitAdjusted
from ddspec.vocabulary.losses.polynomially_tailed import PolynomiallyTailed
from ddspec.vocabulary.losses.vector_scaling import VectorScaling
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.adamw import Adamw
from ddspec.vocabulary.optimizers.gd import Gd
from ddspec.vocabulary.optimizers.lion import Lion
from ddspec.vocabulary.optimizers.mirror_descent import MirrorDescent
from ddspec.vocabulary.optimizers.nesterov import Nesterov
from ddspec.vocabulary.optimizers.path_sgd import PathSgd
from ddspec.vocabulary.optimizers.rmsprop import Rmsprop
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.optimizers.signsgd import Signsgd
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.inverse import Inverse
from ddspec.vocabulary.schedules.ramp import Ramp
from ddspec.vocabulary.schedules.step import Step
from ddspec.vocabulary.schedules.warmup import Warmup
from ddspec.vocabulary.schema import FULL, Duration
from tests.training.made import TOGETHER, cell, data, descent, difference, plain_loop, stacked

SCHEDULES = (
    Constant(rate=0.02),
    Warmup(over=Duration(5, "steps"), into=Cosine(rate=0.04)),
    Step(rate=0.02, factor=0.5, every=Duration(7, "steps")),
    Inverse(rate=0.05, every=Duration(6, "steps")),
)
RAMP = Ramp(first=0.3, last=0.8, amount=0.1, every=Duration(3, "steps"))
FACTORS = (1.0, 0.1, 0.5)  # of the three affine layers


class Plain(torch.optim.Optimizer):
    """An optimizer written out: `move(weight, gradient, state, rate)` gives the new weight."""

    def __init__(self, weights, move):
        super().__init__(weights, {"lr": 1.0})
        self.move = move

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state.setdefault(weight, {"m": torch.zeros_like(weight)})
                weight.copy_(self.move(weight, weight.grad, state, group["lr"]))


class Paced(torch.optim.SGD):
    """torch's with a momentum that changes from step to step."""

    done = 0

    def step(self):
        for group in self.param_groups:
            group["momentum"] = float(RAMP.rates(torch.tensor([self.done]).numpy(), 1)[0])
        self.done += 1
        super().step()


class ByLayer(torch.optim.Optimizer):
    """Another of torch's optimizers for each layer, with a share of the rate."""

    def __init__(self, weights, of):
        weights = list(weights)
        super().__init__(weights, {"lr": 1.0})
        pairs = zip(weights[::2], weights[1::2], strict=True)
        self.inner = [(of(pair), f) for pair, f in zip(pairs, FACTORS, strict=True)]

    def step(self):
        for optimizer, factor in self.inner:
            optimizer.param_groups[0]["lr"] = factor * self.param_groups[0]["lr"]
            optimizer.step()


def lion(beta1, beta2, decay):
    def move(weight, gradient, state, rate):
        followed = torch.sign(beta1 * state["m"] + (1 - beta1) * gradient)
        state["m"] = beta2 * state["m"] + (1 - beta2) * gradient
        return (1 - rate * decay) * weight - rate * followed

    return lambda w: Plain(w, move)


def signum(momentum):
    def move(weight, gradient, state, rate):
        state["m"] = momentum * state["m"] + (1 - momentum) * gradient
        return weight - rate * torch.sign(state["m"])

    return lambda w: Plain(w, move)


def mirrored(q):
    def move(weight, gradient, state, rate):
        dual = weight.sign() * weight.abs() ** (q - 1) - rate * gradient
        return dual.sign() * dual.abs() ** (1 / (q - 1))

    return lambda w: Plain(w, move)


def pathwise(weights):
    """Path-SGD by its definition: the derivative of the squared path norm by squared weights."""
    weights = list(weights)

    class Pathwise(torch.optim.Optimizer):
        def step(self):
            with torch.enable_grad():
                squares = [w.detach().square().requires_grad_() for w in weights]
                through = torch.ones(weights[0].shape[1], dtype=weights[0].dtype)
                for matrix, bias in zip(squares[::2], squares[1::2], strict=True):
                    through = nn.functional.linear(through, matrix, bias)
                slopes = torch.autograd.grad(through.sum(), squares)
            with torch.no_grad():
                for weight, slope in zip(weights, slopes, strict=True):
                    weight.sub_(self.param_groups[0]["lr"] * weight.grad / slope)

    return Pathwise(weights, {"lr": 1.0})


def of(word, **settings):
    """The word of the n-th cell; settings are functions of n."""
    return lambda n: word(lr=SCHEDULES[n], **{k: v(n) for k, v in settings.items()})


T = torch.optim
OPTIMIZERS = {
    "gd": (of(Gd, momentum=lambda n: 0.2 * n), lambda n: lambda w: T.SGD(w, momentum=0.2 * n)),
    "nesterov": (
        of(Nesterov, momentum=lambda n: 0.9 - 0.2 * n),
        lambda n: lambda w: T.SGD(w, momentum=0.9 - 0.2 * n, nesterov=True),
    ),
    "sgd paced": (of(Sgd, momentum_schedule=lambda n: RAMP), lambda n: Paced),
    "nesterov paced": (
        of(Nesterov, momentum_schedule=lambda n: RAMP),
        lambda n: lambda w: Paced(w, momentum=0.5, nesterov=True),
    ),
    "rmsprop": (
        of(Rmsprop, alpha=lambda n: 0.9 - 0.1 * n, momentum=lambda n: 0.1 * n),
        lambda n: lambda w: T.RMSprop(w, alpha=0.9 - 0.1 * n, momentum=0.1 * n),
    ),
    "rmsprop centered": (
        of(Rmsprop, epsilon=lambda n: 0.01 * (n + 1), centered=lambda n: True),
        lambda n: lambda w: T.RMSprop(w, eps=0.01 * (n + 1), centered=True),
    ),
    "adamw": (
        of(Adamw, decay=lambda n: 0.5 * n, beta1=lambda n: 0.9 - 0.1 * n),
        lambda n: lambda w: T.AdamW(w, weight_decay=0.5 * n, betas=(0.9 - 0.1 * n, 0.999)),
    ),
    "signsgd": (of(Signsgd, momentum=lambda n: 0.3 * n), lambda n: signum(0.3 * n)),
    "lion": (
        of(Lion, beta1=lambda n: 0.9 - 0.1 * n, decay=lambda n: 0.2 * n),
        lambda n: lion(0.9 - 0.1 * n, 0.99, 0.2 * n),
    ),
    "mirror_descent": (
        of(MirrorDescent, q=lambda n: 1.5 + 0.5 * n),
        lambda n: mirrored(1.5 + 0.5 * n),
    ),
    "path_sgd": (of(PathSgd), lambda n: pathwise),
    "sgd by layer": (
        of(Sgd, layer_lr=lambda n: FACTORS, momentum=lambda n: 0.2 * n),
        lambda n: lambda w: ByLayer(w, lambda part: T.SGD(part, momentum=0.2 * n)),
    ),
    "adam by layer": (
        of(Adam, layer_lr=lambda n: FACTORS),
        lambda n: lambda w: ByLayer(w, T.Adam),
    ),
    "rmsprop by layer": (
        of(Rmsprop, layer_lr=lambda n: FACTORS),
        lambda n: lambda w: ByLayer(w, T.RMSprop),
    ),
    "adamw by layer": (
        of(Adamw, layer_lr=lambda n: FACTORS, decay=lambda n: 0.3),
        lambda n: lambda w: ByLayer(w, lambda part: T.AdamW(part, weight_decay=0.3)),
    ),
}
SAMPLES = (30, 18, 30, 23)
TERMS = {"alone": lambda n: (), "with l2": lambda n: (L2(strength=1e-2 * n),)}


def four(name, terms, **changes):
    """Four cells that differ in all that may differ in a stack."""
    word, _ = OPTIMIZERS[name]
    return [
        cell(
            data(SAMPLES[n]),
            terms(n),
            descent(word(n), **(changes if "epochs" in changes else TOGETHER | changes)),
            Seed(n, 2 * n, n // 2),
        )
        for n in range(4)
    ]


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_stacked_cell_equals_the_plain_loop(name, terms):
    cells = four(name, TERMS[terms])
    for number, (run, one) in enumerate(zip(stacked(cells), cells, strict=True)):
        assert run.way == "eager"
        assert difference(run, plain_loop(one, OPTIMIZERS[name][1](number))) < 1e-10


def test_every_optimizer_is_compared():
    here = {type(word(0)).name() for word, _ in OPTIMIZERS.values()}
    elsewhere = {"sgd", "adam", "regularizer_mirror_descent"}  # test_alone, test_samplewise
    assert here | elsewhere == set(registry.names("optimizer"))


@pytest.mark.parametrize("q", [2.0])
def test_mirror_descent_of_the_euclidean_norm_is_sgd(q):
    rate = Constant(rate=0.05)
    one = cell(train=descent(MirrorDescent(lr=rate, q=q)))
    assert difference(stacked([one])[0], plain_loop(one, torch.optim.SGD)) < 1e-12


def test_path_sgd_does_not_see_how_units_are_scaled():
    """Multiplying a unit's incoming and dividing its outgoing weights changes no output."""
    word, rate = PathSgd(lr=None), torch.tensor(0.1, dtype=torch.float64)
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).double()
    inputs, targets = torch.randn(9, 4).double(), torch.randint(0, 2, (9,))

    def trained(scale):
        weights = {name: w.detach().clone() for name, w in net.named_parameters()}
        for name, by in (("0.weight", scale[:, None]), ("0.bias", scale), ("2.weight", 1 / scale)):
            weights[name] *= by
        for _ in range(5):
            slopes = torch.func.grad(
                lambda w: nn.functional.cross_entropy(
                    torch.func.functional_call(net, w, (inputs,)), targets
                )
            )(weights)
            weights, _ = word.step(weights, slopes, {}, rate)
        return torch.func.functional_call(net, weights, (inputs,))

    scale = torch.tensor([1.0, 8.0, 0.125], dtype=torch.float64)
    assert torch.allclose(trained(torch.ones(3).double()), trained(scale), rtol=1e-10)


def test_a_weight_on_no_path_stays():
    weights = {"0.weight": torch.tensor([[1.0], [2.0]]), "1.weight": torch.tensor([[0.0, 3.0]])}
    slopes = {"0.weight": torch.zeros(2, 1), "1.weight": torch.ones(1, 2)}
    new, _ = PathSgd(lr=None).step(weights, slopes, {}, torch.tensor(0.5))
    assert new["0.weight"].tolist() == [[1.0], [2.0]]
    assert new["1.weight"].tolist() == [[-0.5, 3.0 - 0.5 / 4]]


def test_layers_are_counted_by_their_matrices():
    sides = {"0.weight": 1, "1.weight": 4, "2.weight": 1, "2.bias": 1, "4.weight": 2, "4.bias": 1}
    assert list(layers_of(sides).values()) == [0, 0, 0, 0, 1, 1]


def test_factors_for_another_number_of_layers_are_refused():
    one = cell(train=descent(Sgd(lr=Constant(rate=0.1), layer_lr=(1.0, 0.5))))
    with pytest.raises(DdspecError, match=r"`layer_lr` has 2 factors for a network of 3 layers"):
        stacked([one])


def test_rates_of_layers_need_names_and_the_native_step_knows_none():
    assert Sgd(lr=None).separable
    assert Sgd(lr=None).native
    assert not Sgd(lr=None, layer_lr=FACTORS).separable
    assert not Sgd(lr=None, layer_lr=FACTORS).native
    assert not Sgd(lr=None, momentum_schedule=RAMP).native
    assert not Adam(lr=None, layer_lr=FACTORS).native


def test_gradient_descent_takes_the_whole_training_set():
    rate = Constant(rate=0.05)
    one = cell(train=descent(Gd(lr=rate), batch=FULL))
    run = stacked([one])[0]
    assert run.course.steps == 6  # an epoch is a step
    whole = attrs.evolve(one, train=descent(Gd(lr=rate), batch=30))
    assert difference(run, plain_loop(whole, torch.optim.SGD)) < 1e-10


LOSSES = {
    "hinge": (Hinge(), lambda o, t: Hinge().each(o, t).mean()),
    "logistic": (
        Logistic(),
        lambda o, t: nn.functional.binary_cross_entropy_with_logits(
            o, nn.functional.one_hot(t, 10).double()
        ),
    ),
    "polynomially_tailed": (
        PolynomiallyTailed(),
        lambda o, t: PolynomiallyTailed().each(o, t).mean(),
    ),
    "vector_scaling": (
        VectorScaling(scale=(0.5,) * 10, shift=tuple(range(10))),
        lambda o, t: nn.functional.cross_entropy(o / 2 + torch.arange(10), t),
    ),
    "logit_adjusted": (
        LogitAdjusted(priors=tuple(range(1, 11))),
        lambda o, t: nn.functional.cross_entropy(o + torch.arange(1, 11).double().log(), t),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_trains_as_alone(name):
    word, plain = LOSSES[name]
    cells = four("sgd by layer", TERMS["alone"], loss=word)
    for number, (run, one) in enumerate(zip(stacked(cells), cells, strict=True)):
        theirs = OPTIMIZERS["sgd by layer"][1](number)
        assert difference(run, plain_loop(one, theirs, plain)) < 1e-10


def test_an_optimizer_without_state_trains_in_float32():
    one = cell(
        architecture=Mlp(hidden=(5,)),
        train=descent(MirrorDescent(lr=Constant(rate=0.05), q=10.0), precision="float32"),
    )
    run = stacked([one])[0]
    assert all(weight.dtype == torch.float32 for weight in run.weights.values())
    assert all(bool(weight.isfinite().all()) for weight in run.weights.values())
