"""What lies in `examples/` runs, and says what the README says."""

import json
import re
from pathlib import Path

import pytest
import xarray as xr
from nbclient import NotebookClient
from nbformat import read

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """The notebook, executed."""
    notebook = read(EXAMPLES / "answer.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(EXAMPLES)}})
    return client.execute()


def test_the_notebook_keeps_no_output():
    cells = json.loads((EXAMPLES / "answer.ipynb").read_text())["cells"]
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


def test_the_notebook_draws(answer):
    pictures = [
        output
        for cell in answer.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 2


def test_the_shipped_errors_are_of_the_published_spec():
    text = (ROOT / "specs" / "compositional.dd").read_text()
    for name in ("untuned", "tuned"):
        with xr.open_dataset(EXAMPLES / "compositional" / f"{name}.nc") as risk:
            assert risk.attrs["spec"] == text
            assert risk.attrs["cells_done"] == risk.attrs["cells_planned"]
