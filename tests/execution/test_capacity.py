"""Workers are as many as find room, and too many are refused with what the cluster has."""

import pytest

from ddspec.errors import DdspecError
from ddspec.execution.capacity import Node, Resources, Share, divide
from ddspec.execution.options import Options
from ddspec.execution.profile import Profile


def cluster(*nodes, **labels):
    """Nodes of (processors, cards), each with 8 GB."""
    return Resources(
        tuple(
            Node(f"node-{n}", {"CPU": cpus, "GPU": gpus, "memory": 8e9}, labels)
            for n, (cpus, gpus) in enumerate(nodes)
        )
    )


def options(workers=None, **profile):
    return Options(workers=workers, profile=Profile(**profile))


@pytest.mark.parametrize(
    ("nodes", "workers", "batches", "count", "gpus"),
    [
        ([(8, 0)], None, 100, 8, 0),
        ([(8, 0)], 3, 100, 3, 0),
        ([(8, 0)], None, 2, 2, 0),
        ([(32, 2), (32, 2)], None, 100, 4, 1),
        ([(32, 2), (32, 2)], 8, 100, 8, 1 / 2),
        ([(32, 2), (32, 2)], 6, 100, 6, 1 / 2),
        ([(32, 2), (32, 2)], 2, 100, 2, 1),
        ([(1, 2), (32, 2)], None, 100, 3, 1),  # a card without a processor is of no use
    ],
)
def test_workers_are_as_many_as_fit(nodes, workers, batches, count, gpus):
    (share,) = divide(cluster(*nodes), options(workers), batches)
    assert (share.workers, share.gpus) == (count, gpus)
    assert share.device == ("cuda" if gpus else "cpu")


@pytest.mark.parametrize("parts", range(1, 33))
def test_as_many_parts_of_a_card_as_there_should_be_fit_on_it(parts):
    claim = Share(1, 1 / parts).bundle["GPU"]
    units = round(claim * 10_000)
    assert abs(claim * 10_000 - units) < 1e-6  # Ray rounds what is finer, and not always down
    assert parts * units <= 10_000 < (parts + 1) * units
    assert Share(1, 1 / parts).of(cluster((100, 2)).nodes) == 2 * parts


def test_a_claim_must_lie_on_one_node():
    have = cluster((4, 0), (4, 0))
    assert divide(have, options(cpus_per_worker=3), 100)[0].workers == 2
    with pytest.raises(DdspecError, match=r"^1 worker needs 6 processors, .* has room for 0$"):
        divide(have, options(cpus_per_worker=6), 100)
    assert divide(have, options(memory_per_worker=5 * 10**9), 100)[0].workers == 2


def test_processors_beside_the_cards_are_counted_once():
    have = cluster((4, 2))
    shares = divide(have, options(cpu_workers=2), 100)
    assert [(share.workers, share.device) for share in shares] == [(2, "cuda"), (2, "cpu")]
    with pytest.raises(DdspecError, match=r"^3 workers need 1 processor each beside 2 with cards"):
        divide(have, options(cpu_workers=3), 100)
    assert len(divide(have, options(cpu_workers=2), 2)) == 1
    assert divide(cluster((4, 0)), options(cpu_workers=2), 100) == (Share(4),)


def test_what_is_refused_is_said_with_what_there_is():
    have = Resources(
        (
            Node("a", {"CPU": 8.0, "GPU": 1.0, "memory": 8e9, "fast": 1.0, "node:1": 1.0}),
            Node("b", {"object_store_memory": 2e9}, {"zone": "x", "ray.io/node-id": "7"}),
        )
    )
    profile = {"gpus_per_worker": 0.5, "memory_per_worker": 2 * 10**9, "labels": {"zone": "x"}}
    with pytest.raises(DdspecError) as caught:
        divide(have, options(3, **profile), 100)
    assert str(caught.value) == (
        "3 workers need 1 processor and 1/2 graphics card and 2 GB of memory with zone = x each,"
        " and the Ray cluster has room for 0"
    )
    assert caught.value.help == (
        "a has 8 processors and 1 graphics card and 8 GB of memory and 1 fast",
        "b has nothing with zone = x",
        "ask for less in the profile: what a worker claims must lie on one node",
    )


def test_of_many_nodes_some_are_named():
    with pytest.raises(DdspecError) as caught:
        divide(cluster(*[(1, 0)] * 11), options(12), 100)
    assert caught.value.help[-2:] == ("and 3 other nodes", "ask for fewer: --workers 11")


def test_an_autoscaler_may_be_asked_for_more_than_there_is():
    (share,) = divide(cluster((1, 0)), options(autoscale=6, gpus_per_worker=1.0), 100)
    assert (share.workers, share.gpus) == (6, 1.0)
    assert divide(cluster((1, 0)), options(autoscale=6), 4)[0].workers == 4


def test_a_cluster_without_processors_is_said():
    with pytest.raises(DdspecError, match="has room for 0"):
        divide(cluster((0, 0)), Options(), 1)
