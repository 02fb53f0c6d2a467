import pytest

from ddspec.language.parser import parse


def found(text: str) -> list[tuple[str, int, str]]:
    return [(each.code, each.primary.span.start, each.title) for each in parse(text, "a")[1]]


@pytest.mark.parametrize("text", ["dd 1", "\n# c\ndd 1\n", "\ufeffdd 1\r\n"])
def test_a_file_that_begins_with_its_edition_is_right(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "place"), [("", 0), ("# only a comment", 0), ("let a = 1", 0), ("\n\nlet a = 1\n", 2)]
)
def test_a_file_without_edition_is_refused(text: str, place: int):
    assert found(text) == [("DD005", place, "the file does not begin with its edition")]


def test_an_edition_further_down_is_pointed_at():
    [problem] = parse("let a = 1\ndd 1\n", "a")[1]
    assert problem.code == "DD005"
    assert [label.span.start for label in problem.secondary] == [10]
    assert problem.fix is None


def test_a_second_edition_is_refused():
    assert found("dd 1\ndd 1\n") == [("DD005", 5, "the edition is given twice")]


@pytest.mark.parametrize("number", ["2", "0", "1.5", "1_000"])
def test_an_unknown_edition_is_refused(number: str):
    title = f"edition {number} is not known to this version of ddspec"
    assert found(f"dd {number}\n") == [("DD006", 3, title)]


def test_the_fix_of_a_missing_edition_makes_the_file_right():
    text = "let a = 1\n"
    fix = parse(text, "a")[1][0].fix
    assert parse(text[: fix.span.start] + fix.new + text[fix.span.end :], "a")[1] == ()


def test_nothing_is_said_about_the_edition_when_the_first_line_cannot_be_read():
    assert [code for code, _, _ in found("dd\nlet a = 1\n")] == ["DD001"]
