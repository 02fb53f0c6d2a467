"""`ddspec doctor`: what it looks at, and what it says of what is wrong."""

import json
import os
import sys
import time
from importlib import metadata

import pytest

import ddspec
from ddspec.commands import examination
from ddspec.commands.examination import Finding


def looked(call, *words):
    result = call("doctor", "--no-run", "--json", *words)
    document = json.loads(result.stdout)
    return result.exit_code, {each["what"]: each for each in document["findings"]}


def test_this_machine_is_well(call):
    code, found = looked(call)
    assert code == 0
    assert list(found) == [
        *("python", "packages", "cards", "compiler", "processors", "cache", "folder", "data"),
    ]
    assert f"ddspec {ddspec.__version__}" in found["python"]["text"]
    assert f"torch {metadata.version('torch')}" in found["packages"]["text"]


def test_a_line_each_and_a_summary(call, monkeypatch):
    findings = [
        Finding("python", "ok", "3.11"),
        Finding("cache", "warning", "none", ("make one",)),
        Finding("cards", "problem", "unseen", ("install a driver",)),
    ]
    monkeypatch.setattr(examination, "examine", lambda *_, **__: iter(findings))
    result = call("doctor")
    assert result.exit_code == 1
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["ok", "python", "3.11"],
        ["warning", "cache", "none"],
        ["=", "help:", "make", "one"],
        ["PROBLEM", "cards", "unseen"],
        ["=", "help:", "install", "a", "driver"],
        ["1", "problem", "and", "1", "warning"],
    ]


def test_warnings_are_no_problem(call, monkeypatch):
    found = [Finding("cache", "warning", "none", ("make one",))]
    monkeypatch.setattr(examination, "examine", lambda *_, **__: iter(found))
    result = call("doctor")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "1 warning")


def test_what_it_runs_can_be_run(tmp_path):
    (tmp_path / "doctor.dd").write_text(examination.TINY)
    risk = ddspec.run(tmp_path / "doctor.dd", tmp_path / "out", local=True)
    assert (risk.status == 1).all()
    assert risk.sizes == {"width": 2, "seed": 2} | {k: v for k, v in risk.sizes.items() if v == 1}


@pytest.mark.parametrize(
    ("code", "said", "state", "text"),
    [
        (0, "", "problem", "ended with exit code 0"),  # it left no dataset
        (1, "a\nb\nno space left\n", "problem", "ended with exit code 1"),
        (None, "", "problem", "not ended after 0 s"),
    ],
)
def test_a_run_that_goes_wrong_is_a_problem(monkeypatch, code, said, state, text):
    monkeypatch.setattr(examination, "_called", lambda *_: (code, said))
    monkeypatch.setattr(examination, "busy", lambda: False)
    found = examination.run("ray")
    assert (found.state, found.text) == (state, text)
    assert code != 1 or found.advice[-1] == "no space left"


def test_a_run_on_a_busy_machine_may_be_slow(monkeypatch):
    monkeypatch.setattr(examination, "_called", lambda *_: (None, ""))
    monkeypatch.setattr(examination, "busy", lambda: True)
    assert examination.run("here").state == "warning"


def test_a_run_that_hangs_is_ended(tmp_path):
    began = time.monotonic()
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert examination._called(words, str(tmp_path), 0.2) == (None, "")
    assert time.monotonic() - began < 30


def test_an_old_package_is_a_problem_with_what_to_install(monkeypatch):
    monkeypatch.setattr(
        metadata, "requires", lambda _: ["ray>=2.40", "none>=1", "x>=9; extra == 'y'"]
    )
    found = {each.text: each for each in examination.packages()}
    assert found["none is not there, 1 is needed"].advice == ("pip install 'none>=1'",)
    monkeypatch.setattr(metadata, "version", lambda _: "2.9.1+cpu")
    texts = [each.text for each in examination.packages()]
    assert texts[0] == "ray is of version 2.9.1+cpu, 2.40 is needed"
    assert len(texts) == 2


def test_a_data_folder_that_is_not_there_is_a_problem(call):
    code, found = looked(call, "--data", "nowhere")
    assert (code, found["data"]["state"]) == (1, "problem")
    assert found["data"]["advice"]


def test_no_compiler_is_a_warning(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert examination.kernel().state == "warning"


def test_a_machine_whose_card_torch_does_not_see_is_a_problem(monkeypatch):
    from ddspec.plan import machine
    from ddspec.training import cards

    monkeypatch.setattr(cards, "cards", lambda: ())
    monkeypatch.setattr(machine, "_cards", lambda: 1)
    assert examination.torch().state == "problem"
    monkeypatch.setattr(cards, "cards", lambda: (cards.Card("T4", 16 * 10**9, 10**9),))
    assert "T4, 1 of 16 GB free" in examination.torch().text


def test_a_package_that_cannot_be_loaded_is_a_problem():
    def broken():
        raise ImportError("libcudart.so.12: cannot open shared object file")

    found = examination._guarded(broken)
    assert (found.state, found.text[:9]) == ("problem", "libcudart")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_a_problem(folder):
    folder.chmod(0o500)
    assert examination.here().state == "problem"
    folder.chmod(0o700)
