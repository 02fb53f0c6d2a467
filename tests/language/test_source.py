import pytest

from ddspec.language.source import Source

TEXT = "dd 1\r\n\nλx = 1"


@pytest.mark.parametrize(
    ("offset", "position"),
    [(0, (1, 1)), (3, (1, 4)), (6, (2, 1)), (7, (3, 1)), (9, (3, 3)), (99, (3, 7)), (-1, (1, 1))],
)
def test_an_offset_has_a_line_and_a_column(offset: int, position: tuple[int, int]):
    assert Source("a", TEXT).position(offset) == position


def test_a_line_comes_without_its_end():
    source = Source("a", TEXT)
    assert [source.line(number) for number in range(5)] == ["", "dd 1", "", "λx = 1", ""]


def test_byte_offsets_count_utf8():
    assert Source("a", TEXT).byte_offset(8) == 9
