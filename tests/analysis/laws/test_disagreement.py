"""Disagreement of seeds beside their error: by hand, in calibration, and for real outputs."""

import numpy as np
import pytest
import xarray as xr

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.laws.disagreement import disagreement_estimate
from ddspec.analysis.reports import disagreement_estimate as report
from ddspec.errors import DdspecError
from ddspec.vocabulary.reports.disagreement_estimate import DisagreementEstimate
from tests.analysis.laws.test_bias_variance import drawn, made


def chosen(classes, wanted, count=3):
    """A dataset of runs that choose (width, seed, sample) where `wanted` (sample,) is right."""
    return made(np.eye(count)[np.asarray(classes)], np.eye(count)[np.asarray(wanted)])


def test_disagreement_and_error_by_hand():
    """Runs 0 0 1 1, 0 1 1 2, 0 0 2 1: pairs disagree on 2, 2 and 3 of four samples."""
    found = disagreement_estimate(
        chosen([[[0, 0, 1, 1], [0, 1, 1, 2], [0, 0, 2, 1]]], [0, 0, 1, 2])
    )
    assert float(found.disagreement[0]) == pytest.approx((2 + 1 + 3) / 12)
    assert float(found.risk[0]) == pytest.approx((1 + 1 + 2) / 12)
    assert float(found.difference[0]) == pytest.approx(2 / 12)
    assert int(found.runs[0]) == 3


def test_labels_drawn_as_the_votes_are_make_the_two_equal():
    """Calibration: the label of a sample is drawn as each run's choice is. Intervals cover 0."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), 400)
    draw = lambda: (rng.random((400, 1)) > shares.cumsum(axis=1)).sum(axis=1)  # noqa: E731
    found = disagreement_estimate(chosen([[draw() for _ in range(12)]], draw()))
    assert abs(float(found.difference[0])) < 0.05
    apart = 1 - np.square(shares).sum(axis=1).mean()
    assert float(found.disagreement_low[0]) < apart < float(found.disagreement_high[0])


def test_intervals_cover_the_disagreement_of_many_runs():
    """Of 200 experiments of five runs nine in ten at least, for a level of 95 %."""
    rng = np.random.default_rng(1)
    lean = rng.random(40)  # how often each sample is given class 1
    runs = (rng.random((200, 5, 40)) < lean).astype(int)
    found = disagreement_estimate(chosen(runs, np.ones(40, int), 2))
    truth = (2 * lean * (1 - lean)).mean()
    inside = (found.disagreement_low <= truth) & (truth <= found.disagreement_high)
    assert float(inside.mean()) > 0.9
    assert float(found.disagreement.mean()) == pytest.approx(truth, abs=0.01)


def test_real_outputs_disagree_by_twice_their_variance():
    said = drawn(1, 6, 30, 1)
    found = disagreement_estimate(made(said, np.zeros((30, 1)), last="output"))
    pairs = [np.square(said[0, i] - said[0, j]).mean() for i in range(6) for j in range(i)]
    assert float(found.disagreement[0]) == pytest.approx(np.mean(pairs))
    ds = made(said, np.zeros((30, 1)), last="output")
    lines = report.find(Evidence(ds), DisagreementEstimate()).lines
    assert lines[0].startswith("disagreement E (f - f')^2 is twice the variance")
    assert "of it is variance" in lines[1]


def test_the_measure_serves_without_intervals():
    ds = xr.Dataset({
        "differ": ("width", [0.2, 0.3], {"comment": "disagreement@1()"}),
        "test_error": (("width", "seed"), [[0.1, 0.2], [0.4, 0.4]]),
    })  # fmt: skip
    found = disagreement_estimate(ds)
    assert np.allclose(found.difference, [0.05, -0.1])
    assert "difference_low" not in found
    lines = report.find(Evidence(ds.assign_coords(width=[2, 4])), DisagreementEstimate()).lines
    assert lines[0] == "disagreement is 7.5 % from the error on average, below it at 1 of 2 points"
    assert lines[-1] == "width = 4: disagreement 30 %, test error 40 %; difference -10 %"


def test_what_to_record_is_said():
    with pytest.raises(DdspecError, match="no predictions whose disagreement") as raised:
        disagreement_estimate(xr.Dataset({"test_error": ("width", [0.1])}))
    assert "predictions(samples: 500)" in raised.value.help[0]
    wrong = xr.Dataset({
        "differ": ((), 0.2, {"comment": 'disagreement@1(of="train")'}), "test_error": ((), 0.1),
    })  # fmt: skip
    with pytest.raises(DdspecError, match="not of test samples"):
        disagreement_estimate(wrong)
