"""Teams train a cell together on a cluster, as one process would, and survive their workers."""

import os
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import attrs
import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.execution import parallel
from ddspec.execution.capacity import Node, Resources, Share
from ddspec.execution.cluster import DIED
from ddspec.execution.events import Finished, Retried, Started
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.execution.parallel import RankError, teams
from ddspec.execution.profile import Profile
from ddspec.execution.ray_session import quiet_ray
from ddspec.execution.worker import train
from ddspec.plan.batch import Batch
from ddspec.plan.expand import expand
from tests.execution.batches import finished
from tests.results.made import curve, solved

NEEDED = pytest.mark.skipif(
    not all(map(find_spec, parallel.NEEDED)), reason="Ray Train is not installed"
)
PAIR = Profile(gpus_per_cell=2)


def machines(*cards, cpus=8):
    return Resources(tuple(Node(f"node-{n}", {"CPU": cpus, "GPU": c}) for n, c in enumerate(cards)))


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(parallel, "NEEDED", ())


# --- who is asked for -------------------------------------------------------------------------


def test_teams_take_whole_cards_of_one_or_several_nodes(installed):
    (share,) = teams(machines(4, 3), Options(profile=Profile(gpus_per_cell=2)), 100)
    assert (share.workers, share.gpus) == (6, 1.0)
    (few,) = teams(machines(4, 3), Options(profile=Profile(gpus_per_cell=2)), 2)
    assert few.workers == 4


def test_without_cards_a_team_is_of_processors(installed):
    (share,) = teams(machines(0, cpus=5), Options(profile=PAIR), 100)
    assert (share.workers, share.device) == (4, "cpu")


def test_a_cluster_too_small_for_a_team_is_refused_with_what_it_has(installed):
    with pytest.raises(DdspecError, match="a cell takes 4 workers at once") as caught:
        teams(machines(1, 2), Options(profile=Profile(gpus_per_cell=4)), 9)
    assert "node-1 has 8 processors and 2 graphics cards" in caught.value.help


@pytest.mark.parametrize("more", [{"gpus_per_worker": 0.5}, {"cpu_workers": 1}])
def test_teams_have_nothing_beside_whole_cards(installed, more):
    with pytest.raises(DdspecError, match="cells on 2 cards take whole cards"):
        teams(machines(4), Options(profile=attrs.evolve(PAIR, **more)), 9)


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(parallel, "NEEDED", ("numpy", "no_such_package"))
    with pytest.raises(DdspecError, match=r"which needs no_such_package$") as caught:
        teams(machines(4), Options(profile=PAIR), 9)
    assert caught.value.help == ("install them on every machine: pip install 'ddspec[train]'",)


# --- what went wrong --------------------------------------------------------------------------

GONE = RankError("RuntimeError: [gloo] Connection closed by peer [10.0.0.2]:4000", "exception")
POISON = RankError("ValueError: poison", "exception")
MEMORY = RankError("DistBackendError: NCCL error: out of memory", "oom")


@pytest.mark.parametrize(
    ("failures", "error", "cause", "died"),
    [
        ((GONE, POISON), POISON.text, "exception", False),
        ((POISON, GONE, MEMORY), MEMORY.text, "oom", False),
        ((GONE, GONE), f"{GONE}\n\n{GONE}\n\n{DIED}", "", True),
        ((GONE, ImportError("no module")), "no module", "exception", False),
    ],
)
def test_the_first_cause_is_told_from_what_others_made_of_it(failures, error, cause, died):
    verdict = parallel._failed(dict(enumerate(failures)))
    assert (verdict.answer.error, verdict.answer.cause, verdict.died) == (error, cause, died)


def test_a_process_that_died_is_no_fault_of_the_batch():
    dead = quiet_ray().exceptions.ActorDiedError()
    late = RuntimeError("A worker health check failed.")
    late.health_check_failure = dead
    assert parallel._failed({0: GONE, 1: dead}).died
    assert parallel._failed({1: late}).died
    assert not parallel._failed({0: POISON, 1: dead}).died


def test_cards_of_two_makes_are_refused():
    assert parallel._name("cuda:0", [("NVIDIA H200", "a"), ("NVIDIA H200", "b")]) == (
        "2 x NVIDIA H200 on a, b"
    )
    with pytest.raises(RankError, match="of one make: NVIDIA A100, NVIDIA H200"):
        parallel._name("cuda:0", [("NVIDIA H200", "a"), ("NVIDIA A100", "b")])


# --- on a cluster -----------------------------------------------------------------------------


def trouble(folder):
    """What a worker does, in whose second process something goes wrong twice."""

    def fit(batch, pools, device, group):
        before = len(list(folder.iterdir()))
        if group.rank == 1 and before < 2:
            time.sleep(4.0)  # what dies while a team begins is replaced by Ray Train itself
            (folder / str(before)).touch()
            if before == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("the second process fails")
        sys.stdout.write(f"said by {group.rank}\n")
        return train(batch, pools, device, None, group)

    return fit


@NEEDED
@pytest.mark.slow
def test_a_team_gives_what_one_process_does(tmp_path):
    """At the third time: first one of its workers is killed, then one raises."""
    results = Path.home() / "ray_results"
    before = results.exists()
    cell = expand(curve(widths=(5,))).cell(0)
    batches = [Batch((cell,), points=(1, 4), ways=("eager",))]
    alone = finished(execute(batches, Options(local=True)))[cell.id]
    options = Options(profile=PAIR, workers=2, retries=1)
    events = list(execute(batches, options, fit=trouble(tmp_path)))

    said = "ValueError: the second process fails"
    assert events[:-1] == [Started(1, "this machine"), Retried(1, DIED), Retried(1, said)]
    assert isinstance(events[-1], Finished)
    (record,) = events[-1].records
    assert (record.status, record.way, record.worker[:4]) == ("done", "eager", "2 x ")
    for name, values in alone.series.items():
        np.testing.assert_allclose(record.series[name], values, rtol=1e-5, atol=1e-6)
    assert events[-1].printed == "said by 0\n"
    assert results.exists() == before


def test_what_cannot_be_divided_is_left_to_one_worker(monkeypatch):
    monkeypatch.setattr(parallel.Foreman, "_train", lambda self, batch, size: size)
    foreman = parallel.Foreman(train, {}, None, Share(2), 2)
    plans = expand(curve(widths=(5,))), expand(solved())
    assert [foreman.answer(Batch((plan.cell(0),))) for plan in plans] == [2, 1]
