"""Transformers' parametrizations: how training, and attention in it, depend on the width."""

import functools
import math

import numpy as np
import pytest
import torch

from ddspec.vocabulary.architectures.language_model import LanguageModel
from ddspec.vocabulary.architectures.transformer import Transformer
from ddspec.vocabulary.attending import Multipliers
from ddspec.vocabulary.attention import Attention, Embedding
from ddspec.vocabulary.drawing import draw
from ddspec.vocabulary.draws import Draws

LENGTH, TOKENS, BASE, TIMES = 4, 6, 32, 8
NETS = {
    "tied": ((LENGTH,), lambda **how: LanguageModel(positions="trained", **how)),
    "own scores": ((LENGTH,), lambda **how: LanguageModel(norm="after", tied=False, **how)),
    "translation": ((2, LENGTH), lambda **how: Transformer(tied="target", **how)),
    "before": ((2, LENGTH), lambda **how: Transformer(tied="all", norm="before", **how)),
}
OPTIMIZERS = {
    "sgd": lambda weights: torch.optim.SGD(weights, lr=1e-4),
    "adam": lambda weights: torch.optim.Adam(weights, lr=1e-5, eps=1e-30),
}
MAXIMAL = [("mup", "sgd"), ("mup_adam", "adam")]


def network(name, parametrization, width=BASE, *, heads=2, seed=0, **how):
    shape, net = NETS[name]
    made = net(
        d_model=width, heads=heads, layers=1, parametrization=parametrization, base=BASE, **how
    )
    built = made.build(shape, LENGTH * TOKENS).double()
    made.initialize(built, Draws(seed, "init"))
    return built


def samples(name, count=8):
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(1, TOKENS, (count, math.prod(NETS[name][0])), generator=generator)
    return x.double(), torch.randn(count, LENGTH * TOKENS, generator=generator).double()


def trained(net, x, y, steps=3, lr=0.05):
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()
    return net(x)


# --- the same network at the base width, and the same first functions -------------------------


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
@pytest.mark.parametrize("name", NETS)
def test_at_its_base_width_mup_is_standard_before_and_in_training(name, parametrization):
    x, y = samples(name)
    plain, other = (network(name, p) for p in ("standard", parametrization))
    assert torch.allclose(plain(x), other(x), rtol=0, atol=1e-12)
    assert parametrization != "mup" or at_most(1e-10, trained(plain, x, y), trained(other, x, y))


def at_most(distance, one, other):
    return float((one - other).detach().abs().max()) < distance


@pytest.mark.parametrize("name", NETS)
def test_at_another_width_training_is_not_standard(name):
    x, y = samples(name)
    plain, other = (network(name, p, 2 * BASE) for p in ("standard", "mup"))
    assert not torch.allclose(trained(plain, x, y), trained(other, x, y), rtol=0.01)


@pytest.mark.parametrize("name", NETS)
def test_the_kernel_parametrization_starts_as_the_same_function(name):
    x, _ = samples(name)
    plain, ntk = (network(name, p, 2 * BASE) for p in ("standard", "ntk"))
    assert at_most(1e-12, plain(x), ntk(x))


@pytest.mark.parametrize("parametrization", ["mup", "mup_adam"])
@pytest.mark.parametrize("name", ["own scores", "translation"])
def test_under_mup_vectors_begin_as_standard_ones_and_scores_smaller(name, parametrization):
    x = samples(name)[0].long()[:, :LENGTH]
    plain, other = (network(name, p, 4 * BASE) for p in ("standard", parametrization))
    embeddings = [getattr(net, "embedding", None) or net.embeddings[0] for net in (plain, other)]
    assert at_most(1e-12, *(embedding(x) for embedding in embeddings))
    given = torch.randn(3, LENGTH, 4 * BASE).double()
    ties = [net.embeddings[-1].weight if name == "translation" else None for net in (plain, other)]
    theirs, ours = (net.scores(given, tie) for net, tie in zip((plain, other), ties, strict=True))
    assert at_most(1e-12, ours, theirs / math.sqrt(4))


