"""Batches to records: readings, divergence, precision, memory, and nothing global changed."""

import attrs
import numpy as np
import pytest
import torch

from ddspec.plan.batch import Batch
from ddspec.plan.stacking import stack_key
from ddspec.spec.model import Seed
from ddspec.training import fit as fit_module
from ddspec.training import risk
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.linear import Linear
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.datasets.linear_gaussian import LinearGaussian
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training.made import CLASSES, cell, data, descent, numbered, plain_loop, pools, stacked


def with_rate(rate, **changes):
    return descent(Sgd(lr=Constant(rate=rate)), **changes)


def alike(one, other):
    assert one.status == other.status
    assert one.points.tolist() == other.points.tolist()
    for name, values in one.series.items():
        assert values.tobytes() == other.series[name].tobytes(), name
    return True


def test_readings_are_the_risks_of_the_plain_loop_at_that_time():
    one = cell(data(30, 0.3), (Dropout(rate=0.3), BatchNorm()))
    batch = Batch((one,), points=(1, 2, 6), measures={"norm": WeightNorm()})
    record = fit(batch, pools)[0]
    assert record.points.tolist() == [1, 2, 6]
    for place, epochs in enumerate((1, 2, 6)):
        shorter = attrs.evolve(
            one, train=attrs.evolve(one.train, duration=Duration(epochs, "epochs"))
        )
        network = plain_loop(shorter, torch.optim.SGD)
        outputs = network(torch.tensor(CLASSES.test_inputs).double()).detach()
        targets = torch.tensor(CLASSES.test_targets)
        loss = torch.nn.functional.cross_entropy(outputs, targets)
        wrong = (outputs.argmax(1) != targets).double().mean()
        norm = torch.sqrt(sum((w.detach() ** 2).sum() for w in network.parameters()))
        assert record.series["test_loss"][place] == pytest.approx(float(loss), rel=1e-6)
        assert record.series["test_error"][place] == np.float32(wrong)
        assert record.series["norm"][place] == pytest.approx(float(norm), rel=1e-6)


def test_training_risks_are_on_the_labels_trained_on():
    one = cell(data(20, 1.0), train=with_rate(0.5, epochs=150), architecture=Mlp(hidden=(60,)))
    series = fit(Batch((one,)), pools)[0].series
    assert series["train_error"].tolist() == [0.0]
    assert series["test_error"][0] > 0.7


def test_risks_do_not_depend_on_the_chunks_they_are_summed_over(monkeypatch):
    one = cell(data(validation=20))
    whole = fit(Batch((one,)), pools)[0].series
    monkeypatch.setattr(risk, "ROWS", 7)
    for name, values in fit(Batch((one,)), pools)[0].series.items():
        assert values == pytest.approx(whole[name], rel=1e-7), name


def test_validation_is_recorded_where_there_is_some():
    with_it, without = (fit(Batch((cell(data(validation=v)),)), pools)[0] for v in (10, 0))
    assert set(with_it.series) - set(without.series) == {"validation_loss", "validation_error"}


def test_regression_has_losses_only():
    dataset = LinearGaussian(samples=20, test=10, features=4)
    one = cell(dataset, train=with_rate(0.01, loss=Mse()), architecture=Linear())
    record = fit(Batch((one,), points=(0, 6)), pools)[0]
    assert set(record.series) == {"train_loss", "test_loss"}
    targets = pools(dataset, 0).test_targets
    assert record.series["test_loss"][0] == pytest.approx((targets**2).mean())
    assert record.series["train_loss"][1] < record.series["train_loss"][0]


def test_without_points_only_the_end_is_read():
    record = fit(Batch((cell(),)), pools)[0]
    assert (record.unit, record.points.tolist(), record.stop) == ("epochs", [6], 6)


def test_the_end_is_read_whatever_else_is():
    (record,) = fit(Batch((cell(),), points=(1,)), pools)
    (end,) = fit(Batch((cell(),)), pools)
    assert record.points.tolist() == [1, *end.points]
    assert record.series["test_loss"][-1] == end.series["test_loss"][0]


def test_points_may_be_steps():
    record = fit(Batch((cell(),), "steps", (0, 5, 24)), pools)[0]
    assert (record.unit, record.points.tolist(), record.stop) == ("steps", [0, 5, 24], 24)
    epochs = fit(Batch((cell(),), points=(0, 6)), pools)[0]
    assert np.array_equal(record.series["test_loss"][[0, 2]], epochs.series["test_loss"])


