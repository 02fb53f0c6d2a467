"""A run that continues from a checkpoint has the bits of one that was never interrupted."""

from itertools import product

import attrs
import numpy as np
import pytest

from ddspec.plan.batch import Batch
from ddspec.plan.origins import mark_of
from ddspec.plan.trajectory import recorded_as, trajectory
from ddspec.results.checkpoints import Folder
from ddspec.training import stack as stack_module
from ddspec.training.checkpoint import Keeping
from ddspec.training.fit import fit
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.losses.mse import Mse
from ddspec.vocabulary.measures.distance_to_init import DistanceToInit
from ddspec.vocabulary.measures.pac_bayes_flatness import PacBayesFlatness
from ddspec.vocabulary.measures.weight_norm import WeightNorm
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.optimizers.sgd import Sgd
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.early_stopping import EarlyStopping
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.regularizers.weight_averaging import WeightAveraging
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schedules.cosine import Cosine
from ddspec.vocabulary.schedules.exponential import Exponential
from ddspec.vocabulary.schedules.inverse import Inverse
from ddspec.vocabulary.schedules.inverse_sqrt import InverseSqrt
from ddspec.vocabulary.schedules.linear import Linear
from ddspec.vocabulary.schedules.multi_step import MultiStep
from ddspec.vocabulary.schedules.one_cycle import OneCycle
from ddspec.vocabulary.schedules.warmup import Warmup
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.stoppings.train_loss import TrainLoss
from tests.training.made import cell, data, descent, numbered, pools
from tests.training.test_succession import chain

ADAM = Adam(lr=Constant(rate=0.02))
MOMENTUM = Sgd(lr=Constant(rate=0.05), momentum=0.9)
LONG = 45  # epochs of 4 steps: two blocks of indices and a part


class KilledError(Exception):
    """The process ends here."""


class Steps(list):
    """Every (first, last) that a stack trains."""

    @property
    def total(self):
        return sum(last - first for first, last in self)


@pytest.fixture
def steps(monkeypatch):
    found, train = Steps(), stack_module.Stack._train

    def counted(self, models, first, last):
        found.append((first, last))
        return train(self, models, first, last)

    monkeypatch.setattr(stack_module.Stack, "_train", counted)
    return found


class Dying(Folder):
    """Keeps checkpoints until it has saved so many times; then the process is killed."""

    def __init__(self, path, saves):
        super().__init__(path)
        object.__setattr__(self, "left", saves)

    def save(self, checkpoints, *, kept):
        super().save(checkpoints, kept=kept)
        object.__setattr__(self, "left", self.left - 1)
        if not self.left:
            raise KilledError


def alike(ones, others):
    for one, other in zip(ones, others, strict=True):
        assert one.points.tolist() == other.points.tolist()
        assert (one.status, one.stop, one.unit) == (other.status, other.stop, other.unit)
        assert one.series.keys() == other.series.keys()
        for name, values in one.series.items():
            assert values.tobytes() == other.series[name].tobytes(), name
    return True


def killed_and_resumed(batch, path, saves=2):
    """The records of a batch that was killed after so many saves, and continued."""
    with pytest.raises(KilledError):
        fit(batch, pools, "cpu", Keeping(Dying(path, saves), every=0.0))
    return fit(batch, pools, "cpu", Keeping(Folder(path), every=None))


def lasting(precision="float64", epochs=LONG, optimizer=None, **changes):
    return descent(optimizer, epochs, precision=precision, **changes)


SETTINGS = {
    "plain": ((), {}, {}),
    "float32": ((), {"precision": "float32"}, {}),
    "momentum": ((L2(strength=0.01),), {"optimizer": MOMENTUM}, {}),
    "adam": ((BatchNorm(), Dropout(rate=0.3)), {"optimizer": ADAM, "precision": "float32"}, {}),
    "averaging": ((WeightAveraging(after=20, every=3), BatchNorm()), {"optimizer": ADAM}, {}),
    "early": ((EarlyStopping(patience=3, every=Duration(3, "epochs")),), {"optimizer": ADAM},
              {"validation": 20}),
    "until": ((), {"optimizer": ADAM, "until": TrainLoss(at_most=0.5)}, {}),
    "schedule": ((), {"optimizer": Sgd(lr=Cosine(rate=0.1))}, {}),
    "short minibatch": ((BatchNorm(),), {"optimizer": ADAM}, {"samples": 27}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "way"),
    [
        *product(sorted(SETTINGS.keys() - {"averaging"}), ["native"]),
        *product(("adam", "averaging", "early"), ["eager"]),
    ],
)
def test_a_resumed_run_has_the_bits_of_an_undisturbed_one(setting, way, tmp_path, steps):
    terms, changes, of_data = SETTINGS[setting]
    cells = numbered(
        cell(data(**{"samples": 30, "noise": 0.2} | of_data), terms, lasting(**changes), seed)
        for seed in range(3)
    )
    measures = {"norm": WeightNorm(), "moved": DistanceToInit()}
    ways = (way,) if way == "eager" else ("native", "eager")
    batch = Batch(cells, points=(0, 1, 5, 20, 33, LONG), measures=measures, ways=ways)
    whole = fit(batch, pools)
    steps.clear()
    resumed = killed_and_resumed(batch, tmp_path, saves=4)
    assert alike(resumed, whole)
    begins = [first for first, _ in steps if first == 0]
    assert len(begins) == 1  # the second time it began later


