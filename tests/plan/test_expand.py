"""Experiments become cells, each once, in a stated order."""

import json

import attrs
import numpy as np
import pytest

from ddspec.plan.expand import PARTS, expand, first_appearance
from ddspec.plan.identity import canonical, digest
from ddspec.spec.model import Table
from tests.plan.grids import grid


def test_cells_are_numbered_byfirst_appearance():
    index = expand(grid()).index.reshape(-1)
    firsts = [index.tolist().index(number) for number in range(index.max() + 1)]
    assert firsts == sorted(firsts)


def test_a_composition_that_ignores_an_axis_is_one_cell_along_it():
    plan = expand(grid(strengths=(0.0, 0.1, 0.2)))
    assert plan.index.shape == (2, 2, 3, 2)
    assert (plan.index[:, 0, 0] == plan.index[:, 0, 2]).all()
    assert len(plan) == 2 * 2 * 3  # widths x seeds x {none, 0.1, 0.2}


def test_strength_zero_is_no_regularizer():
    index = expand(grid()).index
    assert (index[:, 1, 0] == index[:, 0, 0]).all()


def test_each_grid_point_gets_the_values_of_its_place():
    plan = expand(grid())
    cell = plan.cell(int(plan.index[1, 1, 1, 0]))
    assert cell.architecture.hidden == (4,)
    assert [term.strength for term in cell.regularizer] == [0.1]
    assert cell.seed.data == 0


def test_rejected_points_have_no_cell():
    keep = Table(("width", "seed"), (True, False, True, True))
    plan = expand(grid(keep=(keep,)))
    assert (plan.index[0, :, :, 1] == -1).all()
    assert (np.delete(plan.index[0], 1, axis=2) >= 0).all()
    assert (plan.index[1] >= 0).all()


def test_a_kept_point_without_a_value_is_refused():
    experiment = grid()
    broken = Table(("width",), (experiment.architecture.values[0], None))
    with pytest.raises(ValueError, match="does not exist there"):
        expand(attrs.evolve(experiment, architecture=broken))


def test_the_id_is_the_hash_of_the_whole_cell_as_canonical_json():
    plan = expand(grid())
    cell = plan.cell(3)
    parts = {name: json.loads(canonical(getattr(cell, name))) for name in PARTS}
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert cell.id == digest(text)


def test_an_experiment_without_axes_is_one_cell():
    plan = expand(grid(widths=(3,), strengths=(0.1,), seeds=(0,)))
    assert len(plan) == 2
    assert plan.index.shape == (1, 2, 1, 1)


def test_very_many_distinct_parts_do_not_overflow():
    codes = np.array([[0, 5], [1, 4], [0, 5], [2, 3]])
    rows, inverse = first_appearance(codes, [2**40, 2**40])
    assert rows.tolist() == [[0, 5], [1, 4], [2, 3]]
    assert inverse.tolist() == [0, 1, 0, 2]