@pytest.mark.parametrize("parametrization", ["ntk", "mup", "mup_adam"])
def test_under_mup_trained_positions_begin_as_large_at_any_width(parametrization):
    """The standard ones are smaller by 2 at 4 times the width."""
    x = samples("tied")[0].long()
    plain, other = (network("tied", p, 4 * BASE).embedding for p in ("standard", parametrization))
    times = 1 if parametrization == "ntk" else 2
    assert at_most(1e-12, other(x) - plain(x), (times - 1) * plain.places)


# --- a step ---------------------------------------------------------------------------------------


def moved(name, parametrization, optimizer, width, seed):
    """How far one step of each weight alone moves outputs whose slopes are given, root mean square.

    Not of queries and keys: what is attended to does not matter at first, see below. The slope of a
    key's bias is zero.
    """
    net = network(name, parametrization, width, seed=seed)
    x, slopes = samples(name)
    before = net(x).detach()
    (net(x) * slopes).mean().backward()
    far = {}
    for place, weight in net.named_parameters():
        if "query" in place or "key" in place:
            continue
        first = weight.detach().clone()
        OPTIMIZERS[optimizer]([weight]).step()
        far[place] = float((net(x).detach() - before).square().mean().sqrt())
        with torch.no_grad():
            weight.copy_(first)
    return far


def growth(name, parametrization, optimizer, seeds=2):
    """The same of the wide network in those of the narrow one."""
    narrow, wide = (
        [moved(name, parametrization, optimizer, width, seed) for seed in range(seeds)]
        for width in (BASE, TIMES * BASE)
    )
    return {
        place: np.mean([one[place] for one in wide]) / np.mean([one[place] for one in narrow])
        for place in narrow[0]
    }


# A wrong power of the width in a multiplier changes what sgd does by 8, what adam does by 2.83.
BOUNDS = {"sgd": (0.25, 2.0), "adam": (0.6, 1.5)}


@pytest.mark.parametrize(("parametrization", "optimizer"), MAXIMAL)
@pytest.mark.parametrize("name", NETS)
def test_under_mup_a_step_moves_networks_of_all_widths_alike(name, parametrization, optimizer):
    grown = growth(name, parametrization, optimizer)
    low, high = BOUNDS[optimizer]
    for place, ratio in grown.items():
        if not (name == "before" and "decoder.0.around.1" in place):  # what queries are made of
            assert (0.4 if "norm" in place and optimizer == "adam" else low) < ratio < high, place
    assert 0.6 < np.exp(np.log(list(grown.values())).mean()) < 1.4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["own scores", "translation"])
def test_under_the_standard_one_a_step_moves_wide_networks_more(name, optimizer):
    grown = growth(name, "standard", optimizer)
    matrices = [ratio for place, ratio in grown.items() if _matrix(place)]
    assert all(ratio > 3.5 for ratio in matrices)  # 8 or more, but for chance
    assert np.exp(np.log(matrices).mean()) > 5


def _matrix(place):
    return place.endswith("weight") and "norm" not in place


@pytest.mark.parametrize("name", ["own scores", "tied"])
def test_under_the_kernel_one_a_step_moves_networks_of_all_widths_alike(name):
    assert all(0.25 < ratio < 2 for ratio in growth(name, "ntk", "sgd").values())


def acting(net, width):
    """The standard network with the weights of a parametrized one as they act, but for divisors,
    and by what each of its weights moves when those of the other one move by 1.
    """
    plain, gains = network("own scores", "standard", width), {}
    for (place, layer), other in zip(net.named_modules(), plain.modules(), strict=True):
        both = {
            "weight": getattr(layer, "gain", 1.0),
            "bias": getattr(layer, "shift", getattr(layer, "gain", 1.0)),
        }
        if isinstance(layer, Embedding):
            both = {"weight": layer.scale / other.scale}
        if isinstance(layer, Attention):
            other.divisor = layer.divisor
        for name, weight in layer.named_parameters(recurse=False):
            gains[f"{place}.{name}"] = both[name]
            with torch.no_grad():
                getattr(other, name).copy_(weight * both[name])
    return plain, gains


