"""How long training takes and on how much at a time: `batch: full`, `batch` in rates, `until`."""

import pytest

from ddspec.language.parser import parse
from ddspec.language.printer import print_file
from ddspec.language.tree import Hole
from ddspec.plan.expand import expand
from ddspec.plan.identity import canonical
from ddspec.vocabulary import registry
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.warmup import Warmup
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.stoppings.train_error import TrainError
from ddspec.vocabulary.stoppings.train_loss import TrainLoss
from tests.spec.specs import codes, experiment, trained


def train(sweep="", until=None, **changes):
    """The procedures of a trained experiment, along its axes."""
    text = trained(sweep, **changes)
    if until is not None:
        text = text.replace("  for: ", f"  until:     {until}\n  for: ")
    return experiment(text).train.values


def rates(sweep="", **changes):
    return [procedure.optimizer.lr for procedure in train(sweep, **changes)]


def steps(count):
    return Duration(count, "steps")


def ids(**changes):
    return expand(experiment(trained(**changes))).ids


# --- batch: full ------------------------------------------------------------------------------


def test_a_full_batch_is_as_many_samples_as_there_are():
    (one,) = train(batch="full", samples=700)
    assert one.batch == 700
    assert one.duration == steps(10)  # an epoch is a step


def test_a_full_batch_follows_an_axis_of_samples():
    found = train("n in {500, 700}", batch="full", samples="n")
    assert [procedure.batch for procedure in found] == [500, 700]


def test_a_full_batch_means_the_same_as_its_number():
    assert ids(batch="full", samples=700) == ids(batch="700 samples", samples=700)


@pytest.mark.parametrize("batch", ["b", "(b)", "if width > 4 then full else full"])
def test_a_full_batch_may_have_a_name(batch):
    (one, *_) = train("width in {8, 16}", batch=batch, top="let b = full", hidden="[width]")
    assert one.batch == 1000


def test_a_full_batch_is_a_point_of_an_axis():
    found = experiment(trained("batch in {32, 128, full}", batch="batch"))
    assert [procedure.batch for procedure in found.train.values] == [32, 128, 1000]
    assert [axis.labels for axis in found.axes] == [("32", "128", "full")]


def test_a_full_batch_printed_is_a_full_batch():
    text = trained("batch in {32, full}", batch="batch")
    printed = print_file(parse(text, "spec.dd")[0])
    assert experiment(printed).train.values == experiment(text).train.values


# --- batch in rates ---------------------------------------------------------------------------


def test_a_rate_is_scaled_by_the_batch_of_its_block():
    assert rates(batch="256 samples", lr="0.1 * batch / 128") == [Constant(rate=0.2)]
    assert rates(batch="256", lr="0.1 * batch / 128") == [Constant(rate=0.2)]
    assert rates(batch="256 samples", lr="0.1 * batch / 128 samples") == [Constant(rate=0.2)]


def test_a_rate_is_scaled_by_an_axis_of_batches():
    scaled = [Constant(rate=0.05), Constant(rate=0.2)]
    assert rates("batch in {64, 256}", batch="batch", lr="0.1 * batch / 128") == scaled
    assert rates("b in {64, 256}", batch="b", lr="0.1 * batch / 128") == scaled
    assert rates("b in {64, 256} samples", batch="b", lr="0.1 * batch / 128 samples") == scaled


def test_another_batch_scales_the_rate_anew():
    changed = "fit with { batch: 256 samples }"
    assert rates(batch="128 samples", lr="0.1 * batch / 128", train=changed) == [Constant(rate=0.2)]


def test_what_is_called_batch_elsewhere_keeps_its_meaning():
    named = rates(batch="256 samples", lr="batch / 10", top="let batch = 1")
    assert named == [Constant(rate=0.1)]
    axis = rates("batch in {1, 2}", batch="256 samples", lr="batch / 10")
    assert axis == [Constant(rate=0.1), Constant(rate=0.2)]


def test_a_declared_optimizer_knows_no_batch():
    top = "optimizer o = sgd(lr: 0.1 * batch / 128)"
    text = trained(batch="128 samples", top=top)
    assert codes(text.replace("optimizer: sgd(lr: 0.1)\n", "optimizer: o\n")) == ["DD101"]


# --- until ------------------------------------------------------------------------------------


def test_a_comparison_ends_training():
    (one,) = train(until="train_error <= 1%")
    assert one.until == TrainError(at_most=0.01, every=steps(10))
    (one,) = train(until="train_loss <= 0.5")
    assert one.until == TrainLoss(at_most=0.5, every=steps(10))


