"""`ddspec diff`: what another version of a spec changes."""

import json

import pytest

from tests.commands.specs import TINY


def test_equal_specs_are_the_same(call, folder):
    (folder / "other.dd").write_text(TINY.replace("# Nine", "# 9") + "\n\n# the end\n")
    result = call("diff", "tiny.dd", "other.dd")
    assert (result.exit_code, result.stdout) == (0, "tiny: the same 9 cells\n")


def test_what_is_added_dropped_and_why(call, folder):
    (folder / "other.dd").write_text(TINY.replace("0..<3", "0..<4").replace("{4, 8", "{5, 8"))
    result = call("diff", "tiny.dd", "other.dd")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "tiny:",
        "  = 6 cells the same",
        "  - 3 cells dropped",
        "  + 6 cells added",
        "  why axis n: - 4; + 5",
        "  why axis seed: + 3",
    ]


def test_a_setting_is_named(call, folder):
    (folder / "other.dd").write_text(TINY.replace("0.5", "0.25"))
    lines = call("diff", "tiny.dd", "other.dd").stdout.splitlines()
    assert "  why dataset.noise_std: 0.5 -> 0.25  (at 9 points)" in lines


def test_json_has_the_ids(call, folder):
    (folder / "other.dd").write_text(TINY.replace("0..<3", "0..<4"))
    (found,) = json.loads(call("diff", "tiny.dd", "other.dd", "--json").stdout)["experiments"]
    assert (found["same"], found["dropped"], len(found["added"])) == (9, [], 3)
    assert all(len(cell) == 64 for cell in found["added"])
    assert found["different"]


def test_a_run_folder_is_compared_as_it_was_run(call, folder):
    assert call("run", "tiny.dd", "--local", "--out", "out", "--set", "n={4}").exit_code == 0
    result = call("diff", "out", "tiny.dd")
    assert "  = 3 cells the same" in result.stdout
    assert "  + 6 cells added" in result.stdout
    assert call("diff", "out/spec.dd", "out").exit_code == 0


def test_stale_cells_of_a_run_folder_are_told(call, folder, monkeypatch):
    from ddspec import upkeep

    assert call("run", "tiny.dd", "--local", "--out", "out").exit_code == 0
    monkeypatch.setattr(upkeep, "stale_in", lambda _: {"linear has version 2, was 1": 9})
    result = call("diff", "out", "tiny.dd")
    assert "out: 9 stored cells are stale: linear has version 2, was 1" in result.stdout


@pytest.mark.parametrize(
    "sides", [("tiny.dd", "wrong.dd"), ("none.dd", "tiny.dd"), (".", "tiny.dd")]
)
def test_what_cannot_be_read_is_trouble(call, sides):
    result = call("diff", *sides)
    assert result.exit_code == 2
    assert "error" in result.stderr


def test_one_experiment_that_is_not_there_is_trouble(call):
    assert call("diff", "tiny.dd", "tiny.dd", "--experiment", "huge").exit_code == 2
    assert call("diff", "tiny.dd", "tiny.dd", "--experiment", "tiny").exit_code == 0
    assert call("diff", "tiny.dd").exit_code == 2
