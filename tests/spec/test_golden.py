"""Every code has a wrong file with its exact message, and the file made right."""

import re
from pathlib import Path

import pytest

from ddspec.spec.catalogue import CATALOGUE
from tests.spec.golden_files import FOLDERS, check_file, messages, overrides

SOURCES = Path(__file__).parents[2] / "ddspec"


def codes_in(*stages):
    texts = [file.read_text() for stage in stages for file in (SOURCES / stage).glob("*.py")]
    return {code for text in texts for code in re.findall(r'"(DD\d{3})"', text)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_file_gets_its_exact_message(folder, request):
    expected = folder / "expected.txt"
    found = messages(folder)
    if request.config.getoption("--update-golden", default=False):
        expected.write_text(found)
    assert found == expected.read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_mistake_is_told_once_and_under_its_code(folder):
    _, diagnostics, _ = check_file(folder, "wrong.dd", overrides(folder))
    assert [each.code for each in diagnostics] == [folder.name[:5]]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_file_made_right_is_clean(folder):
    spec, diagnostics, _ = check_file(folder, "right.dd")
    assert not diagnostics
    assert spec is not None


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_safe_fix_leaves_no_error_of_its_code(folder):
    text = (folder / "wrong.dd").read_text()
    _, diagnostics, _ = check_file(folder, "wrong.dd", overrides(folder))
    for each in diagnostics:
        fix = each.fix
        if fix is None or not fix.safe:
            continue
        assert fix.span.source == "wrong.dd"
        fixed = text[: fix.span.start] + fix.new + text[fix.span.end :]
        spec, left, _ = check_file(folder, "wrong.dd", {}, fixed)
        assert spec is not None, left


def test_every_code_of_both_stages_has_a_golden_folder():
    assert {folder.name[:5] for folder in FOLDERS} == codes_in("spec", "language")


def test_the_catalogue_has_every_code_and_no_other():
    assert set(CATALOGUE) == codes_in("spec", "language") - {""}


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_says_why_and_how(code):
    entry = CATALOGUE[code]
    assert entry.code == code
    assert all((entry.title, entry.why, entry.wrong, entry.right))
    assert entry.wrong != entry.right
