"""Reports of a spec become findings."""

import importlib

import numpy as np
import pytest

from ddspec.analysis.evidence import Evidence
from ddspec.analysis.findings import find, tell
from ddspec.analysis.reports.argmax import argmax
from ddspec.errors import DdspecError
from ddspec.vocabulary import registry
from ddspec.vocabulary.reports.argmax import Argmax
from ddspec.vocabulary.reports.peaks import Peaks
from tests.analysis.made import read_at, risks

TWO = risks(
    np.zeros((2, 4, 2)),
    [[[0.1, 0.1], [0.5, 0.1], [0.2, 0.2], [0.2, 0.6]], [[np.nan] * 2] * 4],
    noise=(0.0, 0.15),
)


def test_argmax_is_the_label_of_the_largest_mean_over_seeds():
    found = argmax(TWO, "test_error", "width")
    assert found.dims == ("noise",)
    np.testing.assert_array_equal(found, [16, np.nan])


def test_argmax_looks_at_the_end_of_training():
    found = argmax(read_at(TWO, early=3.0), "test_error", "width")
    assert found.sel(noise=0.0) == 16
    assert found.long_name == (
        "width with the largest test_error at the last of the epochs, mean over seed"
    )


def test_argmax_along_names_gives_a_name():
    ds = risks([[[0.1], [0.1]], [[0.3], [0.0]]], widths=(2, 4), reg=("none", "decay"))
    found = argmax(ds, "test_error", "reg")
    assert found.values.tolist() == ["decay", "none"]


def test_reports_are_named_by_the_spec():
    findings = find(Evidence(TWO), {"peak": Argmax(of="test_error", along="width")})
    assert list(findings) == ["peak"]
    assert list(tell("peak", findings["peak"].title, findings["peak"].lines)) == [
        "peak: width with the largest test_error, mean over seed",
        "  noise = 0: 16",
        "  noise = 0.15: nan",
    ]
    np.testing.assert_array_equal(findings["peak"].data["argmax"], [16, np.nan])


def test_a_finding_without_axes_is_one_line():
    findings = find(Evidence(TWO.isel(noise=0)), {"peak": Argmax(of="test_error", along="width")})
    assert findings["peak"].lines == ("16",)


def test_a_report_that_finds_nothing_says_why_and_stops_no_other():
    wrong, right = Argmax(of="test_error", along="seed"), Argmax(of="test_error", along="width")
    findings = find(Evidence(TWO), {"wrong": wrong, "right": right})
    assert findings["wrong"].title == "not found: argmax: `test_error` has no axis `seed`"
    assert findings["wrong"].lines == ("it has noise, width",)
    assert findings["right"].data["argmax"][0] == 16


def test_a_report_with_a_defect_says_where_and_stops_no_other(monkeypatch):
    def wrong(*_):
        raise KeyError("lost")

    monkeypatch.setattr("ddspec.analysis.reports.peaks.find", wrong)
    reports = {"wrong": Peaks(along="width"), "right": Argmax(of="test_error", along="width")}
    findings = find(Evidence(TWO), reports)
    assert findings["wrong"].title.startswith("not found: a defect of ddspec in `peaks`")
    assert findings["wrong"].lines[-1] == "KeyError: 'lost'"
    assert findings["right"].data["argmax"][0] == 16


def test_long_findings_are_cut():
    lines = list(tell("long", "of many", [str(n) for n in range(100)]))
    assert len(lines) == 42
    assert lines[-1] == "  ... (100 lines in all)"


def test_every_report_has_its_finder():
    for name in registry.names("report"):
        module = importlib.import_module(f"ddspec.analysis.reports.{name}")
        assert callable(module.find)


@pytest.mark.parametrize(
    ("of", "along", "message"),
    [
        ("tset_error", "width", "no variable `tset_error`"),
        ("test_error", "depth", "has no axis `depth`"),
        ("test_error", "seed", "has no axis `seed`"),
    ],
)
def test_what_the_dataset_lacks_is_said(of, along, message):
    with pytest.raises(DdspecError, match=message):
        argmax(TWO, of, along)
