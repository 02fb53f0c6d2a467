"""Workers of unequal speed are done together: the policy, played with a clock of its own."""

import numpy as np
import pytest

from ddspec.execution.balance import CALL, SHORT, Load, Pace, choose, settle


def played(tasks, paces, weighted, seed=0):
    """How long a crew takes over the least it could, with estimates wrong by a quarter.

    tasks: estimated seconds. paces: real seconds per estimated second, a worker. weighted: by the
    policy, else the longest task to whoever has least to do, as if all were equally fast.
    """
    wrong = np.random.default_rng(seed).lognormal(0, 0.25, len(tasks))
    waiting = sorted(range(len(tasks)), key=lambda task: -tasks[task])
    queues, begun, now = [[] for _ in paces], [0.0] * len(paces), 0.0
    known = [Pace() for _ in paces]

    def even():
        least = min(range(len(paces)), key=lambda w: (len(queues[w]), sum(queues[w])))
        return None if queues[least] else (0, least)

    def by_speed():
        told = settle(known, [str(worker) for worker in range(len(paces))])
        loads = [
            Load(told[w], tuple(tasks[t] for t in queues[w]), now - begun[w], known[w].known)
            for w in range(len(paces))
        ]
        return choose([tasks[task] for task in waiting], loads)

    def end(worker):
        task = queues[worker][0]
        return begun[worker] + paces[worker] * tasks[task] * wrong[task]

    while waiting or any(queues):
        while waiting and (found := (by_speed if weighted else even)()) is not None:
            place, worker = found
            begun[worker] = begun[worker] if queues[worker] else now
            queues[worker].append(waiting.pop(place))
        first = min((w for w in range(len(paces)) if queues[w]), key=end)
        if weighted and waiting and end(first) > now + 1:
            now += 1  # a crew is asked every second
            continue
        now = end(first)
        task = queues[first].pop(0)
        known[first].learn(paces[first] * tasks[task] * wrong[task], tasks[task])
        begun[first] = now
    return now / (sum(np.multiply(tasks, wrong)) / sum(1 / pace for pace in paces))


@pytest.mark.parametrize(
    ("paces", "count", "least", "most"),
    [
        ([1, 1, 1, 1], 60, 0.95, 1.04),  # nothing is gained where all are alike, and little lost
        ([1, 1, 1, 10], 30, 1.4, 1.15),
        ([1, 1, 3, 3], 30, 1.00, 1.10),
        ([1, 1, 1, 2, 2, 2, 5, 5], 30, 1.05, 1.25),
    ],
)
def test_a_crew_is_done_sooner_for_knowing_its_speeds(paces, count, least, most):
    """`least`: over the time of a crew that takes all workers for equal; `most`: over the ideal."""
    ratios, overs = [], []
    for seed in range(6):
        tasks = np.random.default_rng(seed + 99).uniform(5, 40, count).tolist()
        weighted, even = (played(tasks, paces, way, seed) for way in (True, False))
        ratios.append(even / weighted)
        overs.append(weighted)
    assert np.mean(ratios) >= least
    assert np.mean(overs) <= most


def test_the_longest_task_goes_to_the_fastest():
    assert choose([9.0, 2.0, 1.0], [Load(3.0), Load(1.0)]) == (0, 1)
    assert choose([9.0, 2.0, 1.0], [Load(3.0), Load(1.0, (9.0,))]) == (1, 0)


def test_at_the_end_a_slow_worker_leaves_the_rest_to_a_fast_one():
    assert choose([9.0], [Load(10.0), Load(1.0, (5.0,), 1.0)]) is None
    assert choose([9.0], [Load(10.0), Load(1.0, (99.0,), 1.0)]) == (0, 0)


def test_who_takes_longer_than_expected_is_not_waited_for():
    """A fast worker that hangs: the longer it does, the longer it is expected to."""
    slow = Load(4.0)
    assert choose([9.0], [slow, Load(1.0, (5.0,), 6.0)]) is None
    assert choose([9.0], [slow, Load(1.0, (5.0,), 50.0)]) == (0, 0)


def test_one_of_unknown_speed_shows_it_at_the_shortest_task():
    assert choose([9.0, 5.0, 1.0], [Load(1.0, known=False), Load(1.0, (9.0, 9.0))]) == (2, 0)
    assert choose([9.0, 5.0], [Load(1.0, known=False), Load(1.0, (9.0,))]) == (0, 0)


@pytest.mark.parametrize(
    ("load", "taken"),
    [
        (Load(1.0, (SHORT / 2,)), True),
        (Load(1.0, (SHORT * 2,)), False),
        (Load(1.0, (SHORT * 2,), SHORT * 1.5), True),
        (Load(4.0, (SHORT / 2,)), False),
        (Load(1.0, (0.1, 0.1)), False),
        (Load(1.0, (SHORT / 2,), known=False), False),
    ],
)
def test_a_second_task_waits_behind_a_short_one_only(load, taken):
    assert (choose([1.0, 1.0], [load]) is not None) == taken
    assert choose([1.0], [Load(1.0, (0.1,))]) is None  # of the last ones everybody has one


def test_nobody_is_chosen_for_nothing():
    assert choose([], [Load(1.0)]) is None
    assert choose([1.0], []) is None


def test_a_pace_is_what_was_measured_last_above_all():
    pace = Pace(20.0)
    assert (pace.value, pace.known) == (20.0, False)
    pace.learn(10.0 - CALL, 5.0)
    assert (pace.value, pace.known) == (2.0, True)
    for _ in range(20):
        pace.learn(40.0 - CALL, 5.0)
    assert pace.value == pytest.approx(8.0, rel=0.01)


def test_who_is_not_measured_is_as_fast_as_its_like():
    fast, slow = Pace(), Pace()
    fast.learn(1.0 - CALL, 1.0)
    slow.learn(3.0 - CALL, 1.0)
    kinds = ["a", "b", "b", "c", "cpu"]
    assert settle([fast, slow, Pace(), Pace(), Pace(20.0)], kinds) == (1.0, 3.0, 3.0, 2.0, 40.0)
    assert settle([Pace(), Pace(20.0)], ["a", "cpu"]) == (1.0, 20.0)
