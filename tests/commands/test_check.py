"""`ddspec check`."""

import json


def test_a_right_spec_is_said_to_run(call):
    result = call("check", "tiny.dd")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "tiny.dd can be run: tiny (9 grid points)\n"


def test_every_mistake_is_shown_on_stdout(call):
    result = call("check", "wrong.dd")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "unknown dataset `linear_gausian`" in result.stdout
    assert "`least_square`" in result.stdout
    assert result.stdout.endswith("2 errors in wrong.dd\n")
    assert "can be run" not in result.stdout


def test_one_wrong_file_does_not_hide_another(call):
    result = call("check", "missing.dd", "wrong.dd", "tiny.dd")
    assert result.exit_code == 1
    assert "cannot read missing.dd" in result.stderr
    assert "2 errors in wrong.dd" in result.stdout
    assert "tiny.dd can be run" in result.stdout


def test_set_replaces_an_axis(call):
    result = call("check", "tiny.dd", "--set", "seed=0..<7", "--set", "n = {4, 8} samples")
    assert "tiny (14 grid points)" in result.stdout


def test_a_mistake_in_set_is_shown_in_its_own_text(call):
    result = call("check", "tiny.dd", "--set", "seed=0..<")
    assert result.exit_code == 1
    assert "0..<" in result.stdout


def test_set_of_an_unknown_name_is_refused(call):
    result = call("check", "tiny.dd", "--set", "sead=0..<7")
    assert result.exit_code == 1
    assert "`sead`" in result.stdout + result.stderr


def test_json_has_every_file_and_place(call):
    result = call("check", "wrong.dd", "tiny.dd", "missing.dd", "--format", "json")
    wrong, tiny, missing = json.loads(result.stdout)["files"]
    assert [each["ok"] for each in (wrong, tiny, missing)] == [False, True, False]
    assert wrong["diagnostics"][0]["primary"]["start"]["line"] == 5
    assert tiny["diagnostics"] == []
    assert missing["error"].startswith("cannot read missing.dd")
    assert result.exit_code == 1


def test_a_folder_is_no_spec(call, folder):
    (folder / "specs").mkdir()
    result = call("check", "specs")
    assert result.exit_code == 1
    assert "error: cannot read specs" in result.stderr


def test_bytes_are_no_spec(call, folder):
    (folder / "photo.dd").write_bytes(b"dd 1\n\xff\xfe")
    result = call("check", "photo.dd")
    assert result.exit_code == 1
    assert "error: photo.dd is not UTF-8 text" in result.stderr


def test_no_file_is_wrong_usage(call):
    assert call("check").exit_code == 2
