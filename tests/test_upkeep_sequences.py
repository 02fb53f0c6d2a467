"""Whatever is run, merged, carried over, spoiled and deleted before, a run ends as a fresh one."""

import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddspec.plan.expand import expand
from ddspec.plan.machine import Machine
from ddspec.plan.origins import changes
from ddspec.results.assemble import assemble
from ddspec.results.held import Origin
from ddspec.results.merge import merge
from ddspec.results.rounds import rounds
from ddspec.results.store import open_store
from ddspec.spec.check import check
from ddspec.training.record import Record
from ddspec.upkeep import carry, foresee_all, groups_of, origins, orphans
from tests.test_upkeep import TRAINED, fake

pytestmark = pytest.mark.slow

WIDTHS = ("{2}", "{3}", "{2, 3}", "{2, 3, 5}")
POINTS = ("{8}", "{4, 8}", "{1, 2, 8}")
MEASURES = ("", "measure { size: weight_norm() }", "measure { far: distance_to_init() }")
FOLDERS = ("a", "b")
VARIANTS = list(product(WIDTHS, POINTS, MEASURES))


@cache
def planned(widths, points, measures):
    text = TRAINED.replace("{2, 3}", widths).replace("{4, 8}", points)
    text = text.replace("measure { size: weight_norm() }", measures)
    spec, problems, _ = check(text, "x.dd")
    assert spec is not None, problems
    return [expand(experiment) for experiment in spec.experiments]


def run(folder, variant, reuse=()):
    plans = planned(*variant)
    with open_store(folder) as store:
        for now in rounds(plans, store):
            carry(now, store, reuse, ())
            outlooks = foresee_all(now, store, Machine())
            about = origins(outlooks)
            for batch in groups_of(outlooks, store):
                records = fake(batch)
                store.write(records, about(records))


def gc(folder, variant):
    with open_store(folder) as store:
        store.forget(orphans(planned(*variant), store))


def unite(folder, other):
    with ExitStack() as opened:
        source = opened.enter_context(open_store(other, readonly=True))
        merge(opened.enter_context(open_store(folder)), {other: source}, outdated=changes)


def spoil(folder, place, how):
    """Make a stored cell fail, or come from other code with other readings."""
    with open_store(folder) as store:
        for cell in sorted(store.ids())[place : place + 1]:
            (old,) = store.read([cell])
            if how == "fail":
                record = Record(cell, "failed", "epochs", old.points[:0], {}, 0, 0, 0.0, error="x")
            else:
                series = {
                    name: values + 1 for name, values in zip(old.names, old.values, strict=True)
                }
                record = Record(cell, "done", "epochs", old.points, series, 7, 8, 0.1)
            code = old.origin.code.replace("mlp@1", "mlp@0")
            store.write([record], {cell: Origin(code, old.origin.kin)}, replace=True)


def dataset(folder, variant):
    (plan,) = planned(*variant)
    with open_store(folder, readonly=True) as store:
        return assemble(plan, store, provenance={}).load()


variants = st.sampled_from(VARIANTS)
folders = st.sampled_from(FOLDERS)
steps = st.one_of(
    st.tuples(st.just("run"), folders, variants),
    st.tuples(st.just("gc"), folders, variants),
    st.tuples(st.just("merge"), folders),
    st.tuples(st.just("reuse"), folders, variants),
    st.tuples(st.just("spoil"), folders, st.integers(0, 11), st.sampled_from(["fail", "stale"])),
)


def take(step, root):
    name, where, *rest = step
    folder, other = root / where, root / FOLDERS[where == "a"]
    match name:
        case "run":
            run(folder, *rest)
        case "gc":
            gc(folder, *rest)
        case "merge":
            unite(folder, other)
        case "reuse":
            run(folder, *rest, reuse=[other])
        case "spoil":
            spoil(folder, *rest)


@settings(max_examples=25, deadline=None)
@given(st.lists(steps, max_size=7), variants)
def test_any_sequence_ends_with_the_dataset_of_a_fresh_run(before, last):
    root = Path(tempfile.mkdtemp())
    try:
        for name in FOLDERS:
            run(root / name, VARIANTS[0])
        for step in before:
            take(step, root)
        run(root / "a", last)
        run(root / "fresh", last)
        found, fresh = dataset(root / "a", last), dataset(root / "fresh", last)
        assert set(found.data_vars) == set(fresh.data_vars)
        for name in found.data_vars:
            assert np.array_equal(found[name], fresh[name]), name
        gc(root / "a", last)
        assert dataset(root / "a", last).test_loss.equals(fresh.test_loss)
        with open_store(root / "a") as one, open_store(root / "fresh") as two:
            assert one.ids() == two.ids()
    finally:
        shutil.rmtree(root)
