"""Captured steps: buffers, ragged stacks and blocks, with a stand-in for the card's capture."""

import attrs
import pytest
import torch

from ddspec.training import stepping
from ddspec.training.eager import Eager
from ddspec.training.graphed import KEPT, Graphed, lengths
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schema import Duration
from tests.training.made import cell, data, descent, stacked


class Card:
    """Captures as a graphics card does: it runs the work to warm up, and again at every replay."""

    def __init__(self):
        self.captured, self.replayed = 0, 0

    def capture(self, work):
        self.captured += 1
        work()
        work()

        def replay():
            self.replayed += 1
            work()

        return replay


def on_card(cells, monkeypatch, card, **settings):
    """The runs of cells whose eager steps are captured."""
    monkeypatch.setattr(
        stepping,
        "Eager",
        lambda kind, cells, resident: Graphed(Eager(kind, cells, resident), resident, card.capture),
    )
    runs = stacked(cells, ways=("eager",), **settings)
    monkeypatch.undo()
    return runs


def everything(seed, samples=30, **changes):
    train = descent(Adam(lr=Cosine(rate=0.01)), **changes)
    return cell(data(samples, 0.1), (BatchNorm(), Dropout(rate=0.2)), train, seed)


def alike(runs, others):
    for run, other in zip(runs, others, strict=True):
        for name, tensor in (run.weights | run.buffers).items():
            assert torch.equal(tensor, (other.weights | other.buffers)[name]), name
        for name, values in run.readings.series.items():
            assert values.tobytes() == other.readings.series[name].tobytes(), name
    return True


def test_replayed_steps_are_the_steps_themselves(monkeypatch):
    cells = [everything(seed) for seed in range(3)]
    card, points = Card(), (0, 1, 4, 6)
    runs = on_card(cells, monkeypatch, card, points=points)
    assert alike(runs, stacked(cells, points=points, ways=("eager",)))
    assert card.captured == 2
    assert card.replayed == len([n for block in (4, 12, 8) for n in lengths(block)])


def test_a_block_is_made_of_long_replays_and_single_steps():
    assert lengths(19) == [8, 8, 1, 1, 1]
    assert lengths(3) == [1, 1, 1]


def test_models_may_leave_a_captured_stack(monkeypatch):
    """Of 8 models 7 and 6 train on in the buffers of 8; then fewer, in new ones."""
    cells = [everything(seed, 30 - 2 * seed, epochs=5) for seed in range(8)]
    card = Card()
    assert alike(on_card(cells, monkeypatch, card), stacked(cells, ways=("eager",)))
    ends = {-(-one.dataset.samples // 8) * 5 for one in cells}
    assert ends == {20, 15, 10}
    assert KEPT == 0.75
    assert card.captured in (3, 4, 5, 6)


def test_long_courses_are_several_blocks(monkeypatch):
    cells = [everything(seed, duration=Duration(150, "steps")) for seed in range(2)]
    card = Card()
    assert alike(on_card(cells, monkeypatch, card), stacked(cells, ways=("eager",)))
    assert card.captured == 2


def test_given_models_are_left_as_they_are(monkeypatch):
    """What a model was when it left a stack is not overwritten by later replays."""
    cells = [everything(0, 30), everything(1, 10)]
    runs = on_card(cells, monkeypatch, Card())
    alone = on_card(cells[1:], monkeypatch, Card())
    assert alike(runs[1:], stacked(cells, ways=("eager",))[1:])
    assert torch.allclose(*(r.weights["0.weight"] for r in (runs[1], alone[0])), atol=1e-10)


def test_what_cannot_be_captured_is_stepped_through(monkeypatch):
    class Refusing(Card):
        def capture(self, work):
            raise RuntimeError("operation not permitted when stream is capturing")

    cells = [everything(seed) for seed in range(2)]
    assert alike(on_card(cells, monkeypatch, Refusing()), stacked(cells, ways=("eager",)))


def test_memory_that_runs_out_while_capturing_is_no_refusal(monkeypatch):
    class Full(Card):
        def capture(self, work):
            raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        on_card([everything(0)], monkeypatch, Full())


def test_regression_targets_are_captured_as_well(monkeypatch):
    from ddspec.vocabulary.architectures.linear import Linear
    from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
    from ddspec.vocabulary.losses.mse import Mse

    dataset = LinearGaussian(samples=20, test=10, features=4)
    one = cell(dataset, train=descent(loss=Mse(), epochs=2), architecture=Linear())
    cells = [one, attrs.evolve(one, dataset=attrs.evolve(dataset, samples=12))]
    assert alike(on_card(cells, monkeypatch, Card()), stacked(cells, ways=("eager",)))
