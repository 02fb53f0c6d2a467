"""Signals end a run as asked: after the batches under way, or at once; and are given back."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import xarray as xr

from ddspec import pipeline
from ddspec.execution.ending import Ending, listening
from ddspec.execution.events import Finished, Noted, Started
from ddspec.results.store import open_store
from tests.execution import faulty


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the grid here, cells misbehaving: gives the events; `then` is called at each event."""
    (tmp_path / "grid.dd").write_text(faulty.SPEC)

    def go(fault, then=lambda event: None, **options):
        faulty.install(fault, monkeypatch.setattr)
        given = {"local": True, "on_event": then, **options}
        return pipeline.run(str(tmp_path / "grid.dd"), tmp_path / "out", **given)

    return go


@pytest.fixture
def stored(tmp_path):
    """How many cells are in the store now."""

    def count():
        with open_store(tmp_path / "out", readonly=True) as store:
            return len(store)

    return count


def sends(kind, number, *after):
    """At the first event of a kind: this process gets a signal after each of so many seconds."""
    done = []

    def send():
        for seconds in after:
            time.sleep(seconds)
            os.kill(os.getpid(), number)

    def then(event):
        if isinstance(event, kind) and not done:
            done.append(threading.Thread(target=send, daemon=True))
            done[0].start()

    return then


@pytest.mark.parametrize(
    ("number", "raised", "code"),
    [
        (signal.SIGINT, KeyboardInterrupt, None),
        (signal.SIGTERM, SystemExit, 143),
        (signal.SIGHUP, SystemExit, 129),
    ],
)
def test_the_batch_under_way_is_finished_and_datasets_are_written(
    run, stored, tmp_path, number, raised, code
):
    with pytest.raises(raised) as caught:
        run("slow=0.8 size=2", sends(Finished, number, 0.1))
    assert getattr(caught.value, "code", None) == code
    assert stored() == 4  # the first batch, and the one that was under way
    with xr.open_dataset(tmp_path / "out" / "grid.nc") as risk:
        assert int((risk.status == 1).sum()) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once_and_keeps_what_was_committed(run, stored, tmp_path, number):
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run("slow=1.5 size=2", sends(Finished, number, 0.1, 0.1))
    assert stored() == 2  # not the batch that was under way
    assert not (tmp_path / "out" / "grid.nc").exists()


def test_when_the_grace_is_over_the_batch_is_given_up_and_datasets_are_written(
    run, stored, tmp_path
):
    began = time.monotonic()
    with pytest.raises(SystemExit, match="143"):
        run("slow=30", sends(Started, signal.SIGTERM, 0.1), grace=0.2)
    assert time.monotonic() - began < 28  # not when the batch is done
    assert stored() == 0
    with xr.open_dataset(tmp_path / "out" / "grid.nc") as risk:
        assert int((risk.status == 1).sum()) == 0


def test_the_user_is_told_what_a_signal_does(run):
    seen = []
    first = sends(Started, signal.SIGTERM, 0.1)
    with pytest.raises(SystemExit):
        run("slow=0.4", lambda event: (seen.append(event), first(event)), grace=7)
    (told,) = [event.text for event in seen if isinstance(event, Noted)]
    assert told.startswith("SIGTERM: no cells are begun any more; up to 7 s for cells under way")


def test_a_signal_before_cells_train_ends_at_once(run):
    def outlook(_):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)

    with pytest.raises(SystemExit, match="143"):
        run("", on_outlook=outlook)


def test_a_run_goes_on_where_a_signal_ended_it(run, stored):
    with pytest.raises(SystemExit):
        run("slow=0.2 size=2", sends(Finished, signal.SIGTERM, 0.0))
    before = stored()
    assert 0 < before < faulty.CELLS
    assert run("").trained == faulty.CELLS - before


def test_what_is_ignored_stays_ignored_and_the_others_are_heard(run, stored):
    """A shell lets its background ignore SIGINT, `nohup` SIGHUP."""
    mine = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        for number in mine:
            signal.signal(number, signal.SIG_IGN)
        both = sends(Finished, signal.SIGINT, 0.0, 0.05), sends(Finished, signal.SIGHUP, 0.0)
        assert run("slow=0.2 size=4", lambda event: [each(event) for each in both]).trained == 12
        with pytest.raises(SystemExit, match="143"):
            run("slow=0.4", sends(Started, signal.SIGTERM, 0.1), overrides={"seed": "5..<7"})
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        for number, handler in mine.items():
            signal.signal(number, handler)


def test_signals_are_given_back(run):
    def own(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, own)
    try:
        run("")
        assert signal.getsignal(signal.SIGTERM) is own
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_run_in_a_thread_takes_no_signals(run):
    look = partial(signal.getsignal, signal.SIGTERM)
    seen, before = [], look()  # Ray's, where another test has loaded it
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(run, "", lambda _: seen.append(look())).result()
    assert outcome.trained == faulty.CELLS
    assert set(seen) == {before}


def test_failures_end_a_run_when_they_are_so_many(run, stored):
    outcome = run("size=1 raise=9", most_failures=1, retries=0)
    assert outcome.ended == "1 cell failed"
    assert outcome.counts["failed"] == 1
    assert outcome.counts["missing"] > 0
    assert run("size=1 raise=9", retries=0).ended == ""


def test_a_clock_that_rings_late_disturbs_nobody():
    """The time of grace is over at the very moment at which the batch is done."""
    ending = Ending(grace=0.05)
    with listening(ending), ending.training():
        os.kill(os.getpid(), signal.SIGTERM)
        with ending.alone():
            time.sleep(0.02)
        ending._ring()
        ending._late = True  # it had begun to ring
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)
    assert (ending.asked, ending.over, ending.at_once) == ("SIGTERM", True, False)
