"""Chains of cells: each starts from the trained weights of the one before."""

import attrs
import pytest
import torch

from ddspec.errors import DdspecError
from ddspec.plan.batch import Batch
from ddspec.training.engine import train_stack
from ddspec.training.fit import fit
from ddspec.training.models import network_of
from ddspec.training.selection import select
from ddspec.training.succession import train_chains
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.draws import Draws
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.starts.weight_reuse import WeightReuse
from tests.training.made import cell, descent, pools

REUSE = WeightReuse(over="width", std=0.1)


def chain(widths=(2, 3, 5), terms=(), seed=0):
    """Cells of growing width, each after the one before."""
    train = descent(start=REUSE)
    found = []
    for width in widths:
        one = cell(terms=terms, train=train, architecture=Mlp(hidden=(width,)), seed=seed)
        one = attrs.evolve(one, id=f"{width} {seed}", before=found[-1] if found else None)
        found.append(one)
    return found


def train(cells, before):
    selections = [select(one, pools(one.dataset, one.seed.data)) for one in cells]
    return train_stack(cells, selections, ways=("eager",), before=before)


def test_the_first_weights_hold_the_trained_ones_before():
    small, large = chain((2, 3))
    trained = train([small], ())[0].weights
    own = dict(network_of(large).named_parameters())
    grown = REUSE.grown(own, dict(trained), Draws(0, "reuse"))
    first, bias, second, _ = grown.values()
    assert torch.equal(first[:2], trained["0.weight"])
    assert torch.equal(second[:, :2], trained["2.weight"])
    assert torch.equal(bias[:2], trained["0.bias"])


def test_new_weights_have_the_standard_deviation_asked_for():
    small, large = chain((1, 400))
    trained = train([small], ())[0].weights
    grown = REUSE.grown(dict(network_of(large).named_parameters()), dict(trained), Draws(0, "r"))
    drawn = grown["0.weight"][1:]
    assert abs(float(drawn.std()) - 0.1) < 0.1 * 3 / drawn.numel() ** 0.5
    assert abs(float(drawn.mean())) < 0.1 * 3 / drawn.numel() ** 0.5


@pytest.mark.parametrize("terms", [(), (BatchNorm(),)])
def test_a_chain_is_training_by_hand_one_after_the_other(terms):
    cells = chain(terms=terms)
    last = None
    for one in cells:
        plain = attrs.evolve(one, before=None, train=descent())
        last = train([one], [last])[0] if last else train([plain], ())[0]
    (run,) = train_chains(cells[-1:], train)
    assert all(torch.equal(run.weights[name], last.weights[name]) for name in run.weights)
    own = train([attrs.evolve(cells[-1], before=None)], ())[0]
    assert not torch.equal(run.weights["0.weight"], own.weights["0.weight"])


def test_running_averages_pass_on_as_well():
    cells = chain((2, 3), (BatchNorm(),))
    small = train(cells[:1], ())[0]
    short = attrs.evolve(cells[1], train=descent(start=REUSE, duration=attrs.evolve(
        descent().duration, count=1, unit="steps")))  # fmt: skip
    run = train([short], [small])[0]
    kept = 0.9 * small.buffers["1.running_mean"]
    moved = run.buffers["1.running_mean"][:2] - kept
    plain = train([attrs.evolve(short, before=None)], ())[0].buffers["1.running_mean"]
    assert moved.abs().max() < 0.2
    assert not torch.allclose(run.buffers["1.running_mean"][:2], plain[:2])


def test_chains_of_several_seeds_train_together_and_change_nothing():
    both = [*chain(seed=0), *chain(seed=1)]
    stacks = []

    def noted(cells, before):
        stacks.append(len(cells))
        return train(cells, before)

    runs = train_chains(both, noted)
    assert stacks == [2, 2, 2]
    alone = train_chains(chain(seed=1), train)
    for run, one in zip(runs[3:], alone, strict=True):
        assert torch.equal(run.weights["0.weight"], one.weights["0.weight"])


def test_records_are_of_the_cells_asked_for_only():
    cells = chain()
    whole = fit(Batch(tuple(cells), "epochs", (), {}), pools)
    (last,) = fit(Batch(tuple(cells[-1:]), "epochs", (), {}), pools)
    assert last.cell == cells[-1].id
    assert last.series["test_loss"] == whole[-1].series["test_loss"]


def test_a_network_that_shrinks_is_refused():
    with pytest.raises(DdspecError, match="do not fit"):
        train_chains(chain((3, 2)), train)
