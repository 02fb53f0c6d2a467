"""The bar of a run in a notebook."""

from types import SimpleNamespace

from ddspec.execution.advance import Advance
from ddspec.notebook.screen import Board
from tests.commands.test_advance import record


def test_a_bar_is_drawn_now_and_then_and_at_the_end():
    drawn = []
    screen = SimpleNamespace(show=lambda text, *_, again: drawn.append((text.split()[0], again)))
    board, advance = Board(screen), Advance(dict.fromkeys("abcdefgh", 1.0))
    for name in "abcdefgh":
        advance.add([record(name)])
        board.update(advance)
    assert drawn == [("1/8", False), ("8/8", True)]
