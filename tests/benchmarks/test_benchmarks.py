"""The machinery of the benchmarks: they can be run, and what they find is kept."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import gpu, panel
from tests.benchmarks.measuring.readme import BEGIN, END, blocks_of, rewritten
from tests.benchmarks.measuring.rounds import Rounds, interleaved
from tests.benchmarks.measuring.workers import Workers
from tests.benchmarks.rivals import loops
from tests.benchmarks.table import Table, found_by

ROOT = Path(__file__).parents[2]
EMPTY = f"before\n\n{BEGIN}\n{END}\n\nafter\n"
NAMES = ["engine", "panel", "gpu"]


# --- results in the README -------------------------------------------------------------------


def test_results_go_between_the_markers_in_order():
    text = rewritten(EMPTY, {"gpu": "### G\n", "engine": "### E\n"}, NAMES)
    assert text == (
        f"before\n\n{BEGIN}\n\n<!-- benchmark: engine -->\n### E\n\n"
        f"<!-- benchmark: gpu -->\n### G\n\n{END}\n\nafter\n"
    )


def test_other_results_stay():
    text = rewritten(EMPTY, {"gpu": "### G", "engine": "### E"}, NAMES)
    again = rewritten(text, {"engine": "### E2", "panel": "### P"}, NAMES)
    section = again.split(BEGIN)[1].split(END)[0]
    assert blocks_of(section) == {"engine": "### E2", "panel": "### P", "gpu": "### G"}


def test_writing_twice_changes_nothing():
    text = rewritten(EMPTY, {"engine": "### E\n\na | b"}, NAMES)
    assert rewritten(text, {"engine": "### E\n\na | b"}, NAMES) == text
    assert rewritten(text, {}, NAMES) == text


def test_results_of_a_benchmark_that_is_no_more_go():
    text = rewritten(EMPTY, {"engine": "### E", "gpu": "### G"}, NAMES)
    assert "### E" not in rewritten(text, {}, ["gpu"])


@pytest.mark.parametrize("text", ["no markers", f"{BEGIN} twice {BEGIN} {END}", f"{END} {BEGIN}"])
def test_a_readme_without_markers_is_refused(text):
    with pytest.raises(ValueError, match="must hold"):
        rewritten(text, {}, NAMES)


def test_the_readme_has_its_markers_and_names_every_benchmark():
    text = command.README.read_text(encoding="utf-8")
    assert rewritten(text, {}, command.names()).startswith("# Benchmarks")
    assert set(command.names()) <= set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_the_command_keeps_what_it_measured(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(EMPTY)
    monkeypatch.setattr(command, "README", readme)
    monkeypatch.setattr(command, "apart", lambda name, quick: f"### {name} {quick}")
    assert command.main(["gpu", "--quick", "--print"]) == 0
    assert readme.read_text() == EMPTY
    assert command.main(["gpu", "--quick"]) == 0
    assert "<!-- benchmark: gpu -->\n### gpu True\n" in readme.read_text()


def test_a_benchmark_that_fails_keeps_its_results(tmp_path, monkeypatch, capsys):
    def apart(name, quick):
        if name == "engine":
            raise ValueError("no luck")
        return "### new"

    readme = tmp_path / "README.md"
    readme.write_text(rewritten(EMPTY, {"engine": "### old"}, NAMES))
    monkeypatch.setattr(command, "README", readme)
    monkeypatch.setattr(command, "apart", apart)
    assert command.main(["engine", "gpu"]) == 1
    assert "failed: engine" in capsys.readouterr().err
    assert "### old" in readme.read_text()
    assert "### new" in readme.read_text()


def test_a_benchmark_runs_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    text = command.apart("gpu", quick=True)
    assert text.startswith(f"### {gpu.TITLE}\n")
    assert text.endswith(f"\n\n{gpu.ABSENT}\n")


def test_an_unknown_benchmark_is_told(capsys):
    with pytest.raises(SystemExit):
        command.main(["engin"])
    assert "no benchmark engin: choose from" in capsys.readouterr().err


# --- benchmarks ------------------------------------------------------------------------------


def test_benchmarks_were_found():
    wanted = {"engine", "panel", "threads", "ray_tasks", "gpu", "million_cells"}
    assert wanted <= set(command.names())


@pytest.mark.parametrize("name", command.names())
def test_every_benchmark_measures_and_runs_alone(name):
    text = (command.HERE / f"{name}.py").read_text(encoding="utf-8")  # it may need what is not here
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert "measure" in functions
    assert '\nif __name__ == "__main__":\n' in text


def test_quick_is_for_those_that_know_it():
    table = Table("T", ("a",), ())
    seen = []
    assert found_by(lambda: table, quick=True) is table
    found_by(lambda *, quick=False: seen.append(quick), quick=True)
    found_by(lambda *, quick=False: seen.append(quick), quick=False)
    assert seen == [True, False]


def test_a_table_says_where_it_was_measured():
    table = Table("T", ("a", "b"), [["x", "1"]], "How.")
    assert table.markdown("Here.") == (
        "### T\n\nHere.\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n\nHow.\n"
    )
    assert Table("T", ("a",), [], "None.").markdown() == "### T\n\nNone.\n"


# --- rounds, workers, rivals -----------------------------------------------------------------


def test_designs_take_turns():
    calls = []
    designs = {name: lambda name=name: calls.append(name) or float(len(calls)) for name in "ab"}
    found = interleaved(designs, 2)
    assert calls == ["a", "b", "a", "b", "b", "a"]
    assert found.taken == {"a": [3.0, 6.0], "b": [4.0, 5.0]}
    calls.clear()
    interleaved(designs, 1, warm=False)
    assert calls == ["a", "b"]


def test_ratios_are_taken_within_rounds():
    found = Rounds({"slow": [2.0, 30.0, 400.0], "fast": [1.0, 10.0, 100.0]})
    assert found.ratio("slow", "fast") == 3.0
    assert found.median("slow") == 30.0
    assert "slow" in found
    assert "other" not in found


def test_workers_share_calls_and_tell_what_went_wrong():
    with Workers(2) as crew:
        assert crew.call(pow, (2, 3), (3, 2)) == [8, 9]
        assert crew.span(abs, -1) > 0
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            crew.call(divmod, (1, 0), (1, 1))
        assert crew.call(abs, (-1,), (-2,)) == [1, 2]


@pytest.mark.parametrize("loop", [loops.notebook, loops.tensor_loop])
def test_loops_train(loop, monkeypatch):
    made = []
    network = loops.network
    monkeypatch.setattr(loops, "network", lambda width: made.append(network(width)) or made[-1])
    held = loops.samples(1_000)
    loop(held, 16, 0, 1)
    assert all(cost > 0 for cost in loop(held, 16, 10, 1))
    before, after = (loops.evaluate(net, *held[:2]) for net in made)
    assert after[0] < before[0]
    assert after[1] < before[1]


def test_the_panel_is_that_of_the_issue(tmp_path):
    size = panel.Size()
    assert (len(size.points), size.points[0], size.points[-1]) == (30, 1, 500)
    assert sorted(set(size.points)) == size.points
    cells = panel.cells_of(size.written(tmp_path), size)
    assert set(cells.values()) == {10}
    assert (min(cells), max(cells), len(cells)) == (4, 300, 11)


def test_a_card_is_not_needed_to_try_the_script():
    dry = [sys.executable, "-m", "tests.benchmarks.gpu", "--dry"]
    done = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert {row[1] for row in rows} >= {"one model, eager", "ddspec, eager"}
    assert {row[0] for row in rows} >= {"| mlp 4", "| cnn5 1"}


def test_without_a_card_the_table_says_so(monkeypatch):
    monkeypatch.setattr(gpu.torch.cuda, "is_available", lambda: False)
    assert gpu.ABSENT in gpu.measure().markdown()