def test_a_comparison_is_the_call_of_its_word():
    assert train(until="train_error <= 1%") == train(until="train_error(1%)")
    (one,) = train(until="train_error(1%, every: 20 steps)")
    assert one.until.every == steps(20)


def test_a_comparison_reads_axes_and_names():
    found = train("level in {0%, 1%}", until="train_error <= level")
    assert [procedure.until.at_most for procedure in found] == [0.0, 0.01]
    (one,) = train(until="stop", top="stopping stop = train_error <= 1%")
    assert one.until.at_most == 0.01


def test_an_axis_has_several_ends_and_none():
    found = train("end in {none, train_error <= 0%, train_loss <= 1}", until="end")
    kinds = [type(procedure.until) for procedure in found]
    assert kinds == [type(None), TrainError, TrainLoss]


def test_no_end_means_what_it_meant_before():
    (one,) = train(until="none")
    assert one == train()[0]
    assert "until" not in canonical(one)
    (ended,) = train(until="train_error <= 1%")
    assert '"until":{"at_most":0.01,"every":{"steps":10},"word":"train_error@1"}' in canonical(
        ended
    )


def test_a_comparison_printed_is_the_comparison():
    text = trained().replace("  for: ", "  until:     train_error <= 1%\n  for: ")
    printed = print_file(parse(text, "spec.dd")[0])
    assert "until:     train_error <= 1%" in printed
    assert experiment(printed).train.values == experiment(text).train.values


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("test_error <= 1%", "DD405"),
        ("test_loss <= 1", "DD405"),
        ("validation_error <= 1%", "DD405"),
        ("train_error < 1%", "DD204"),
        ("train_error == 0%", "DD204"),
        ("1% >= train_error", "DD204"),
        ("0.01", "DD204"),
        ("train_eror <= 1%", "DD101"),
        ("train_error <= 120%", "DD302"),
        ("train_error", "DD106"),
    ],
)
def test_what_cannot_end_training_is_told(until, code):
    text = trained().replace("  for: ", f"  until:     {until}\n  for: ")
    assert codes(text) == [code]


# --- lists ------------------------------------------------------------------------------------


def test_lengths_in_a_list_have_units_of_their_own():
    (rate,) = rates(lr="multi_step(1, factor: 0.1, at: [2 epochs, 50 steps])")
    assert rate.at == (steps(20), steps(50))


def test_lists_of_lengths_are_points_of_an_axis():
    found = rates("t in {[2 epochs], [3 steps]}", lr="multi_step(1, factor: 0.1, at: t)")
    assert [rate.at for rate in found] == [(steps(20),), (steps(3),)]


@pytest.mark.parametrize(
    ("at", "code"), [("[2]", "DD201"), ("[0 epochs]", "DD302"), ("[1.5 epochs]", "DD203")]
)
def test_a_length_in_a_list_needs_a_unit_and_a_whole_number(at, code):
    assert codes(trained(lr=f"multi_step(1, factor: 0.1, at: {at})")) == [code]


def test_numbers_in_a_list_are_floats_and_make_one_id():
    (one,) = train(lr="0.1, layer_lr: [1, 0.5]")
    assert one.optimizer.layer_lr == (1.0, 0.5)
    assert ids(lr="0.1, layer_lr: [1, 0.5]") == ids(lr="0.1, layer_lr: [1.0, 50%]")


def test_a_warm_up_leads_into_any_schedule():
    (rate,) = rates(lr="warmup(2 epochs, into: cosine(0.1))")
    assert rate == Warmup(over=steps(20), into=Cosine(rate=0.1))
    assert rate.looks_ahead
    assert codes(trained("epochs in {1, 5}", lr="warmup(2 epochs, into: cosine(0.1))")) == ["DD510"]
    assert not codes(trained("epochs in {1, 5}", lr="warmup(2 epochs, into: inverse(0.1))"))


@pytest.mark.parametrize("kind", registry.FOLDERS)
def test_every_argument_can_be_written(kind):
    """A word of the language, such as `then`, is no name of an argument."""
    for name in registry.names(kind):
        for parameter in registry.find(kind, name).parameters_of():
            file, *_ = parse(f"dd 1\nlet x = {name}({parameter.name}: 1)\n", "spec.dd")
            assert not any(isinstance(each, Hole) for each in file.statements), parameter.name


def test_a_schedule_takes_the_place_of_momentum():
    (one,) = train(lr="0.1, momentum_schedule: ramp(0.5, last: 0.9, amount: 0.02)")
    assert one.optimizer.paces["momentum_schedule"].every == steps(10)
    assert "momentum_schedule" not in canonical(train()[0])
