"""Networks of structure: their sizes, and the same functions in PyTorch's own modules."""

import functools
import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from ddspec.vocabulary.architectures.deep_cnn import DeepCnn
from ddspec.vocabulary.architectures.gnn import Gnn
from ddspec.vocabulary.architectures.language_model import LanguageModel
from ddspec.vocabulary.architectures.lstm import Lstm
from ddspec.vocabulary.architectures.resnet18 import Resnet18
from ddspec.vocabulary.architectures.rnn import Rnn
from ddspec.vocabulary.architectures.transformer import Transformer
from ddspec.vocabulary.attending import Multipliers
from ddspec.vocabulary.attention import Attention, Layer, later, positions
from ddspec.vocabulary.datasets.block_model import normalized
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.layers import Convolution
from ddspec.vocabulary.layers import Dropout as DropoutLayer
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.recurrence import Memory, Recurrent
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.l2 import L2

DROPS = tuple(Dropout(rate=0.2, at=place) for place in ("hidden", "head", "input"))
TERMS = (*DROPS, L2(strength=0.1))
SUBSETS = [s for size in range(len(TERMS) + 1) for s in itertools.combinations(TERMS, size)]
IMAGE, SEQUENCE, TOKENS, LENGTH = (3, 10, 7), (3, 6), 7, 5
PAIR, TEXT = (2, LENGTH), (LENGTH,)
NETS = [
    (Resnet18(channels=2), IMAGE, 4),
    (Resnet18(channels=1, blocks=(2, 1), last_norm=True), IMAGE, 4),
    (DeepCnn(depth=3, channels=4, halvings=2), IMAGE, 4),
    (Rnn(units=5), SEQUENCE, 4),
    (Rnn(units=4, layers=3, activation="relu"), SEQUENCE, 4),
    (Lstm(units=5), SEQUENCE, 4),
    (Lstm(units=4, layers=2), SEQUENCE, 4),
    (Transformer(d_model=8, heads=2, layers=2), PAIR, LENGTH * TOKENS),
    (Transformer(d_model=4, heads=1, layers=1, tied="target"), PAIR, LENGTH * TOKENS),
    (
        Transformer(d_model=6, heads=3, layers=1, norm="before", tied="none"),
        PAIR,
        LENGTH * TOKENS,
    ),
    (LanguageModel(d_model=8, heads=2, layers=2), TEXT, LENGTH * TOKENS),
    (
        LanguageModel(d_model=6, heads=2, layers=1, norm="after", positions="trained", tied=False),
        TEXT,
        LENGTH * TOKENS,
    ),
    (LanguageModel(d_model=8, heads=2, layers=1, parametrization="mup"), TEXT, LENGTH * TOKENS),
    (Gnn(hidden=(5, 4), features=3), (1,), 4),
]
IDS = [f"{net.name()}{number}" for number, (net, *_) in enumerate(NETS)]
NODES = 9


def graph():
    generator = np.random.default_rng(0)
    upper = np.triu(generator.random((NODES, NODES)) < 0.4, 1)
    return normalized(upper | upper.T), generator.standard_normal((NODES, 3)).astype("f4")


def built(net, shape, outputs, terms=(), seed=0):
    network = net.build(shape, outputs, terms).double()
    net.initialize(network, Draws(seed, "init"))
    adjacency, features = graph()
    none = np.zeros((0, 1))
    extras = {"adjacency": adjacency, "features": features}
    net.attach(network, Pool(*(none for _ in range(6)), extras=extras))
    return network


def some(net, shape, rows=6):
    """Inputs of a kind that the network reads."""
    generator = torch.Generator().manual_seed(0)
    if net.reads == "numbers":
        return torch.randn(rows, math.prod(shape), dtype=torch.float64, generator=generator)
    most = TOKENS if net.reads == "tokens" else NODES
    return torch.randint(1, most, (rows, math.prod(shape)), generator=generator).double()


def copied(mine, theirs):
    with torch.no_grad():
        for one, other in zip(mine, theirs, strict=True):
            other.copy_(one)


def close(mine, theirs):
    return float((mine - theirs).detach().abs().max()) < 1e-12


# --- every network -------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", SUBSETS, ids=len)
@pytest.mark.parametrize(("net", "shape", "outputs"), NETS, ids=IDS)
def test_parameters_counts_the_trained_weights(net, shape, outputs, terms):
    network = net.build(shape, outputs, terms)
    assert net.parameters(shape, outputs, terms) == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(("net", "shape", "outputs"), NETS, ids=IDS)