@pytest.mark.parametrize(
    ("parametrization", "optimizer", "power"),
    [("mup", "sgd", 2), ("ntk", "sgd", 2), ("mup_adam", "adam", 1)],
)
def test_it_is_the_standard_network_with_rates_of_its_own(parametrization, optimizer, power):
    """Whose rates are those of the table: for sgd inputs' and vectors' r, hidden ones' 1, outputs'
    1 / r at r times the width; for adam 1, 1 / r and 1 / r.
    """
    times, rate = 4, 0.02 if power == 2 else 1e-3
    net = network("own scores", parametrization, times * BASE)
    plain, gains = acting(net, times * BASE)
    x, y = samples("own scores")
    kind = torch.optim.SGD if power == 2 else functools.partial(torch.optim.Adam, eps=1e-30)
    rates = [
        {"params": [weight], "lr": rate * gains[name] ** power}
        for name, weight in plain.named_parameters()
    ]
    for made, groups in ((net, [*net.parameters()]), (plain, rates)):
        stepping = kind(groups, lr=rate)
        for _ in range(3):
            stepping.zero_grad()
            (made(x) - y).square().mean().backward()
            stepping.step()
    assert at_most(1e-8, net(x), plain(x))
    table = {
        "mup": {"embedding.weight": 1, "value.bias": 4, "value.weight": 1, "norm.weight": 4},
        "mup_adam": {"embedding.weight": 1 / 2, "value.bias": 1, "value.weight": 1 / 4},
        "ntk": {"embedding.weight": 1 / 128, "value.bias": 1, "inner.2.weight": 1 / 512},
    }[parametrization] | {"scores.weight": 1 / 128 if parametrization == "ntk" else 1 / 4}
    for place, expected in table.items():
        found = {gain**power for name, gain in gains.items() if name.endswith(place)}
        assert np.allclose(list(found), expected), place


def features_moved(name, parametrization, optimizer, width, seed):
    """How far a few steps move what scores of tokens are made of."""
    net, found = network(name, parametrization, width, seed=seed), []
    net.scores.register_forward_pre_hook(lambda _, given: found.append(given[0].detach()))
    x, y = samples(name)
    stepping = {
        "sgd": lambda: torch.optim.SGD(net.parameters(), lr=0.01),
        "adam": lambda: torch.optim.Adam(net.parameters(), lr=1e-3),
    }[optimizer]()
    for _ in range(4):
        stepping.zero_grad()
        (net(x) - y).square().mean().backward()
        stepping.step()
    net(x)
    return float((found[-1] - found[0]).square().mean().sqrt())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["tied", "before"])
def test_training_moves_features_alike_under_mup_and_more_in_a_wide_standard_one(name, optimizer):
    def grown(parametrization):
        narrow, wide = (
            sum(features_moved(name, parametrization, optimizer, width, seed) for seed in range(2))
            for width in (BASE, TIMES * BASE)
        )
        return wide / narrow

    assert 0.7 < grown({"sgd": "mup", "adam": "mup_adam"}[optimizer]) < 1.2
    assert grown("standard") > 1.6


# --- attention ------------------------------------------------------------------------------------


def attention_moved(parametrization, optimizer, width, heads, *, root, seed):
    """How far a step of queries' or keys' weights alone moves scores whose slopes are given."""
    part = Attention(Multipliers((parametrization, BASE), width, heads, 2)).double()
    part.divisor = math.sqrt(width / heads) if root else part.divisor
    draw(part, "xavier", Draws(seed, "init"))
    generator = torch.Generator().manual_seed(seed)
    x, slopes = (torch.randn(4, 5, size, generator=generator).double() for size in (width, 5))
    before = part.scores(x, x).detach()
    (part.scores(x, x) * slopes[:, None]).mean().backward()
    far = []
    for weight in (part.query.weight, part.query.bias, part.key.weight):
        first = weight.detach().clone()
        OPTIMIZERS[optimizer]([weight]).step()
        far.append(float((part.scores(x, x).detach() - before).square().mean().sqrt()))
        with torch.no_grad():
            weight.copy_(first)
    return far


def attention_growth(parametrization, optimizer, *, heads=2, root=False):
    narrow, wide = (
        np.mean(
            [
                attention_moved(parametrization, optimizer, *size, root=root, seed=seed)
                for seed in range(4)
            ],
            axis=0,
        )
        for size in ((BASE, 2), (TIMES * BASE, heads))
    )
    return wide / narrow


