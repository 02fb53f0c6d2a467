"""What a profile asks for happens on real nodes: shared cards, processors beside them, nodes that
join, data that travel once, and the same readings whoever computes them."""

import contextlib
import os
import time

import pytest
import ray

from ddspec import pipeline
from ddspec.errors import DdspecError
from ddspec.execution import cluster as crews
from ddspec.execution.capacity import Share
from ddspec.execution.events import Finished, Started
from ddspec.execution.execute import execute
from ddspec.execution.options import Options
from ddspec.execution.profile import Profile
from ddspec.execution.ray_session import quiet_ray
from ddspec.execution.scaling import requested
from tests.execution.batches import DIGITS, cells, finished, read, split

pytestmark = pytest.mark.slow

SPEC = """dd 1
train quick {
  optimizer: sgd(lr: 0.05, momentum: 0.9)
  loss:      mse
  batch:     4 samples
  for:       9 epochs
}
experiment solved {
  dataset: linear_gaussian(samples: 10, features: 4, noise_std: 1)
  architecture: linear(features: p)
  train: least_squares()
  sweep {
    p in 1..3
    seed in 0..<2
  }
}
experiment trained {
  dataset: linear_gaussian(samples: 12, features: 3, test: 20, noise_std: noise)
  architecture: mlp(hidden: [width])
  regularizer: reg
  train: quick
  sweep {
    width in {2, 3, 5}
    noise in {0.1, 1}
    reg in subsets(l2(1e-2))
    epochs in {1, 4, 9} epochs
    seed in 0..<3
  }
}
"""
OF_THE_RUN = {"seconds"}  # says how it was computed, not what


def noted(folder, **facts):
    """A file for what a worker sees."""
    name = "-".join(f"{key}={value}" for key, value in facts.items())
    (folder / name).touch()


def facts(folder):
    return [dict(pair.split("=") for pair in path.name.split("-")) for path in folder.iterdir()]


@pytest.fixture
def joined(cluster):
    """Adds nodes to the cluster, which leave it after the test."""
    nodes = []

    def add(**has):
        nodes.append(cluster.add_node(**has))
        cluster.wait_for_nodes()
        return nodes[-1].node_id

    yield add
    for node in nodes:
        cluster.remove_node(node)


def seen_by(folder, workers=1):
    """A fit that leaves where it trains and on what, and waits until so many workers have."""

    def fit(batch, pools, device):
        from ddspec.execution import worker

        worker.device_name = str  # there is no card that could say its name
        context = quiet_ray().get_runtime_context()
        card = os.environ.get("CUDA_VISIBLE_DEVICES", "") if device == "cuda" else ""
        own = {"pid": os.getpid(), "nice": os.nice(0)}
        noted(folder, device=device, card=card, node=context.get_node_id(), **own)
        until = time.monotonic() + 60
        while len(list(folder.iterdir())) < workers and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(0.2)
        return tuple(map(read, batch.cells))

    return fit


def test_one_worker_three_nodes_and_this_process_give_one_dataset(cluster, joined, tmp_path):
    """Bit for bit, but for how long it took and by whom."""
    (tmp_path / "same.dd").write_text(SPEC)
    spec = str(tmp_path / "same.dd")
    here = pipeline.run(spec, tmp_path / "here", local=True)
    joined(num_cpus=1)
    alone = pipeline.run(spec, tmp_path / "alone", workers=1)
    three = pipeline.run(spec, tmp_path / "three", workers=3)
    assert here.counts["done"] == 42
    for name, one in here.datasets.items():
        for other in (alone.datasets[name], three.datasets[name]):
            assert set(one.variables) == set(other.variables)
            for variable in set(one.variables) - OF_THE_RUN:
                mine, theirs = one[variable], other[variable]
                assert mine.dtype == theirs.dtype, variable
                assert mine.dims == theirs.dims, variable
                assert mine.values.tobytes() == theirs.values.tobytes(), variable


