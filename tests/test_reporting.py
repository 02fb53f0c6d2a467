"""A run folder becomes one page; a dataset's findings are methods of it."""

import re

import pytest
import xarray as xr

import ddspec
from ddspec import pipeline
from ddspec.analysis.evidence import Evidence
from ddspec.analysis.phenomena.monotonicity import monotone
from ddspec.analysis.questions import questions
from ddspec.errors import DdspecError
from ddspec.reporting import page, write_report
from ddspec.vocabulary.reports.monotone import Monotone
from tests.analysis.made import risks

SPEC = """\
dd 1

# Ridge with a tuned strength, and without any.
regularizer decay = l2(tune({1e-3, 1e-1, 1}, minimise: validation_loss, across: seed))

experiment ridge {
  dataset:      linear_gaussian(features: 10, samples: n, noise_std: 0.5, validation: 20, test: 40)
  architecture: linear()
  regularizer:  reg
  train:        least_squares()

  sweep {
    n    in {5, 10, 20, 40} samples
    reg  in subsets(decay)
    seed in 0..<5
  }
  report { rises: monotone(test_loss, along: n, delta: 2) }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("report")
    (base / "ridge.dd").write_text(SPEC)
    return pipeline.run(str(base / "ridge.dd"), base / "run", local=True).folder


def test_the_page_answers_what_the_spec_asks_first(folder):
    (only,) = page(folder).experiments
    names = [each.name for each in only.findings]
    assert names[0] == "rises"
    assert only.findings[0].open
    assert "monotone_n" not in names  # asked by the spec, with a bar of its own
    assert {"peaks", "threshold", "tuning_needed_n", "main_effects"} <= set(names)
    assert not [each.title for each in only.findings if each.title.startswith("not found")]


def test_the_page_has_its_table_and_figures(folder):
    (only,) = page(folder).experiments
    assert [[row for row, _ in table.rows] for table in only.tables] == [["none", "decay"]]
    assert {figure.title.split(",")[0] for figure in only.figures} >= {"test risk against width"}
    assert {name for name, _ in page(folder).sources} >= {"l2", "linear_gaussian", "monotone"}


def test_the_page_is_one_file_of_its_own(folder, tmp_path):
    path = write_report(folder, tmp_path / "page.html")
    text = path.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r'(src|href)="(?!#|data:)', text)
    assert "ddspec run ridge.dd" in text


def test_a_folder_without_its_spec_still_has_a_page(folder, tmp_path):
    for file in folder.glob("*.nc"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (only,) = page(tmp_path).experiments
    assert "monotone_n" in [each.name for each in only.findings]


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(DdspecError, match="holds no dataset"):
        write_report(tmp_path, tmp_path / "page.html")


def test_questions_need_what_they_ask_about():
    assert questions(Evidence(xr.Dataset())) == {}
    narrow = risks([[0.3] * 2] * 2, widths=(2, 4))
    assert questions(Evidence(narrow)) == {}
    wide = risks([[0.3] * 2] * 4)
    assert set(questions(Evidence(wide))) == {"monotone_width", "peaks", "threshold"}
    own = {"mine": Monotone(of="test_error", along="width", delta=0.2)}
    assert set(questions(Evidence(wide), own)) == {"peaks", "threshold"}


def test_findings_are_methods_of_a_dataset(folder):
    risk = ddspec.open(folder)
    one, other = risk.dd.monotone("test_loss", along="n"), monotone(risk, "test_loss", along="n")
    xr.testing.assert_identical(one, other)
    assert len(risk.dd.plot("sample_wise", of="test_loss").axes) == 2
    tried = ddspec.candidates(folder)
    assert (
        float(tried.dd.tuned(select="validation_loss", of="test_loss")["l2_strength_tuned"].max())
        <= 1
    )
    with pytest.raises(DdspecError, match="no figure `model_wisse`; did you mean"):
        risk.dd.plot("model_wisse")