def test_outputs_have_their_shape_and_nothing_global_is_drawn(net, shape, outputs):
    before = torch.get_rng_state()
    made = built(net, shape, outputs, DROPS)(some(net, shape))
    assert made.shape == (6, outputs)
    assert made.isfinite().all()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("net", "shape", "outputs"), NETS, ids=IDS)
def test_first_weights_depend_on_the_seed_alone(net, shape, outputs):
    first, again, other = (
        [p.detach() for p in built(net, shape, outputs, terms, seed).parameters()]
        for terms, seed in (((), 0), (DROPS, 0), ((), 1))
    )
    assert all(map(torch.equal, first, again))
    assert not all(map(torch.equal, first, other))


@pytest.mark.parametrize(("net", "shape", "outputs"), NETS, ids=IDS)
def test_dropout_layers_are_numbered_apart(net, shape, outputs):
    network = net.build(shape, outputs, DROPS)
    numbers = [layer.layer for layer in network.modules() if isinstance(layer, DropoutLayer)]
    assert len(set(numbers)) == len(numbers) >= 3


@pytest.mark.parametrize(("net", "shape", "outputs"), NETS[:3], ids=IDS[:3])
def test_operations_are_weights_times_the_places_they_are_used_at(net, shape, outputs):
    network, counted = built(net, shape, outputs), []

    def count(layer, _, output):
        counted.append(layer.weight.numel() * math.prod(output.shape[2:]))

    for layer in network.modules():
        if isinstance(layer, (nn.Linear, Convolution)):
            layer.register_forward_hook(count)
    network(some(net, shape))
    assert net.operations(shape, outputs) == sum(counted)


def test_published_sizes_are_counted():
    image = (3, 32, 32)
    assert Resnet18(channels=64).parameters(image, 10) == resnet_by_hand(64)
    assert resnet_by_hand(64) == 11_171_146
    text = Transformer(d_model=512).parameters((2, 10), 10 * 37_000)
    # Vaswani et al., table 3: 65 million
    attention, inner, norm = 4 * 512 * 513, 512 * 2048 * 2 + 2048 + 512, 2 * 512
    layers = 6 * (attention + inner + 2 * norm) + 6 * (2 * attention + inner + 3 * norm)
    assert text == layers + 37_000 * 512 == 63_082_496
    torchs = nn.LSTM(13, 20, num_layers=2)
    head, second = 21 * 10, 2 * 4 * 20
    counted = sum(p.numel() for p in torchs.parameters()) + head - second
    assert Lstm(units=20, layers=2).parameters((13, 50), 10) == counted


def resnet_by_hand(k):
    """The stem; of each stage two blocks of two convolutions and norms, a shortcut; the head."""
    total, before = 27 * k, k
    for after in (k, 2 * k, 4 * k, 8 * k):
        total += 9 * before * after + 3 * 9 * after * after + 2 * before + 3 * 2 * after
        total += before * after * (before != after)
        before = after
    return total + (8 * k + 1) * 10


def test_stacks_are_as_large_as_is_fastest():
    nets = (
        *(Resnet18(channels=k) for k in (1, 4, 8, 9, 64)),
        *(Lstm(units=u) for u in (4, 32, 512)),
    )
    assert [net.together("cpu") for net in nets] == [8, 8, 4, 1, 1, 32, 8, 1]
    assert {net.together("cuda") for net in nets} == {None}


# --- images --------------------------------------------------------------------------------------