def test_two_workers_share_a_card_and_two_processors_train_beside_them(joined, tmp_path):
    joined(num_cpus=4, num_gpus=1, resources={"fast": 4})
    profile = Profile(gpus_per_worker=1 / 2, cpu_workers=2, resources={"fast": 1.0})
    options = Options(workers=2, profile=profile)
    events = list(execute(split(cells(16), 1), options, fit=seen_by(tmp_path, 4)))
    assert events[0].workers == 4
    assert {record.status for record in finished(events).values()} == {"done"}
    found = facts(tmp_path)
    assert len({each["node"] for each in found}) == 1
    places = sorted((each["device"], each["card"]) for each in found)
    assert places == [("cpu", "")] * 2 + [("cuda", "0")] * 2
    assert {each["nice"] for each in found} == {str(os.nice(0))}  # no more than the driver's own


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(profile=Profile(gpus_per_worker=1.0)), "needs 1 processor and 1 graphics card,"),
        (Options(profile=Profile(cpus_per_worker=2)), "needs 2 processors, .* room for 0"),
        (Options(profile=Profile(resources={"tpu": 1})), "needs 1 processor and 1 tpu, "),
        (Options(profile=Profile(labels={"zone": "a"})), "needs 1 processor with zone = a, "),
        (Options(workers=9), "9 workers need 1 processor each, .* has room for [23]"),
    ],
)
def test_what_no_node_has_is_refused_at_once(two_nodes, options, said):
    began = time.monotonic()
    with pytest.raises(DdspecError, match=said):
        list(execute(split(cells(2), 1), options))
    assert time.monotonic() - began < 5


def test_a_node_that_joins_is_used(joined, tmp_path, monkeypatch):
    monkeypatch.setattr(crews, "LOOK_SECONDS", 0.2)
    new, done = "", {}
    for event in execute(split(cells(400), 4), fit=seen_by(tmp_path)):
        if isinstance(event, Finished):
            done |= {record.cell: record.status for record in event.records}
            new = new or joined(num_cpus=1)
            if any(each["node"] == new for each in facts(tmp_path)):
                break
    assert any(each["node"] == new for each in facts(tmp_path))
    assert set(done.values()) == {"done"}


def test_a_shared_pool_travels_once_to_each_node(cluster, joined, tmp_path, monkeypatch):
    """Four workers on two more nodes hold one copy a node, which they read where it lies."""
    stored = []
    put = ray.put
    monkeypatch.setattr(ray, "put", lambda value: stored.append(put(value)) or stored[-1])
    nodes = {joined(num_cpus=2, resources={"here": 2}) for _ in range(2)}

    def seen(batch, pools, device):
        pool = pools(batch.cells[0].dataset, 0)
        node = quiet_ray().get_runtime_context().get_node_id()
        noted(tmp_path, node=node, copied=pool.train_inputs.flags.writeable)
        time.sleep(0.3)
        return tuple(map(read, batch.cells))

    options = Options(workers=4, profile=Profile(resources={"here": 1.0}))
    for event in execute(split(cells(16, DIGITS), 1), options, fit=seen):
        if isinstance(event, Started):
            assert event.workers == 4
        elif len(stored) == 1:
            places = ray.experimental.get_object_locations(stored)[stored[0]]["node_ids"]
    assert {(each["node"], each["copied"]) for each in facts(tmp_path)} == {
        (node, "False") for node in nodes
    }
    assert nodes <= set(places)
    assert len(places) == len(set(places)) <= 3  # the driver's node, and one copy on each other


def test_a_request_to_an_autoscaler_ends_with_the_run(two_nodes):
    from ray._private import ray_constants
    from ray.experimental.internal_kv import _internal_kv_get

    def asked():
        return _internal_kv_get(ray_constants.AUTOSCALER_RESOURCE_REQUEST_CHANNEL)

    request = requested([Share(2, cpus=3), Share(1, 1 / 3)])
    with contextlib.suppress(RuntimeError), request:
        assert asked().count(b'"CPU": 3') == 2
        assert b"0.3333" in asked()
        raise RuntimeError
    assert b"CPU" not in asked()
