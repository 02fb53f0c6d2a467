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


def test_github_gets_a_workflow_command_for_each_problem(call):
    result = call("check", "wrong.dd", "missing.dd", "--format", "github")
    first, second, third = result.stdout.splitlines()
    assert first.startswith(
        "::error file=wrong.dd,line=5,endLine=5,col=17,endColumn=31,title=DD101::"
        "unknown dataset `linear_gausian`: no dataset of this name%0Ahelp: "
    )
    assert second.startswith("::error file=wrong.dd,line=7,")
    assert third.startswith("::error file=missing.dd::cannot read missing.dd")
    assert result.exit_code == 1


def test_what_github_would_misread_is_escaped(call, folder):
    (folder / "a,b%.dd").write_text("dd 1\nlet a: 1\n")
    first = call("check", "a,b%.dd", "--format", "github").stdout.splitlines()[0]
    assert first.startswith("::error file=a%2Cb%25.dd,line=2,")


REQUIRED = {  # by SARIF 2.1.0, of the objects that are written
    "sarifLog": {"version", "runs"},
    "run": {"tool"},
    "tool": {"driver"},
    "driver": {"name"},
    "rule": {"id"},
    "result": {"message"},
    "artifactChange": {"artifactLocation", "replacements"},
    "replacement": {"deletedRegion"},
    "notification": {"message"},
    "invocation": {"executionSuccessful"},
    "fix": {"artifactChanges"},
}


def has(kind, value):
    assert value.keys() >= REQUIRED[kind], kind
    return value


def test_sarif_has_what_its_standard_requires(call):
    result = call("check", "wrong.dd", "tiny.dd", "missing.dd", "--format", "sarif")
    log = has("sarifLog", json.loads(result.stdout))
    assert (log["version"], log["$schema"][-10:]) == ("2.1.0", "2.1.0.json")
    (run,) = (has("run", run) for run in log["runs"])
    driver = has("driver", has("tool", run["tool"])["driver"])
    rules = [has("rule", rule)["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    (invocation,) = (has("invocation", each) for each in run["invocations"])
    (unread,) = (has("notification", n) for n in invocation["toolExecutionNotifications"])
    assert "missing.dd" in unread["message"]["text"]
    assert not invocation["executionSuccessful"]
    assert len(run["results"]) == 2
    for found in run["results"]:
        assert rules[has("result", found)["ruleIndex"]] == found["ruleId"]
        assert found["level"] in ("none", "note", "warning", "error")
        assert found["message"]["text"]
        for place in (*found["locations"], *found["relatedLocations"]):
            physical = place["physicalLocation"]
            assert physical["artifactLocation"]["uri"] == "wrong.dd"
            region = physical["region"]
            assert min(region.values()) >= 1
            assert region["endLine"] >= region["startLine"]
        for fix in found["fixes"]:
            (change,) = (has("artifactChange", c) for c in has("fix", fix)["artifactChanges"])
            (replacement,) = (has("replacement", r) for r in change["replacements"])
            assert replacement["insertedContent"]["text"]
    assert result.exit_code == 1


def test_sarif_of_a_right_file_has_no_results(call):
    run = json.loads(call("check", "tiny.dd", "--format", "sarif").stdout)["runs"][0]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_fix_writes_what_is_safe_and_checks_again(call, folder):
    result = call("check", "wrong.dd", "--fix")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "wrong.dd can be run: tiny (9 grid points)"
    assert "fixed wrong.dd: replace `linear_gausian` by `linear_gaussian`" in result.stdout
    assert (folder / "wrong.dd").read_text() == (folder / "tiny.dd").read_text()


def test_diff_shows_what_fix_would_do_and_writes_nothing(call, folder):
    before = (folder / "wrong.dd").read_text()
    result = call("check", "wrong.dd", "--fix", "--diff")
    assert result.stdout.startswith("--- wrong.dd\n+++ wrong.dd\n")
    assert "\n-  train:        least_square()\n" in result.stdout
    assert "\n+  train:        least_squares()\n" in result.stdout
    assert (folder / "wrong.dd").read_text() == before
    assert result.exit_code == 1


def test_fix_leaves_a_right_file_as_it_is(call, folder):
    text = "dd 1\r\n" + (folder / "tiny.dd").read_text()[5:]
    (folder / "tiny.dd").write_bytes(text.encode())
    before = (folder / "tiny.dd").stat()
    assert call("check", "tiny.dd", "--fix").exit_code == 0
    assert (folder / "tiny.dd").read_bytes() == text.encode()
    assert (folder / "tiny.dd").stat().st_ino == before.st_ino


def test_fix_of_a_file_that_is_not_there_says_so(call):
    result = call("check", "missing.dd", "--fix")
    assert result.exit_code == 1
    assert "error: cannot read missing.dd" in result.stderr
