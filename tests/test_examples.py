"""What lies in `examples/` runs, and says what the README says."""

import json
import re
from pathlib import Path

import pytest
import xarray as xr
from nbclient import NotebookClient
from nbformat import read

from ddspec.language.formatting import format_text

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
README = (ROOT / "README.md").read_text()


NOTEBOOKS = ("answer", "quickstart")


def executed(notebook, folder):
    about = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=120, resources=about).execute()


@pytest.fixture(scope="module")
def answer():
    """The notebook, executed."""
    return executed(read(EXAMPLES / "answer.ipynb", as_version=4), EXAMPLES)


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """The notebook, executed elsewhere, without Ray."""
    notebook = read(EXAMPLES / "quickstart.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"^(%%?dd)\b", r"\1 --local", cell.source)
    return executed(notebook, tmp_path_factory.mktemp("quickstart"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_keeps_no_output(name):
    cells = json.loads((EXAMPLES / f"{name}.ipynb").read_text())["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_the_notebook_ends_in_the_sentences_of_the_readme(answer):
    (printed,) = answer.cells[-1].outputs
    sentences = printed["text"].strip().splitlines()
    assert len(sentences) == 8
    for sentence in sentences:
        along, which, arm, *counts = re.fullmatch(
            r"Along (\w+), (\w+) dropout, strengths (\w+): of (\d+) curves (\d+) are monotone,"
            r" (\d+) are not, (\d+) are undecided \(.*\)\.",
            sentence,
        ).groups()
        row = f"| {along} | {arm} | {which} dropout | {' | '.join(counts)} |"
        assert row in README, row


def shown(notebook, mime):
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return [each["data"][mime] for each in outputs if mime in each.get("data", {})]


def test_the_notebook_draws(answer):
    assert len(shown(answer, "image/png")) == 2


def test_a_seed_more_trains_that_seed_only(quickstart):
    told = re.findall(r"\((\d+) trained now\)", "\n".join(shown(quickstart, "text/plain")))
    assert told == ["12", "6"]
    assert len(shown(quickstart, "image/png")) == 4


def test_every_notebook_is_run_here():
    assert {path.stem for path in EXAMPLES.glob("*.ipynb")} == set(NOTEBOOKS)


def test_the_shipped_errors_are_of_the_published_spec():
    text = (ROOT / "specs" / "compositional.dd").read_text()
    for name in ("untuned", "tuned"):
        with xr.open_dataset(EXAMPLES / "compositional" / f"{name}.nc") as risk:
            assert format_text(risk.attrs["spec"]) == text  # as it was then, but for white space
            assert risk.attrs["cells_done"] == risk.attrs["cells_planned"]