@pytest.mark.parametrize("heads", [2, 2 * TIMES])
@pytest.mark.parametrize(("parametrization", "optimizer"), MAXIMAL)
def test_under_mup_a_step_moves_what_is_attended_to_alike(parametrization, optimizer, heads):
    grown = attention_growth(parametrization, optimizer, heads=heads)
    assert all(0.5 < ratio < 1.3 for ratio in grown)


@pytest.mark.parametrize(("parametrization", "optimizer"), MAXIMAL)
def test_divided_by_the_square_root_it_would_move_more(parametrization, optimizer):
    assert all(ratio > 1.4 for ratio in attention_growth(parametrization, optimizer, root=True))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_under_the_standard_one_it_moves_more(optimizer):
    query, _, key = attention_growth("standard", optimizer)
    assert query > 4
    assert key > 4


def scores_seen(net, x):
    """What every attention of a network makes of x before its softmax."""
    found = []

    def see(part, given, _):
        found.append(part.scores(*given[:2]).detach())

    parts = [part for part in net.modules() if isinstance(part, Attention)]
    hooks = [part.register_forward_hook(see) for part in parts]
    net(x)
    for hook in hooks:
        hook.remove()
    return found


def trained_scores(name, parametrization, width, *, heads=2, seed=0, root=False, train):
    """How far training moves scores, of each attention of a network of 2 heads at its base."""
    net = network(name, parametrization, width, heads=heads, seed=seed, base_heads=2)
    for part in net.modules():
        if isinstance(part, Attention) and root:
            part.divisor = math.sqrt(width / heads)
    x, slopes = samples(name)
    before = scores_seen(net, x)
    train(net, x, slopes)
    pairs = zip(before, scores_seen(net, x), strict=True)
    return [float((one - other).square().mean().sqrt()) for one, other in pairs]


def scores_growth(name, parametrization, train, *, heads=2, **how):
    narrow, wide = (
        np.mean(
            [
                trained_scores(
                    name, parametrization, width, heads=count, seed=seed, train=train, **how
                )
                for seed in range(3)
            ],
            axis=0,
        )
        for width, count in ((BASE, 2), (TIMES * BASE, heads))
    )
    return wide / narrow


def adam(net, x, y):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-12)
    for _ in range(3):
        optimizer.zero_grad()
        (net(x) - y).square().mean().backward()
        optimizer.step()


def one_step(net, x, slopes):
    (net(x) * slopes).mean().backward()
    torch.optim.SGD(net.parameters(), lr=1e-3).step()


@pytest.mark.parametrize("heads", [2, 2 * TIMES])
def test_training_moves_what_is_attended_to_alike_at_every_width(heads):
    assert 0.7 < scores_growth("tied", "mup_adam", adam, heads=heads)[0] < 1.4


def test_divided_by_the_square_root_training_would_move_it_more():
    assert scores_growth("tied", "mup_adam", adam, root=True)[0] > 2


def test_a_wide_network_of_a_kernel_needs_many_heads():
    """Else what is attended to is trained at any width."""
    few, many = (scores_growth("own scores", "ntk", one_step, heads=h)[0] for h in (2, 2 * TIMES))
    assert few > 0.5
    assert many < 0.4  # 1 / sqrt(8), but for chance


@pytest.mark.parametrize("parametrization", ["standard", "ntk", "mup", "mup_adam"])
def test_multipliers_are_those_worked_out_by_hand(parametrization):
    by = Multipliers((parametrization, 16), width=64, heads=4, base_heads=4)
    assert (by.vectors, by.places, by.hidden(64), by.hidden(256), by.norm, by.scores) == {
        "standard": (8, (1, 1), (1, 1), (1, 1), 1, (1, 1)),
        "ntk": (1, (1, 1), (1 / 8, 1), (1 / 16, 1), 1, (1 / 8, 1)),
        "mup": (8, (2, 2), (1, 2), (1, 2), 2, (1 / 2, 1 / 2)),
        "mup_adam": (4, (1, 2), (1 / 4, 1), (1 / 4, 1), 1, (1 / 4, 1 / 2)),
    }[parametrization]
    assert by.divisor == (8 if "mup" in parametrization else 4)
    grown = Multipliers((parametrization, 16), width=64, heads=16, base_heads=4)
    assert grown.divisor == 2
