"""Two processes that divide each minibatch give what one gives, in float64 to 1e-10."""

import attrs
import pytest
import torch
from torch import distributed, multiprocessing, nn

from ddspec.errors import DdspecError
from ddspec.training.checkpoint import Keeping
from ddspec.training.models import Kind
from ddspec.training.shared import Group, divided
from ddspec.training.sharing import Shared, keeping_of
from ddspec.vocabulary.architectures.cnn5 import Cnn5
from ddspec.vocabulary.architectures.mlp import Mlp
from ddspec.vocabulary.architectures.transformer import Transformer
from ddspec.vocabulary.optimizers.adam import Adam
from ddspec.vocabulary.regularizers.adversarial import Adversarial
from ddspec.vocabulary.regularizers.batch_norm import BatchNorm
from ddspec.vocabulary.regularizers.dropout import Dropout
from ddspec.vocabulary.regularizers.flooding import Flooding
from ddspec.vocabulary.regularizers.jacobian import Jacobian
from ddspec.vocabulary.regularizers.l1 import L1
from ddspec.vocabulary.regularizers.l2 import L2
from ddspec.vocabulary.regularizers.mixup import Mixup
from ddspec.vocabulary.regularizers.sam import Sam
from ddspec.vocabulary.schedules.constant import Constant
from ddspec.vocabulary.schema import Duration
from tests.training import made
from tests.training.made import cell, descent, stacked
from tests.training.test_structured import POOLS, Made

pytestmark = pytest.mark.slow

ADAM = descent(Adam(lr=Constant(rate=0.01)), batch=7)  # not a number that two divide
BRIEF = attrs.evolve(ADAM, duration=Duration(4, "steps"))
DROPS = (Dropout(rate=0.2, at="input"), Dropout(rate=0.3, at="hidden"))
CASES = {
    "mlp": ((L1(strength=1e-3), L2(strength=1e-2), *DROPS), Mlp(hidden=(7, 5)), "", ADAM),
    "cnn5": ((L2(strength=1e-2),), Cnn5(channels=2), "images", BRIEF),
    "cnn5 normalized": ((BatchNorm(), *DROPS), Cnn5(channels=2), "images", BRIEF),
    "transformer": (DROPS[1:], Transformer(d_model=8, heads=2, layers=1), "pairs", BRIEF),
    "mlp normalized": ((BatchNorm(), Sam(radius=0.05)), Mlp(hidden=(7, 5)), "", BRIEF),
    "of outputs": ((Flooding(level=1.0), Mixup(alpha=0.3)), Mlp(hidden=(5,)), "", BRIEF),
    "of slopes": (
        (Jacobian(strength=0.1), Adversarial(radius=0.1, steps=2), *DROPS[1:]),
        Mlp(hidden=(5,)),
        "",
        BRIEF,
    ),
}


def case(name):
    terms, network, what, train = CASES[name]
    data = Made(what=what, samples=30, test=30, pool_size=60) if what else made.data(30)
    return cell(data, terms, train, architecture=network)


def pool(dataset, _):
    return POOLS[dataset.what] if isinstance(dataset, Made) else made.CLASSES


def trained(name, group=None):
    """All numbers that a cell's run ends with, and those that were read of it."""
    made.pools, one = pool, case(name)
    (run,) = stacked([one], ways=("eager",), points=(1, 4), unit="steps", group=group)
    return {**run.weights, **run.buffers}, run.readings.series


class Held:
    """A keeper that has one checkpoint, and tells what it was given."""

    def __init__(self, held):
        self.held, self.given = held, []

    def load(self, cells):
        return {"one": self.held}

    def asked(self):
        return 7.0

    def save(self, checkpoints, *, kept):
        self.given += [(each.device, kept) for each in checkpoints]


@attrs.frozen
class Marked:
    device: str


def process(rank, folder):
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    group = Group.here()
    found = {name: trained(name, group) for name in CASES}
    devices = {}
    for device in ("cpu", "cpu x 2", "cpu x 3"):
        keeper = keeping_of(Keeping(Held(Marked(device)) if rank == 0 else None), group).keeper
        devices[device] = keeper.load(["one"])["one"].device
    torch.save((found, devices), f"{folder}/{rank}")
    distributed.barrier()
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """What two processes made of every case, and of checkpoints."""
    folder = tmp_path_factory.mktemp("pair")
    multiprocessing.spawn(process, (str(folder),), nprocs=2)
    return [torch.load(folder / str(rank), weights_only=False) for rank in range(2)]


@pytest.mark.parametrize("name", CASES)
def test_two_processes_give_what_one_gives(pair, name, monkeypatch):
    monkeypatch.setattr(made, "pools", pool)
    weights, series = trained(name)
    first, second = (found[name] for found, _ in pair)
    assert all(torch.equal(first[0][key], second[0][key]) for key in weights)
    for key, values in weights.items():
        torch.testing.assert_close(first[0][key], values, rtol=0, atol=1e-10)
    for key, values in series.items():
        assert abs(first[1][key] - values).max() < 1e-10, key
        assert abs(values[0] - values[1]) > 0 or "error" in key  # something was trained


def test_a_checkpoint_belongs_to_as_many_processes_as_made_it(pair):
    """So that a run that continues has the bits of one that was never interrupted."""
    for _, devices in pair:
        assert devices == {"cpu": "cpu x 1", "cpu x 2": "cpu", "cpu x 3": "cpu x 3"}


def test_the_first_process_saves_for_all():
    inner = Held(None)
    first, second = (keeping_of(Keeping(inner, 5.0, final=True), Group(n, 2)) for n in range(2))
    for one in (first, second):
        one.keeper.save([Marked("cuda")], kept=True)
    assert inner.given == [("cuda x 2", True)]
    assert [(one.every, one.final, one.keeper.asked()) for one in (first, second)] == [
        (5.0, True, 7.0),
        (None, False, 0.0),
    ]
    assert isinstance(first.keeper, Shared)


def test_torch_s_own_batch_normalization_is_refused():
    network = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    with pytest.raises(DdspecError, match="torch's own BatchNorm cannot be trained by several"):
        divided(Kind.of(cell(), network), Group(0, 2))
