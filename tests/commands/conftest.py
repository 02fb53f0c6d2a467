"""A folder with the two specs in it, and a way to call `ddspec` there."""

import pytest
from click.testing import CliRunner

from ddspec.commands.group import ddspec
from tests.commands.specs import TINY, WRONG


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.dd").write_text(TINY)
    (tmp_path / "wrong.dd").write_text(WRONG)
    return tmp_path


@pytest.fixture
def call(folder):
    """Call `ddspec` in the folder: gives exit_code, stdout, stderr; bugs raise."""

    def called(*words):
        result = CliRunner().invoke(ddspec, words, prog_name="ddspec")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return called
