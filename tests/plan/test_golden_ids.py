"""The ids of the published specs: a change here means that finished cells would train again."""

import hashlib
from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.plan.expand import expand

GOLDEN = Path(__file__).with_name("golden_ids.txt")
SPECS = sorted(Path("specs").glob("*.dd"))


def golden():
    lines = (line.split() for line in GOLDEN.read_text().splitlines() if line[0] != "#")
    return {(spec, name): (int(cells), digest) for spec, name, cells, digest in lines}


def found(path):
    plans = [expand(experiment) for experiment in pipeline.load(str(path)).experiments]
    return {
        (path.stem, plan.experiment.name): (
            len(plan),
            hashlib.sha256("".join(plan.ids).encode()).hexdigest()[:16],
        )
        for plan in plans
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_published_spec_keeps_the_ids_and_the_order_of_its_cells(path):
    expected = {key: value for key, value in golden().items() if key[0] == path.stem}
    assert found(path) == expected


def test_every_golden_line_is_a_spec_that_exists():
    assert {spec for spec, _ in golden()} == {path.stem for path in SPECS}
