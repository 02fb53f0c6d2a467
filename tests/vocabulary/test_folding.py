"""Operations of convolutional layers equal torch's own, alone and mapped over models."""

import pytest
import torch
from torch import library, nn
from torch.func import grad, vmap

from ddspec.vocabulary.folding import Steps, convolve, max_pool, normalize, rescale

F = nn.functional
MODELS, ROWS, IN, OUT = 3, 4, 2, 5


def numbers(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


X = numbers(MODELS, ROWS, IN, 7, 6)
WEIGHT, BIAS = numbers(MODELS, OUT, IN, 3, 3, seed=1), numbers(MODELS, OUT, seed=2)


def same(ours, theirs):
    pairs = zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]
    return all(torch.allclose(a, b, atol=1e-12) for a, b in pairs)


def each(function, *stacks):
    """What a function gives for every model by itself."""
    made = [function(*tensors) for tensors in zip(*stacks, strict=True)]
    return tuple(map(torch.stack, zip(*made, strict=True)))


@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 2)], ids=str)
@pytest.mark.parametrize("biased", [True, False])
def test_convolution_and_its_slopes(stride, biased):
    steps = Steps(stride, (0, 1))

    def ours(x, weight, bias):
        return convolve(x, weight, bias if biased else None, steps).sin().sum()

    def theirs(x, weight, bias):
        made = F.conv2d(x, weight, bias if biased else None, stride, (0, 1))
        return made.sin().sum()

    places = (0, 1, 2) if biased else (0, 1)
    expected = each(grad(theirs, places), X, WEIGHT, BIAS)
    assert same(vmap(grad(ours, places))(X, WEIGHT, BIAS), expected)
    assert same(each(grad(ours, places), X, WEIGHT, BIAS), expected)


def test_models_may_share_what_they_are_given():
    expected = torch.stack([F.conv2d(X[0], weight) for weight in WEIGHT])
    made = vmap(lambda weight: convolve(X[0], weight, None, Steps()))(WEIGHT)
    assert same(made, expected)


def test_channels_lie_last_and_models_beside_each_other():
    made = vmap(lambda x, w: convolve(x, w, None, Steps()))(X, WEIGHT)
    channels = MODELS * OUT
    assert made.stride() == (OUT, 5 * 4 * channels, 1, 4 * channels, channels)


def test_the_first_layer_asks_for_no_slope_of_its_inputs():
    from torch.fx.experimental.proxy_tensor import make_fx

    step = make_fx(vmap(grad(lambda w, x: convolve(x, w, None, Steps()).sum())))(WEIGHT, X)
    masks = [n.args[-1] for n in step.graph.nodes if "convolution_backward" in str(n.target)]
    assert masks == [[False, True, False]]


@pytest.mark.parametrize("size", [(2, 2), (7, 6), (3, 1)], ids=str)
def test_pooling_leaves_out_what_is_left_over(size):
    def ours(x):
        return max_pool(x, size).sin().sum()

    def theirs(x):
        return F.max_pool2d(x, size).sin().sum()

    assert same(vmap(ours)(X), torch.stack([theirs(x) for x in X]))
    assert same(vmap(grad(ours))(X), torch.stack([grad(theirs)(x) for x in X]))


def test_the_first_of_equal_numbers_gets_the_slope():
    slopes = vmap(grad(lambda x: max_pool(x, (2, 2)).sum()))(torch.ones(2, 1, 1, 2, 4))
    assert slopes[:, 0, 0].tolist() == [[[1.0, 0, 1, 0], [0.0, 0, 0, 0]]] * 2


SCALE, SHIFT = numbers(MODELS, IN, seed=3), numbers(MODELS, IN, seed=4)
ALL, SOME = torch.ones(MODELS, ROWS), torch.ones(MODELS, ROWS)
SOME[0, 2:] = 0
SOME[2, 3:] = 0


def reference(x, rows, scale, shift):
    """Batch normalization by torch of the rows that count, zero elsewhere, and its moments."""
    counted = x[rows > 0]
    mean, variance = torch.zeros(IN).double(), torch.zeros(IN).double()
    made = F.batch_norm(counted, mean, variance, scale, shift, True, 1.0, 1e-3)
    padding = torch.zeros(len(x) - len(counted), *x.shape[1:]).double()
    return torch.cat([made, padding]), mean, variance


@pytest.mark.parametrize("rows", [ALL, SOME], ids=["whole", "padded"])
def test_normalization_of_the_rows_that_count(rows):
    ours = vmap(lambda *given: normalize(*given, 1e-3))(X, rows, SCALE, SHIFT)
    expected = [reference(*given) for given in zip(X, rows, SCALE, SHIFT, strict=True)]
    assert same(tuple(ours), tuple(map(torch.stack, zip(*expected, strict=True))))


@pytest.mark.parametrize("rows", [ALL, SOME], ids=["whole", "padded"])
def test_slopes_of_normalization(rows):
    def ours(x, scale, shift, rows):
        return normalize(x, rows, scale, shift, 1e-3)[0].sin().sum()

    found = vmap(grad(ours, (0, 1, 2)))(X, SCALE, SHIFT, rows)
    for number in range(MODELS):
        given = [t[number].clone().requires_grad_() for t in (X, SCALE, SHIFT)]
        reference(given[0], rows[number], *given[1:])[0].sin().sum().backward()
        assert same(tuple(f[number] for f in found), tuple(tensor.grad for tensor in given))


def test_a_channel_of_one_number_has_variance_zero():
    one = numbers(2, 1, IN, 1, 1)
    made, _, variance = vmap(lambda x: normalize(x, torch.ones(1), SCALE[0], SHIFT[0], 1.0))(one)
    assert not variance.any()
    assert same(made[:, 0, :, 0, 0], SHIFT[0].expand(2, -1))


def test_normalization_by_given_moments():
    mean, variance = numbers(MODELS, IN, seed=5), numbers(MODELS, IN, seed=6).exp()
    ours = vmap(lambda *given: rescale(*given, 1e-3))(X, SCALE, SHIFT, mean, variance)
    stacks = zip(X, mean, variance, SCALE, SHIFT, strict=True)
    assert same(ours, torch.stack([F.batch_norm(*given, False, 0.1, 1e-3) for given in stacks]))


def test_the_operations_of_normalization_are_what_torch_expects_of_one():
    maps = X[0].permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    given = maps, SOME[:1], SCALE[0], SHIFT[0], 1e-3
    checks = ("test_schema", "test_faketensor")
    library.opcheck(torch.ops.ddspec.normalize.default, given, test_utils=checks)
    _, mean, _, spread = torch.ops.ddspec.normalize(*given)
    given = maps, maps, SOME[:1], SCALE[0], mean, spread, 1e-3
    library.opcheck(torch.ops.ddspec.normalize_slopes.default, given, test_utils=checks)


def test_second_derivatives_are_refused():
    def slope(w):
        return grad(lambda v: convolve(X[0], v, None, Steps()).pow(3).sum())(w).sum()

    with pytest.raises(NotImplementedError, match="second derivatives"):
        grad(slope)(WEIGHT[0])
