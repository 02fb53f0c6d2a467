"""A user's own module trains as it is, whatever layers of torch's it is made of."""

import attrs
import pytest
import torch
from torch import nn

from ddspec.errors import DdspecError
from ddspec.training.models import network_of
from ddspec.vocabulary.kinds import Architecture
from tests.training import made
from tests.training.made import cell, data, plain_loop, stacked


class Network(nn.Module):
    """Two paths, a parameter of its own, torch's normalization: nothing of ddspec's."""

    def __init__(self, normalization):
        super().__init__()
        self.first, self.last = nn.Linear(40, 6), nn.Linear(6, 10)
        self.norm = normalization(6)
        self.scale = nn.Parameter(torch.ones(10))
        self.frozen = nn.Parameter(torch.ones(10), requires_grad=False)

    def forward(self, x):
        hidden = torch.tanh(self.norm(self.first(x)))
        return self.last(hidden) * self.scale + x[:, :10] * self.frozen


@attrs.frozen
class Own(Architecture):
    normalization: type

    def parameters(self, inputs, outputs, terms=()):
        return 40 * 6 + 6 + 6 * 10 + 10 + 10 + 2 * 6

    def build(self, inputs, outputs, terms=()):
        return Network(self.normalization)

    def initialize(self, module, draws):
        """Leaves the weights as torch drew them."""


def own(normalization, samples=24, seed=0):
    return cell(data(samples), architecture=Own(normalization), seed=seed)


@pytest.mark.parametrize("normalization", [nn.LayerNorm, nn.BatchNorm1d, nn.Identity])
def test_it_equals_the_plain_loop(normalization, monkeypatch):
    monkeypatch.setattr(made, "plain_network", network_of)
    cells = [own(normalization, seed=seed) for seed in range(3)]
    for run, one in zip(stacked(cells), cells, strict=True):
        network = plain_loop(one, lambda w: torch.optim.SGD([p for p in w if p.requires_grad]))
        theirs = network.state_dict()
        for name, tensor in (run.weights | run.buffers).items():
            assert torch.allclose(tensor, theirs.pop(name), atol=1e-10)
        assert not theirs


def test_what_torch_draws_in_building_is_a_function_of_the_seed():
    torch.manual_seed(1)
    before, one = torch.get_rng_state(), network_of(own(nn.Identity))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    again, other = network_of(own(nn.Identity)), network_of(own(nn.Identity, seed=1))
    assert torch.equal(one.first.weight, again.first.weight)
    assert not torch.equal(one.first.weight, other.first.weight)


def test_torchs_batch_norm_with_short_minibatches_is_refused():
    with pytest.raises(DdspecError, match="padding") as caught:
        stacked([own(nn.BatchNorm1d, samples=23)])
    assert "layers.BatchNorm" in caught.value.help[0]
