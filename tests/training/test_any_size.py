"""Two recordings of a step make one for any number of models."""

import pytest
import torch
from torch.func import vmap
from torch.fx.experimental.proxy_tensor import make_fx

from ddspec.training.any_size import generalized
from ddspec.training.simplify import simplify


def recordings(function, *shapes):
    for size in (2, 3):
        yield make_fx(function)(*(torch.ones(size, *shape) for shape in shapes))


def test_sizes_follow_the_number_of_models():
    def step(x, w):
        rows = (x @ w).relu().reshape(-1, 4)  # models and rows as one dimension
        return rows.sum(dim=1).reshape(len(x), -1) * torch.arange(1, 6)

    general = generalized(*recordings(step, (5, 3), (3, 4)))
    for size in (1, 2, 7):
        x, w = torch.randn(size, 5, 3), torch.randn(size, 3, 4)
        assert torch.equal(general(x, w), step(x, w))


def test_a_size_that_is_like_the_number_of_models_stays_as_it_is():
    general = generalized(*recordings(vmap(lambda x: x.reshape(3, 2).sum(dim=0)), (6,)))
    assert general(torch.ones(5, 6)).shape == (5, 2)


def test_constants_that_repeat_one_model_are_repeated():
    def step(x):
        return x + torch.ones(len(x), 4) / 3

    general = generalized(*map(simplify, recordings(step, (4,))))
    x = torch.randn(6, 4)
    assert torch.equal(general(x), step(x))


@pytest.mark.parametrize(
    "step",
    [
        lambda x: x.cumsum(dim=0) if len(x) == 2 else x.cumprod(dim=0),
        lambda x: x * len(x) ** 2,
        lambda x: x + torch.arange(len(x))[:, None],
        lambda x: x if len(x) == 2 else x + 1,
        lambda x: x * (0.5 / len(x)),
    ],
)
def test_what_depends_on_the_number_of_models_otherwise_is_refused(step):
    with pytest.raises(ValueError, match="number of models"):
        generalized(*map(simplify, recordings(step, (4,))))
