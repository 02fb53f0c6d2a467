"""A dataset says what was run, with which versions, from which commit."""

import hashlib
import json
import os
import subprocess

import pytest

from ddspec.results.provenance import provenance
from ddspec.spec.model import Spec


def spec(path="peak.dd", **more):
    return Spec(path=str(path), text="dd 1\n", experiments=(), **more)


def git(folder, *words):
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_CONFIG_GLOBAL": os.devnull}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=who, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "peak.dd").write_text("dd 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "tag", "-a", "v1", "-m", "a tag must not stand for the commit")
    return tmp_path


def test_the_spec_is_kept_verbatim_with_its_hash():
    about = provenance(spec())
    assert about["spec"] == "dd 1\n"
    assert about["spec_sha256"] == hashlib.sha256(b"dd 1\n").hexdigest()


def test_versions_are_known_without_importing_torch():
    about = provenance(spec())
    for name in ("ddspec", "torch", "numpy", "python"):
        assert about[f"{name}_version"][0].isdigit()


def test_the_commit_of_the_specs_work_tree_is_kept(tree):
    head = git(tree, "rev-parse", "HEAD")
    assert provenance(spec(tree / "peak.dd"))["git_commit"] == head


def test_a_changed_work_tree_is_marked(tree):
    (tree / "peak.dd").write_text("dd 1\n# more\n")
    assert provenance(spec(tree / "peak.dd"))["git_commit"].endswith("+changes")


@pytest.mark.parametrize("place", ["peak.dd", "missing/peak.dd"])
def test_outside_of_git_there_is_no_commit(tmp_path, monkeypatch, place):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "git_commit" not in provenance(spec(tmp_path / place))


def test_used_files_and_overrides_are_kept_as_json():
    about = provenance(
        spec(
            sources={"peak.dd": "dd 1\n", "lib.dd": "dd 1\nlet a = 1\n"},
            overrides={"width": "{4, 8}"},
        )
    )
    assert json.loads(about["spec_sources"]) == {"lib.dd": "dd 1\nlet a = 1\n"}
    assert json.loads(about["spec_overrides"]) == {"width": "{4, 8}"}


def test_every_fact_is_text():
    assert {type(value) for value in provenance(spec()).values()} == {str}