class PlainBlock(nn.Module):
    """A pre-activation block in torch's own layers."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(before), nn.BatchNorm2d(after)])
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        changes = stride > 1 or before != after
        self.carried = nn.Conv2d(before, after, 1, stride, bias=False) if changes else None

    def forward(self, x):
        active = self.norms[0](x).relu()
        inner = self.second(self.norms[1](self.first(active)).relu())
        return inner + (x if self.carried is None else self.carried(active))

    def in_order(self):
        yield from (*self.norms[0].parameters(), self.first.weight)
        yield from (*self.norms[1].parameters(), self.second.weight)
        yield from () if self.carried is None else (self.carried.weight,)


class PlainResnet(nn.Module):
    def __init__(self, k, blocks, outputs):
        super().__init__()
        self.stem, before = nn.Conv2d(3, k, 3, 1, 1, bias=False), k
        self.blocks = nn.ModuleList()
        for stage, count in enumerate(blocks):
            for number in range(count):
                after = k * 2**stage
                self.blocks.append(PlainBlock(before, after, 2 if stage and not number else 1))
                before = after
        self.head = nn.Linear(before, outputs)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))

    def in_order(self):
        yield self.stem.weight
        for block in self.blocks:
            yield from block.in_order()
        yield from self.head.parameters()


@pytest.mark.parametrize("blocks", [(2, 2, 2, 2), (1, 3)], ids=str)
def test_the_residual_network_is_the_plain_one(blocks):
    net = Resnet18(channels=2, blocks=blocks)
    mine, plain = built(net, (3, 16, 16), 4), PlainResnet(2, blocks, 4).double()
    copied(mine.parameters(), plain.in_order())
    x = some(net, (3, 16, 16))
    for network in (mine, plain):
        network.train()
    assert close(mine(x), plain(x.view(6, 3, 16, 16)))
    for network in (mine, plain):
        network.eval()
    assert close(mine(x), plain(x.view(6, 3, 16, 16)))


def test_the_last_norm_acts_before_the_mean():
    net = Resnet18(channels=2, blocks=(1,), last_norm=True)
    mine = built(net, (3, 8, 8), 4).eval()
    until = mine[:-4](some(net, (3, 8, 8)))
    mean = (until / math.sqrt(1 + 1e-5)).relu().mean(dim=(2, 3))
    assert close(mine(some(net, (3, 8, 8))), mine[-1](mean))


def test_a_deep_net_halves_its_sides_evenly():
    network = DeepCnn(depth=5, channels=2, halvings=2).build((3, 32, 32), 10)
    strides = [layer.steps.stride[0] for layer in network if isinstance(layer, Convolution)]
    assert strides == [1, 1, 2, 1, 2]


def test_a_deep_net_is_the_plain_one():
    net = DeepCnn(depth=2, channels=3, halvings=1)
    mine = built(net, IMAGE, 4)
    first, second, last = (m for m in mine if isinstance(m, (Convolution, nn.Linear)))
    x = some(net, IMAGE)
    plain = nn.functional.conv2d(x.view(6, *IMAGE), first.weight, first.bias, 1, 1)
    plain = nn.functional.leaky_relu(plain)
    plain = nn.functional.conv2d(plain, second.weight, second.bias, 2, 1)
    assert close(mine(x), last(nn.functional.leaky_relu(plain).mean(dim=(2, 3))))


def test_a_deep_net_may_be_normalized():
    terms = (BatchNorm(),)
    net, shape = DeepCnn(depth=3, channels=4), (3, 8, 8)
    network = net.build(shape, 10, terms)
    assert net.parameters(shape, 10, terms) == sum(p.numel() for p in network.parameters())
    assert all(m.bias is None for m in network if isinstance(m, Convolution))


def test_more_halvings_than_layers_do_not_fit():
    assert DeepCnn(depth=2, channels=4, halvings=3).unfit(IMAGE)
    assert not DeepCnn(depth=3, channels=4, halvings=3).unfit(IMAGE)


# --- sequences -----------------------------------------------------------------------------------


def torchs_recurrent(layer, inputs):
    """torch's own layer with the weights of one of ours, its second bias zero."""
    if isinstance(layer, Memory):
        theirs = nn.LSTM(inputs, layer.units, batch_first=True)
    else:
        kind = "relu" if layer.relu else "tanh"
        theirs = nn.RNN(inputs, layer.units, nonlinearity=kind, batch_first=True)
    theirs = theirs.double()
    given = (layer.given.weight, layer.kept.weight, layer.given.bias)
    copied((*given, torch.zeros_like(layer.given.bias)), theirs.parameters())
    return theirs


@pytest.mark.parametrize(
    "layer",
    [Memory(3, 5), Recurrent(3, 5), Recurrent(3, 5, relu=True)],
    ids=["lstm", "tanh", "relu"],
)
def test_recurrent_layers_are_those_of_torch(layer):
    generator = torch.Generator().manual_seed(1)
    layer = layer.double()
    for weight in layer.parameters():
        nn.init.uniform_(weight, -0.7, 0.7, generator=generator)
    theirs = torchs_recurrent(layer, 3)
    x = torch.randn(4, 11, 3, dtype=torch.float64, generator=generator)
    mine, plain = (x.clone().requires_grad_() for _ in range(2))
    slope = torch.randn(4, 11, 5, dtype=torch.float64, generator=generator)
    states, expected = layer(mine), theirs(plain)[0]
    assert close(states, expected)
    (states * slope).sum().backward()
    (expected * slope).sum().backward()
    assert close(mine.grad, plain.grad)
    pairs = ((layer.given.weight, 0), (layer.kept.weight, 1), (layer.given.bias, 2))
    for weight, place in pairs:
        assert close(weight.grad, list(theirs.parameters())[place].grad)