def test_records_keep_the_order_of_the_batch():
    cells = numbered(cell(data(n), seed=s) for s, n in enumerate((20, 30, 25)))
    records = fit(Batch(cells), pools)
    assert [record.cell for record in records] == ["0", "1", "2"]
    for record, one in zip(records, cells, strict=True):
        assert alike(record, fit(Batch((one,)), pools)[0])


def test_shares_of_the_time_add_up():
    records = fit(Batch(numbered([cell(data(30)), cell(data(16))])), pools)
    assert records[0].seconds == pytest.approx(2 * records[1].seconds)


WILD = cell(train=with_rate(1e40, loss=Mse()))
TAME = cell(train=with_rate(0.01, loss=Mse()), seed=1)


def test_divergence_is_a_status_with_the_readings_before_it():
    record = fit(Batch((WILD,), points=(0, 1, 3, 6)), pools)[0]
    losses = record.series["train_loss"]
    known = np.isfinite(losses)
    assert record.status == "diverged"
    assert known[0]
    assert not known[-1]
    assert np.array_equal(np.isnan(record.series["test_error"]), ~known)
    assert record.stop == record.points[~known][0]
    assert not known[np.argmin(known) :].any()


def test_divergence_without_points_is_seen_at_the_end():
    record = fit(Batch((WILD,)), pools)[0]
    assert (record.status, record.stop) == ("diverged", 6)
    assert np.isnan(record.series["test_loss"]).tolist() == [True]


def test_a_diverging_cell_changes_no_bit_of_the_others_and_they_none_of_its():
    cells = numbered([TAME, WILD, attrs.evolve(TAME, seed=Seed(2, 2, 2))])
    points = (0, 1, 3, 6)
    for record, one in zip(fit(Batch(cells, points=points), pools), cells, strict=True):
        assert alike(record, fit(Batch((one,), points=points), pools)[0])


@pytest.mark.parametrize(("precision", "digits"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_lower_precision_is_near_float64(precision, digits):
    cells = [cell(terms=(BatchNorm(),), train=descent(precision=p)) for p in ("float64", precision)]
    exact, near = (
        stacked([one], points=range(1, 7))[0].readings.series["test_loss"] for one in cells
    )
    assert near == pytest.approx(exact, rel=digits)
    assert not np.array_equal(near, exact)


def test_a_minibatch_of_one_row_under_batch_norm_is_finite():
    one = cell(data(25), (BatchNorm(),))
    assert fit(Batch((one,)), pools)[0].status == "done"


def test_several_pools_train_in_one_stack():
    dataset = LinearGaussian(samples=20, test=10, features=4, noise_std=0.1)
    train = with_rate(0.05, loss=Mse())
    cells = numbered(
        cell(attrs.evolve(dataset, samples=n), train=train, architecture=Linear(), seed=s)
        for s, n in enumerate((20, 16, 20))
    )
    assert len(set(map(stack_key, cells))) == 1
    for record, one in zip(fit(Batch(cells, points=(0, 6)), pools), cells, strict=True):
        assert alike(record, fit(Batch((one,), points=(0, 6)), pools)[0])


def test_out_of_memory_halves_the_stack(monkeypatch):
    cells = numbered(cell(seed=s) for s in range(5))
    whole, sizes, train = fit(Batch(cells), pools), [], fit_module.train_stack

    def small(cells, *args, **kwargs):
        sizes.append(len(cells))
        if len(cells) > 2:
            raise torch.OutOfMemoryError
        return train(cells, *args, **kwargs)

    monkeypatch.setattr(fit_module, "train_stack", small)
    halved = fit(Batch(cells), pools)
    assert sizes == [5, 3, 2, 1, 2]
    assert all(alike(*pair) for pair in zip(whole, halved, strict=True))


def test_one_cell_out_of_memory_is_an_error(monkeypatch):
    def never(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(fit_module, "train_stack", never)
    with pytest.raises(torch.OutOfMemoryError):
        fit(Batch((cell(),)), pools)


def test_nothing_global_changes():
    def state():
        generators = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()  # noqa: NPY002
        return (
            float(torch.tensor(1e-40) * 1.0),
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            generators,
        )

    before = state()
    fit(Batch((cell(terms=(Dropout(rate=0.2),)),)), pools)
    assert state() == before
