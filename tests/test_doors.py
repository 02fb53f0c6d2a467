"""`import ddspec`: load, run and open from Python."""

import numpy as np
import pytest
import xarray as xr

import ddspec
from ddspec.errors import SpecError
from tests.commands.specs import TINY, WRONG


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "tiny.dd"
    path.write_text(TINY)
    return path


def test_load_gives_the_checked_spec(spec):
    loaded = ddspec.load(spec)
    assert [each.name for each in loaded.experiments] == ["tiny"]
    assert loaded.text == TINY


def test_load_raises_every_problem_at_once(tmp_path):
    (tmp_path / "wrong.dd").write_text(WRONG)
    with pytest.raises(SpecError, match="linear_gausian") as caught:
        ddspec.load(tmp_path / "wrong.dd")
    assert len(caught.value.diagnostics) == 2


@pytest.mark.parametrize(
    "seeds", ["0..<2", [0, 1], (0, 1), range(2), np.arange(2)], ids=lambda v: type(v).__name__
)
def test_overrides_are_texts_of_a_spec_or_values_of_python(spec, seeds):
    (tiny,) = ddspec.load(spec, {"seed": seeds}).experiments
    assert tiny.axis("seed").labels == (0, 1)


def test_run_gives_the_dataset_and_open_the_same(spec, tmp_path):
    ran = ddspec.run(spec, tmp_path / "out", overrides={"seed": [3]}, local=True)
    assert isinstance(ran, xr.Dataset)
    assert dict(ran.sizes) == {"n": 3, "seed": 1}
    xr.testing.assert_identical(ran.load(), ddspec.open(tmp_path / "out").load())


def test_two_experiments_give_a_dict(spec, tmp_path):
    spec.write_text(TINY + "\nexperiment again amends tiny { sweep { seed in {7} } }\n")
    ran = ddspec.run(spec, tmp_path / "out", local=True)
    assert {name: dict(risk.sizes) for name, risk in ran.items()} == {
        "tiny": {"n": 3, "seed": 3},
        "again": {"n": 3, "seed": 1},
    }
    assert set(ddspec.open(tmp_path / "out")) == set(ran)