@pytest.mark.parametrize(
    "net", [Lstm(units=4, layers=2), Rnn(units=4, layers=2)], ids=lambda net: net.name()
)
def test_a_sequence_is_read_step_by_step_from_its_channels(net):
    network = built(net, SEQUENCE, 4)
    x = some(net, SEQUENCE)
    seen = x.view(6, 3, 6).transpose(1, 2)
    for layer, inputs in zip((network[1], network[2]), (3, 4), strict=True):
        seen = torchs_recurrent(layer, inputs)(seen)[0]
    assert close(network(x), network[-1](seen[:, -1]))


def test_a_single_step_is_a_sequence():
    for net in (Lstm(units=4), Rnn(units=4)):
        network = built(net, (3, 1), 2)
        network(some(net, (3, 1))).sum().backward()
        assert not network[1].kept.weight.grad.any()


def test_recurrent_first_weights_are_uniform_within_their_bound():
    network = built(Lstm(units=100), (50, 2), 3)
    for weight in network[1].parameters():
        assert 0.09 < float(weight.detach().abs().max()) <= 0.1


# --- transformers --------------------------------------------------------------------------------


PLAIN = functools.partial(Multipliers, ("standard", 64))


def attention_weights(part):
    """Of an Attention, in the order of torch's MultiheadAttention."""
    layers = (part.query, part.key, part.value)
    yield torch.cat([layer.weight for layer in layers])
    yield torch.cat([layer.bias for layer in layers])
    yield from part.out.parameters()


def layer_weights(layer):
    yield from attention_weights(layer.itself)
    if layer.source is not None:
        yield from attention_weights(layer.source)
    for inner in (layer.inner[0], layer.inner[2]):
        yield from inner.parameters()
    for around in layer.around:
        yield from around.norm.parameters()


def drawn(module, seed=2):
    generator = torch.Generator().manual_seed(seed)
    for weight in module.parameters():
        nn.init.normal_(weight, 0, 0.4, generator=generator)
    return module.double()


def vectors(rows, length, width, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, length, width, dtype=torch.float64, generator=generator)


def test_attention_is_that_of_torch():
    mine = drawn(Attention(PLAIN(6, 3, 3)))
    theirs = nn.MultiheadAttention(6, 3, batch_first=True).double()
    copied(attention_weights(mine), theirs.parameters())
    x, at = vectors(2, 4, 6), vectors(2, 5, 6, seed=4)
    padding = torch.tensor([[False, False, True, False, True], [False] * 5])
    expected, _ = theirs(x, at, at, key_padding_mask=padding)
    assert close(mine(x, at, padding[:, None, None]), expected)


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("nonlinearity", ["relu", "gelu"])
def test_a_layer_of_the_encoder_is_that_of_torch(before, nonlinearity):
    mine = drawn(Layer(PLAIN(6, 2, 2), nonlinearity, [[], []], before=before, source=False))
    how = {"activation": nonlinearity, "norm_first": before, "batch_first": True}
    theirs = nn.TransformerEncoderLayer(6, 2, 24, 0.0, **how).double()
    copied(layer_weights(mine), theirs.parameters())
    x, hidden = vectors(2, 4, 6), later(4, torch.device("cpu"))
    assert close(mine(x, hidden), theirs(x, src_mask=hidden))


@pytest.mark.parametrize("before", [False, True])
def test_a_layer_of_the_decoder_is_that_of_torch(before):
    mine = drawn(Layer(PLAIN(6, 2, 2), "relu", [[], [], []], before=before, source=True))
    how = {"norm_first": before, "batch_first": True}
    theirs = nn.TransformerDecoderLayer(6, 2, 24, 0.0, **how).double()
    copied(layer_weights(mine), theirs.parameters())
    x, source = vectors(2, 4, 6), vectors(2, 5, 6, seed=4)
    hidden = later(4, torch.device("cpu"))
    padding = torch.tensor([[False, False, True, False, True], [False] * 5])
    expected = theirs(x, source, tgt_mask=hidden, memory_key_padding_mask=padding)
    assert close(mine(x, hidden, source, padding[:, None, None]), expected)


