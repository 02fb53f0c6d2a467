"""A server process for all tests of a file."""

import pytest

from tests.server.editor import Editor


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    made = Editor(tmp_path_factory.mktemp("specs"))
    yield made
    assert not made.shown
    assert made.stop() == 0
