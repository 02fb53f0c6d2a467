"""A worker that is killed in the middle of long cells: others continue where it was."""

import os
import signal
from pathlib import Path

import attrs
import pytest

from ddspec.execution.capacity import Resources
from ddspec.execution.events import Retried
from ddspec.execution.execute import execute
from ddspec.execution.keeping import keeper_of
from ddspec.execution.options import Options
from ddspec.execution.ray_session import quiet_ray, resources
from ddspec.execution.worker import train
from ddspec.plan.batch import Batch
from ddspec.plan.expand import expand
from ddspec.results.checkpoints import Folder
from ddspec.vocabulary.schema import Duration
from tests.execution.batches import alike, finished
from tests.results.made import curve
from tests.results.test_checkpoints import made

pytestmark = pytest.mark.slow

LONG = 900  # steps


def long_batch():
    (one,) = expand(curve(widths=(3,), seeds=(0,))).cells([0])
    train = attrs.evolve(one.train, duration=Duration(LONG, "steps"))
    return Batch((attrs.evolve(one, train=train),), "steps", (1, 300))


@attrs.define
class Deadly:
    """Keeps checkpoints, and kills this process at the third of a cell that had none."""

    keeper: object
    marks: Path
    saves: int = 0

    def load(self, cells):
        found = self.keeper.load(cells)
        self.saves = 3 if found else 0
        for cell in cells:
            with (self.marks / f"begun {cell}").open("a") as file:
                file.write(f"{found[cell].step if cell in found else 0}\n")
        return found

    def save(self, checkpoints, *, kept):
        self.keeper.save(checkpoints, kept=kept)
        self.saves += 1
        if self.saves == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    def asked(self):
        return self.keeper.asked()


def test_after_kill_9_of_a_worker_its_cell_continues_with_the_same_bits(two_nodes, tmp_path):
    batch = long_batch()
    whole = finished(execute([batch], Options(local=True)))

    def fit(batch, pools, device, keeping):
        deadly = Deadly(keeping.keeper, tmp_path)
        return train(batch, pools, device, attrs.evolve(keeping, keeper=deadly))

    options = Options(checkpoint_every=1e-9)
    events = list(execute([batch], options, fit=fit, keeper=Folder(tmp_path / "kept")))
    assert sum(isinstance(event, Retried) for event in events) == 1
    (cell,) = batch.cells
    assert alike(whole[cell.id], finished(events)[cell.id])
    assert (tmp_path / f"begun {cell.id}").read_text().split() == ["0", "128"]


def test_an_actor_keeps_for_other_machines_and_its_death_costs_checkpoints_only(
    two_nodes, tmp_path, capsys
):
    folder = Folder(tmp_path / "kept")
    with keeper_of(folder, Options(), resources(quiet_ray())) as (courier, told):
        assert not told
        away = attrs.evolve(courier, node="another")
        away.save([made()], kept=False)
        assert [file.name for file in folder.running()] == [made().cell]
        assert away.load([made().cell])[made().cell].step == made().step
        folder.ask()
        assert away.asked() > 0
        quiet_ray().kill(away.actor)
        assert away.load([made().cell]) == {}
        assert "checkpoints are out of reach" in capsys.readouterr().err


def test_on_one_machine_there_is_no_actor(two_nodes, tmp_path):
    one = Resources(resources(quiet_ray()).nodes[:1])
    with keeper_of(Folder(tmp_path), Options(), one) as (courier, _):
        assert courier.actor is None


def test_through_ray_client_there_are_none_and_it_is_said(two_nodes, tmp_path, monkeypatch):
    ray = quiet_ray()
    monkeypatch.setattr(ray.util.client.ray, "is_connected", lambda: True)
    with keeper_of(Folder(tmp_path), Options(), resources(ray)) as (keeper, told):
        assert keeper is None
        assert "no checkpoints are kept through ray://" in told[0].text