def test_float64_is_kept_in_full(tmp_path):
    cells = numbered(cell(train=lasting(epochs=30)) for _ in range(1))
    run_to_the_end(Batch(cells), tmp_path)
    (found,) = Folder(tmp_path, {"0": kept(tmp_path)[0]}).load(["0"]).values()
    assert found.arrays["weights"].dtype == np.float64
    assert found.final


def run_to_the_end(batch, path):
    """The records of a batch whose last checkpoints are kept."""
    return fit(batch, pools, "cpu", Keeping(Folder(path), every=None, final=True))


def kept(path):
    return list(Folder(path).kept())


def continued(batch, path):
    """The records of a batch whose cells continue from what is kept of their trajectories."""
    keys = {trajectory(each): each.id for each in batch.cells}
    begun = {keys[file.name.split(".")[0]]: file for file in kept(path)}
    assert begun.keys() == {each.id for each in batch.cells}
    return fit(batch, pools, "cpu", Keeping(Folder(path, begun), every=None))


def test_cells_of_different_lengths_continue_together(tmp_path, steps):
    cells = numbered(cell(train=lasting(epochs=epochs), seed=epochs) for epochs in (20, 45, 40))
    batch = Batch(cells, points=(1, 20, 30))
    whole = fit(batch, pools)
    taken = steps.total
    assert taken == 45 * 4
    steps.clear()
    assert alike(killed_and_resumed(batch, tmp_path, saves=5), whole)
    assert steps.total == taken


def test_trained_cells_of_a_batch_that_was_killed_are_not_trained_again(tmp_path, steps):
    cells = numbered(cell(train=lasting("float32"), seed=seed) for seed in range(4))
    batch = Batch(cells, points=(3,), ways=("eager",), stack=2)
    whole = fit(batch, pools)
    steps.clear()
    with pytest.raises(KilledError):
        fit(batch, pools, "cpu", Keeping(Dying(tmp_path, 6), every=0.0))
    assert [first for first, _ in steps].count(0) == 2
    steps.clear()
    assert alike(fit(batch, pools, "cpu", Keeping(Folder(tmp_path))), whole)
    assert 0 < steps.total < 180


def test_a_chain_continues_at_its_last_cell(tmp_path, steps):
    cells = []
    for one in chain():
        train = attrs.evolve(one.train, duration=Duration(90, "steps"))
        cells.append(attrs.evolve(one, train=train, before=cells[-1] if cells else None))
    batch = Batch(tuple(cells), ways=("eager",))
    whole = fit(batch, pools)
    steps.clear()
    assert alike(killed_and_resumed(batch, tmp_path, saves=3), whole)
    assert steps == [(0, 64), (64, 90)] * 3  # the last two of them by two processes


def test_seconds_add_up(tmp_path):
    batch = Batch(numbered(cell(train=lasting(), seed=seed) for seed in range(2)))
    with pytest.raises(KilledError):
        fit(batch, pools, "cpu", Keeping(Dying(tmp_path, 2), every=0.0))
    folder = Folder(tmp_path)
    found = list(folder.load(["0", "1"]).values())
    assert all(0 < each.seconds < 100 for each in found)
    folder.save([attrs.evolve(each, seconds=1000.0) for each in found], kept=False)
    after = fit(batch, pools, "cpu", Keeping(folder))
    assert all(1000 < each.seconds < 1100 for each in after)


