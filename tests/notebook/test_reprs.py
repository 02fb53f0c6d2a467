"""What specs, plans, outlooks, errors and outcomes look like in a notebook and in Python."""

from pathlib import Path

import pytest

from ddspec import pipeline
from ddspec.errors import DdspecError, SpecError
from ddspec.outcome import Outcome
from ddspec.results.failures import Failure
from tests.commands.specs import TINY, WRONG

HARM = "</pre><script>alert(1)</script>"


@pytest.fixture(scope="module")
def spec():
    return pipeline.load("tiny.dd", text=TINY.replace("Nine", HARM))


@pytest.fixture(scope="module")
def outlook(spec):
    (found,) = pipeline.plan(spec)
    return found


@pytest.fixture(scope="module")
def wrong():
    with pytest.raises(SpecError) as caught:
        pipeline.load("wrong.dd", text=WRONG)
    return caught.value


def outcome(**changes):
    parts = {
        "folder": Path("runs/tiny"),
        "datasets": {},
        "files": {"tiny": Path("runs/tiny/tiny.nc")},
        "figures": {},
        "findings": {"tiny": ("peak: n with the largest test_loss", f"  value: {HARM}")},
        "counts": {"done": 8, "failed": 1, "missing": 0},
        "failures": {"a": Failure("a" * 64, f"tiny: n = {HARM}", "seed 0", "oom", "Error")},
        "trained": 3,
    }
    return Outcome(**parts | changes)


def test_reprs_fit_a_line(spec, outlook, wrong):
    experiment = spec.experiments[0]
    assert repr(spec) == "<Spec tiny.dd: tiny (9 grid points)>"
    assert repr(experiment) == "<Experiment tiny: 9 grid points = n 3 x seed 3>"
    assert repr(outlook.plan) == "<Plan of tiny: 9 cells on 9 grid points>"
    assert repr(outlook) == "<Outlook of tiny: 9 cells, 9 new, about 1 s of one core>"
    assert repr(wrong) == "<SpecError: wrong.dd has errors: DD101, DD101>"
    assert repr(outcome()) == "<Outcome of runs/tiny: 9 cells: 8 done, 1 failed (3 trained now)>"


def test_a_spec_shows_its_axes_and_its_text(spec):
    html = spec._repr_html_()
    assert "4, 8, 16</td>" in html
    assert "# &lt;/pre&gt;&lt;script&gt;" in html


def test_a_plan_shows_its_cells_by_state_and_why(outlook):
    html = outlook._repr_html_()
    assert "tiny: 9 cells, 9 new" in html
    assert ">new</td>" in html
    assert "solved steps for 9 cells" in html
    assert "9 distinct cells" in outlook.plan._repr_html_()


def test_an_error_shows_its_marks_in_color(wrong):
    html = wrong._repr_html_()
    assert html.count('">^^^^^') == 2
    assert "no dataset of this name" in html
    assert "unknown dataset `linear_gausian`" in wrong.diagnostics[0]._repr_html_()


def test_an_error_replaces_its_traceback_in_color_unless_none_is_wanted(monkeypatch):
    error = DdspecError("there is no such thing", "write another")
    plain = "error: there is no such thing\n  = help: write another"
    assert error._render_traceback_() == [plain]
    monkeypatch.delenv("NO_COLOR")
    colored = "\x1b[31m\x1b[1merror:\x1b[0m there is no such thing"
    assert error._render_traceback_()[0].startswith(colored)


def test_an_outcome_shows_counts_failures_findings_and_files():
    html = outcome()._repr_html_()
    for told in ("8 done, 1 failed", "aaaaaaaaaaaa</td>", "largest test_loss", "tiny.nc</td>"):
        assert told in html


def test_nothing_that_is_shown_is_markup_of_another(spec, outlook, wrong):
    harmful = DdspecError(HARM, f"it\n  = fix ({HARM}): y")  # also where it is colored
    for each in (spec, outlook, outlook.plan, wrong, harmful, outcome()):
        html = each._repr_html_()
        assert "<script" not in html
        assert html.count("<pre") == html.count("</pre")
