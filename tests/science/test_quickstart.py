"""The quickstart shows double descent, through Ray, from the spec to the file."""

import pytest
import xarray as xr

from ddspec import pipeline

WIDTHS = "{20, 40, 128}"  # before, at and after the peak


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    out = tmp_path_factory.mktemp("quickstart")
    overrides = {"width": WIDTHS, "epochs": "{20, 200}"}
    return pipeline.run("specs/quickstart.dd", out, overrides=overrides, workers=2)


@pytest.fixture(scope="module")
def risk(outcome):
    with xr.open_dataset(outcome.files["quickstart"]) as dataset:
        yield dataset.load()


def test_every_cell_is_done(outcome):
    assert outcome.counts == {"done": 9, "missing": 0}


def test_error_rises_to_a_peak_and_falls_again(risk):
    before, at, after = risk.test_error.isel(epochs=-1).mean("seed").values
    assert at > before + 0.01
    assert at > after + 0.02


def test_only_the_widest_network_interpolates_the_noisy_labels(risk):
    train = risk.train_error.isel(epochs=-1).mean("seed").values
    assert train[0] > 0.3
    assert train[1] > 0.05
    assert train[2] == 0


def test_the_width_axis_of_the_file_is_the_one_asked_for(risk):
    assert risk.width.values.tolist() == [20, 40, 128]
    assert risk.epochs.values.tolist() == [20, 200]