# --- longer training, more measures -----------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "way"),
    [*product(("early", "until", "short minibatch"), ["native"]), ("averaging", "eager")],
)
def test_longer_training_continues_and_has_the_bits_of_a_straight_one(
    setting, way, tmp_path, steps
):
    terms, changes, of_data = SETTINGS[setting]
    samples = data(**{"samples": 30, "noise": 0.2} | of_data)
    ways = (way,) if way == "eager" else ("native", "eager")

    def batch(epochs):
        trains = lasting(epochs=epochs, **changes)
        cells = numbered(cell(samples, terms, trains, seed) for seed in range(3))
        return Batch(cells, points=(0, 2), measures={"norm": WeightNorm()}, ways=ways)

    straight = fit(batch(60), pools)
    run_to_the_end(batch(35), tmp_path)
    steps.clear()
    assert alike(continued(batch(60), tmp_path), straight)
    assert min(first for first, _ in steps) == 35 * 4 if steps else setting in ("until", "early")


SCHEDULES = {
    "constant": (Constant(rate=0.1), True),
    "exponential": (Exponential(rate=0.1, factor=0.97, every=Duration(4, "steps")), True),
    "inverse": (Inverse(rate=0.1), True),
    "inverse_sqrt": (InverseSqrt(rate=0.1), True),
    "multi_step": (MultiStep(rate=0.1, factor=0.1, at=(Duration(9, "steps"),)), True),
    "warmup": (Warmup(into=Constant(rate=0.1), over=Duration(9, "steps")), True),
    "warmup to cosine": (Warmup(into=Cosine(rate=0.1), over=Duration(9, "steps")), False),
    "cosine": (Cosine(rate=0.1), False),
    "linear": (Linear(rate=0.1), False),
    "one_cycle": (OneCycle(rate=0.1), False),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_only_schedules_that_do_not_look_ahead_continue(name, tmp_path, steps):
    schedule, same = SCHEDULES[name]

    def batch(epochs):
        return Batch(numbered([cell(train=lasting(epochs=epochs, optimizer=Sgd(lr=schedule)))]))

    straight = fit(batch(20), pools)
    run_to_the_end(batch(10), tmp_path)
    steps.clear()
    assert alike(continued(batch(20), tmp_path), straight)
    assert steps.total == (40 if same else 80)


def test_readings_of_before_a_checkpoint_must_be_in_it(tmp_path, steps):
    def batch(epochs, points):
        return Batch(numbered([cell(train=lasting(epochs=epochs))]), points=points)

    run_to_the_end(batch(10, (3,)), tmp_path)
    for points, taken in (((3, 10, 15), 40), ((3,), 40), ((3, 5), 80), ((0,), 80)):
        straight = fit(batch(20, points), pools)
        steps.clear()
        assert alike(continued(batch(20, points), tmp_path), straight)
        assert steps.total == taken


@pytest.mark.parametrize("terms", [(BatchNorm(), Dropout(rate=0.3)), (WeightAveraging(),)])
def test_a_measure_is_read_from_the_last_checkpoint_without_training(terms, tmp_path, steps):
    def batch(measures):
        cells = numbered(cell(terms=terms, train=lasting("float32"), seed=seed) for seed in (0, 1))
        return Batch(cells, measures=measures)

    plain = {"norm": WeightNorm()}
    more = plain | {"moved": DistanceToInit(), "flat": PacBayesFlatness()}
    anew = fit(batch(more), pools)
    assert alike(run_to_the_end(batch(plain), tmp_path), fit(batch(plain), pools))
    steps.clear()
    assert alike(continued(batch(more), tmp_path), anew)
    assert not steps


def test_a_measure_of_the_way_there_trains_again(tmp_path, steps):
    def batch(measures):
        return Batch(numbered([cell(train=lasting())]), points=(5,), measures=measures)

    run_to_the_end(batch({}), tmp_path)
    anew = fit(batch({"norm": WeightNorm()}), pools)
    steps.clear()
    assert alike(continued(batch({"norm": WeightNorm()}), tmp_path), anew)
    assert steps.total == LONG * 4


def test_a_trajectory_differs_by_what_is_trained_and_not_by_its_length():
    one, longer = (cell(train=lasting(epochs=epochs)) for epochs in (10, 20))
    assert trajectory(one) == trajectory(longer)
    others = [
        cell(train=lasting(epochs=10), seed=1),
        cell(train=lasting("float32", epochs=10)),
        cell(data(29), train=lasting(epochs=10)),
        cell(terms=(L2(strength=0.1),), train=lasting(epochs=10)),
        cell(train=lasting(epochs=2)),  # whose few steps are taken otherwise
    ]
    assert len({trajectory(each) for each in (one, *others)}) == 1 + len(others)


# --- what must not be continued ---------------------------------------------------------------


def test_of_a_diverged_run_nothing_is_kept(tmp_path):
    trains = (lasting(loss=Mse(), optimizer=Sgd(lr=Constant(rate=r))) for r in (0.01, 1e40))
    batch = Batch(numbered(cell(train=train) for train in trains), points=(1, 2))
    records = run_to_the_end(batch, tmp_path)
    assert [each.status for each in records] == ["done", "diverged"]
    assert [file.name.partition(".")[2] for file in kept(tmp_path)] == ["0"]


def test_a_diverged_run_that_is_resumed_has_diverged_at_the_same_time(tmp_path):
    trains = (lasting(loss=Mse(), optimizer=Sgd(lr=Constant(rate=r))) for r in (0.01, 1e40))
    batch = Batch(numbered(cell(train=train) for train in trains), points=(0, 1, 7, 30))
    whole = fit(batch, pools)
    assert [each.status for each in whole] == ["done", "diverged"]
    assert alike(killed_and_resumed(batch, tmp_path, saves=3), whole)


@pytest.mark.parametrize("change", [{"way": "compiled"}, {"software": "ddspec 0"},
                                    {"device": "cuda"}, {"way": "eager"}])  # fmt: skip
def test_what_was_made_otherwise_is_continued_that_way_or_not_at_all(
    change, tmp_path, steps, capsys, monkeypatch
):
    monkeypatch.setattr("ddspec.training.stepping.cpp_compiler", lambda: None)
    batch = Batch(numbered([cell(train=lasting())]))
    whole = fit(batch, pools)
    with pytest.raises(KilledError):
        fit(batch, pools, "cpu", Keeping(Dying(tmp_path, 2), every=0.0))
    folder = Folder(tmp_path)
    (found,) = folder.load(["0"]).values()
    folder.save([attrs.evolve(found, **change)], kept=False)
    steps.clear()
    resumed = fit(batch, pools, "cpu", Keeping(folder))
    if change == {"way": "eager"}:
        assert steps[0][0] == found.step
        return
    assert steps[0][0] == 0
    assert alike(resumed, whole)
    assert "is not used, it trains from the start: " in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_not_used(tmp_path, steps, capsys):
    wide = cell(train=lasting(), architecture=Mlp(hidden=(9,)), name="0")
    with pytest.raises(KilledError):
        fit(Batch((wide,)), pools, "cpu", Keeping(Dying(tmp_path, 2), every=0.0))
    batch = Batch(numbered([cell(train=lasting())]))
    whole = fit(batch, pools)
    assert alike(fit(batch, pools, "cpu", Keeping(Folder(tmp_path))), whole)
    assert "of another network" in capsys.readouterr().err


def test_nothing_is_saved_before_it_is_time_or_when_it_never_is(tmp_path):
    batch = Batch(numbered([cell(train=lasting())]))
    for every in (None, 1000.0):
        fit(batch, pools, "cpu", Keeping(Folder(tmp_path), every=every))
    assert not list(tmp_path.iterdir())


def test_a_request_to_save_is_heard_at_the_next_pause(tmp_path, monkeypatch):
    monkeypatch.setattr("ddspec.training.saving.LOOK_SECONDS", 0.0)
    folder = Folder(tmp_path)
    asked = iter([0.0, 0.0, *[7.0] * 100])
    monkeypatch.setattr(Folder, "asked", lambda self: next(asked))
    fit(Batch(numbered([cell(train=lasting())])), pools, "cpu", Keeping(folder, every=1e9))
    assert folder.load(["0"])["0"].step == 128  # once, at the second of the pauses 64, 128


def test_a_word_of_ones_own_with_another_source_trains_another_trajectory(monkeypatch):
    one = cell(train=lasting())
    before, names = trajectory(one), recorded_as({"norm": WeightNorm()})
    assert names == {"norm": "norm"}
    own = attrs.evolve(mark_of(Mlp), source="0f3a")
    monkeypatch.setattr("ddspec.plan.trajectory.mark_of", lambda word: own)
    assert trajectory(one) != before
    assert recorded_as({"norm": WeightNorm()}) == {"norm": "norm:0f3a"}


def test_a_diverged_run_that_is_read_elsewhere_begins_anew(tmp_path):
    trains = (lasting(loss=Mse(), optimizer=Sgd(lr=Constant(rate=r))) for r in (0.01, 1e40))
    batch = Batch(numbered(cell(train=train) for train in trains), points=(0, 1, 30))
    with pytest.raises(KilledError):
        fit(batch, pools, "cpu", Keeping(Dying(tmp_path, 3), every=0.0))
    later = attrs.evolve(batch, points=(0, 30))
    whole = fit(later, pools)
    assert whole[1].stop > fit(batch, pools)[1].stop
    assert alike(fit(later, pools, "cpu", Keeping(Folder(tmp_path))), whole)
