"""`%%dd` as a notebook runs it: a real kernel, its outputs, its interrupts."""

import re
from html.parser import HTMLParser

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.commands.specs import TINY, WRONG

pytestmark = pytest.mark.slow

SPLIT = """\
dd 1
train go {
  optimizer: sgd(lr: 0.01)
  loss:      mse
  batch:     1 samples
  for:       40 epochs
}
experiment slow {
  dataset:      linear_gaussian(features: 6, samples: 100, noise_std: 0.5, test: 20)
  architecture: mlp(hidden: [width], activation: relu)
  train:        go
  sweep {
    width in {2, 3, 4, 5, 6, 7, 8, 9}
    seed  in 0..<40
  }
}
"""
INTERRUPT = """\
import os, signal, sqlite3, threading, time

def interrupt():  # as the button does, once a cell is kept
    while True:
        time.sleep(0.02)
        try:
            store = sqlite3.connect("file:runs/slow/cells.sqlite?mode=ro", uri=True)
            if store.execute("select count(*) from cells").fetchone()[0]:
                return os.kill(os.getpid(), signal.SIGINT)
        except sqlite3.Error:
            pass

threading.Thread(target=interrupt, daemon=True).start()
"""
CELLS = {
    "load": "import sys\n%load_ext ddspec\nprint(sorted({'torch', 'ray'} & set(sys.modules)))",
    "run": f"%%dd --local\n{TINY}",
    "use": "tiny.test_loss.mean('seed').values.shape",
    "wrong": f"%%dd\n{WRONG.replace('test: 20)', 'test: 20)  # <script>alert(1)</script>')}",
    "raised": "import ddspec\nddspec.load('wrong.dd')",
    "interrupt": INTERRUPT,
    "interrupted": f"%%dd --local\n{SPLIT}",
    "kept": "int((ddspec.open('runs/slow').status == 1).sum())",
}
TAGS = {"div", "details", "summary", "table", "tr", "th", "td", "pre", "span", "progress"}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell shows."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "wrong.dd").write_text(WRONG)
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS.values()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / ".ipython"))
        patch.delenv("NO_COLOR")
        about = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=120, allow_errors=True, resources=about).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def kind(outputs, mime):
    return [each["data"][mime] for each in outputs if mime in each.get("data", {})]


def error(outputs):
    (found,) = (each for each in outputs if each["output_type"] == "error")
    return "\n".join(found["traceback"])


def tags(html):
    """The tags and their attributes; every one that is opened must be closed."""
    found, stack = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))
            stack.append(tag)

        def handle_endtag(self, tag):
            assert stack.pop() == tag

    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not stack
    return found


def test_the_extension_loads_neither_torch_nor_ray(outputs):
    assert outputs["load"][0]["text"] == "[]\n"


def test_a_cell_shows_its_plan_its_progress_its_outcome_and_its_figure(outputs):
    plan, progress, outcome, figure = (each["data"] for each in outputs["run"])
    assert plan["text/plain"] == "tiny: 9 cells, 9 new, about 1 s of one core"
    assert "<td" in plan["text/html"]
    assert re.match(r"9/9 cells .* cells/s\n1 worker: this process$", progress["text/plain"])
    assert 'value="1.0000"' in progress["text/html"]  # drawn in its place to the end
    assert outcome["text/plain"].startswith("9 cells: 9 done (9 trained now)")
    assert "variable tiny" in outcome["text/html"]
    assert figure["image/png"]


def test_the_next_cell_has_the_dataset(outputs):
    assert kind(outputs["use"], "text/plain") == ["(3,)"]


def test_problems_are_colored_and_marked(outputs):
    ((html,), (text,)) = (kind(outputs["wrong"], f"text/{each}") for each in ("html", "plain"))
    assert "\x1b" not in text
    assert "^^^^^^^^^^^^^^ no dataset of this name" in text
    assert re.search(r'<span style="color: #\w+; font-weight: bold">\^{14}</span>', html)
    assert "nothing has run" in error(outputs["wrong"])


def test_html_is_escaped_and_has_no_scripts(outputs):
    found = [tag for each in outputs.values() for html in kind(each, "text/html")
             if "xarray" not in html for tag in tags(html)]  # fmt: skip
    assert {tag for tag, _ in found} == TAGS
    assert {name for _, each in found for name in each} <= {"style", "open", "max", "value"}


def test_an_error_of_a_spec_is_its_message_in_place_of_a_traceback(outputs):
    raised = error(outputs["raised"])
    assert raised.startswith("\x1b[31m\x1b[1merror:\x1b[0m wrong.dd has errors\n\n")
    assert re.search(r"\x1b\[31m\x1b\[1m\^{14}\x1b\[0m no dataset of this name", raised)
    assert "Traceback" not in raised


def test_an_interrupted_cell_keeps_what_is_finished(outputs):
    told = re.search(r"stopped: ([\d,]+) of 320 cells are kept", error(outputs["interrupted"]))
    (kept,) = kind(outputs["kept"], "text/plain")
    assert int(told[1].replace(",", "")) == int(kept)
    assert 0 < int(kept) < 320
    assert "Ctrl-C: no cells are begun any more" in kind(outputs["interrupted"], "text/plain")[-1]