def test_the_translator_is_that_of_torch():
    net = Transformer(d_model=8, heads=2, layers=2)
    mine = built(net, PAIR, LENGTH * TOKENS)
    theirs = nn.Transformer(8, 2, 2, 2, 32, 0.0, batch_first=True).double()
    for ours, torchs in ((mine.encoder, theirs.encoder), (mine.decoder, theirs.decoder)):
        torchs.norm = None  # it normalizes once more, after the last layer
        for layer, plain in zip(ours, torchs.layers, strict=True):
            copied(layer_weights(layer), plain.parameters())
    x = some(net, PAIR)
    x[:, 3:5] = 0
    source, target = x.long().view(6, 2, LENGTH).unbind(1)
    table = mine.embeddings[0].weight
    at, to = (table[part] * math.sqrt(8) + positions(LENGTH, 8) for part in (source, target))
    masks = {"src_key_padding_mask": source == 0, "memory_key_padding_mask": source == 0}
    said = theirs(at, to, tgt_mask=later(LENGTH, x.device), **masks)
    assert close(mine(x), (said @ table.T).flatten(1))


def test_positions_are_sines_and_cosines():
    made = positions(5, 6)
    for place, number in itertools.product(range(5), range(3)):
        angle = place / 10_000 ** (2 * number / 6)
        expected = torch.tensor([math.sin(angle), math.cos(angle)], dtype=torch.float64)
        assert close(made[place, 2 * number : 2 * number + 2], expected)


def changed(net, shape, place):
    """Which places of the outputs change when a token does."""
    network = built(net, shape, LENGTH * TOKENS)
    x = some(net, shape, rows=1)
    other = x.clone()
    other[0, place] = x[0, place] % (TOKENS - 1) + 1
    difference = (network(x) - network(other)).view(LENGTH, TOKENS).abs().amax(dim=1)
    return (difference > 1e-9).tolist()


@pytest.mark.parametrize("norm", ["before", "after"])
def test_a_model_of_text_sees_what_came_before(norm):
    net = LanguageModel(d_model=8, heads=2, layers=2, norm=norm)
    assert changed(net, TEXT, 2) == [False, False, True, True, True]
    net = Transformer(d_model=8, heads=2, layers=2, norm=norm)
    assert changed(net, PAIR, LENGTH + 2) == [False, False, True, True, True]
    assert changed(net, PAIR, 2) == [True] * LENGTH


def test_padding_of_the_source_is_not_seen():
    net = Transformer(d_model=8, heads=2, layers=2)
    network = built(net, PAIR, LENGTH * TOKENS)
    x = some(net, PAIR)
    x[:, 3:LENGTH] = 0
    before = network(x)
    with torch.no_grad():
        network.embeddings[0].weight[0] += 1
    same = (network(x) - before).view(6, LENGTH, TOKENS)[..., 1:]
    assert float(same.detach().abs().max()) < 1e-12


def test_tied_vectors_are_one_matrix():
    counts = [
        len(built(Transformer(d_model=8, tied=tied, layers=1), PAIR, 35).embeddings)
        for tied in ("all", "target", "none")
    ]
    assert counts == [1, 2, 2]


def test_heads_must_divide_the_vectors():
    for net in (Transformer, LanguageModel):
        assert net(d_model=12).unfit(PAIR) == "d_model 12 does not divide into 8 heads"
        assert not net(d_model=16).unfit(PAIR)


# --- graphs --------------------------------------------------------------------------------------


def test_a_graph_network_is_the_stated_function():
    net = Gnn(hidden=(5,), features=3)
    network = built(net, (1,), 4)
    links, features = (part.astype("f8") for part in graph())
    first, second = ((w.weight.detach().numpy().T, w.bias.detach().numpy()) for w in network.layers)
    hidden = np.maximum(links @ features @ first[0] + first[1], 0)
    expected = links @ hidden @ second[0] + second[1]
    nodes = torch.tensor([[4.0], [0.0], [4.0]], dtype=torch.float64)
    assert np.allclose(network(nodes).detach().numpy(), expected[[4, 0, 4]], atol=1e-12)
