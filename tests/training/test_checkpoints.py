"""A run that continues from a checkpoint has the bits of one that was never interrupted."""

import pytest

from ddspec.plan.batch import Batch
from ddspec.results.checkpoints import Folder
from ddspec.training import stack as stack_module
from ddspec.training.checkpoint import Keeping
from ddspec.training.fit import fit
from ddspec.vocabulary.measures.distance_to_init import DistanceToInit
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
from ddspec.vocabulary.schema import Duration
from ddspec.vocabulary.stoppings.train_loss import TrainLoss
from tests.training.made import cell, data, descent, numbered, pools

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


@pytest.mark.parametrize("way", ["native", "eager"])
@pytest.mark.parametrize("setting", SETTINGS)
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
