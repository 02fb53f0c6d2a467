from textwrap import dedent

import pytest

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.render import as_json, render, summary

WIDTH = """\
dd 1

# a comment
dataset noisy = mnst1d(samples: n, label_noise: noise)
architecture net = mlp(hidden: [64, 64], activation: relu)
train fit {
  for: 4000
}
experiment curve {
  sweep {
    width  in log 1..256 points 25
    epochs in {1, 10, 100, 1000, 300, 4000}     # read off one run
  }
}
"""


def span(part: str, text: str = WIDTH, source: str = "width.dd") -> Span:
    start = text.index(part)
    return Span(source, start, start + len(part))


def drawn(diagnostic: Diagnostic, **sources: str) -> str:
    return render(diagnostic, {"width.dd": WIDTH, **sources}) + "\n"


def test_a_near_miss_is_drawn_with_help_and_fix():
    wrong = span("mnst1d")
    diagnostic = Diagnostic(
        "DD101",
        "unknown dataset `mnst1d`",
        Label(wrong, "no dataset of this name"),
        help=("a dataset with a similar name exists: `mnist1d`",),
        fix=Fix(wrong, "mnist1d", "replace `mnst1d` by `mnist1d`"),
    )
    assert drawn(diagnostic) == dedent("""\
        error[DD101]: unknown dataset `mnst1d`
         --> width.dd:4:17
          |
        4 | dataset noisy = mnst1d(samples: n, label_noise: noise)
          |                 ^^^^^^ no dataset of this name
          |
          = help: a dataset with a similar name exists: `mnist1d`
          = fix (safe): replace `mnst1d` by `mnist1d`
          |
        4 - dataset noisy = mnst1d(samples: n, label_noise: noise)
        4 + dataset noisy = mnist1d(samples: n, label_noise: noise)
        """)


def test_a_second_place_on_another_line_is_drawn_with_dashes_and_dots():
    diagnostic = Diagnostic(
        "DD501",
        "axis `width` changes nothing",
        Label(Span("width.dd", *line_part("width  in", 5)), "no part of this experiment reads it"),
        (Label(span("[64, 64]"), "the size is a constant here"),),
        notes=("all values would describe the same cell",),
        help=("read the axis in the model: `hidden: [width, width]`", "or remove the axis"),
    )
    assert drawn(diagnostic) == dedent("""\
        error[DD501]: axis `width` changes nothing
          --> width.dd:11:5
           |
         5 | architecture net = mlp(hidden: [64, 64], activation: relu)
           |                                -------- the size is a constant here
        ...
        11 |     width  in log 1..256 points 25
           |     ^^^^^ no part of this experiment reads it
           |
           = note: all values would describe the same cell
           = help: read the axis in the model: `hidden: [width, width]`
           = help: or remove the axis
        """)


def line_part(part: str, length: int) -> tuple[int, int]:
    start = WIDTH.index(part)
    return start, start + length


def test_a_mark_without_words_shares_the_row_of_the_one_with_words():
    diagnostic = Diagnostic(
        "DD504",
        "the `epochs` axis must increase",
        Label(span("300"), "comes after 1000"),
        (Label(span("1000")),),
    )
    assert "12 |     epochs in {1, 10, 100, 1000, 300, 4000}     # read off one run" in drawn(
        diagnostic
    )
    assert "   |                            ----  ^^^ comes after 1000\n   |" in drawn(diagnostic)


def test_a_place_in_another_file_is_drawn_after_colons():
    base = 'dd 1\nuse "width.dd" as b\n'
    diagnostic = Diagnostic(
        "DD111",
        "these files import each other in a circle",
        Label(span("dd 1"), "the circle starts here"),
        (Label(Span("lib/base.dd", 5, 24), "closes the circle"),),
    )
    assert drawn(diagnostic, **{"lib/base.dd": base}) == dedent("""\
        error[DD111]: these files import each other in a circle
         --> width.dd:1:1
          |
        1 | dd 1
          | ^^^^ the circle starts here
          |
         ::: lib/base.dd:2:1
          |
        2 | use "width.dd" as b
          | ------------------- closes the circle
          |
        """)


def test_two_texts_on_one_line_have_rows_of_their_own_rightmost_first():
    diagnostic = Diagnostic("DD1", "t", Label(span("noisy"), "left"), (Label(span("n,"), "right"),))
    rows = drawn(diagnostic).splitlines()[4:6]
    assert rows == [
        "  |                                 -- right",
        "  |         ^^^^^ left",
    ]


@pytest.mark.parametrize(
    ("before", "columns"),
    [("\t", 4), ("ab\t", 4), ("\t\t", 8), ("数", 2), ("e\u0301", 1), ("\N{ROCKET}", 2)],
)
def test_carets_stand_under_what_they_mark_whatever_precedes_it(before: str, columns: int):
    text = f"{before}wrong"
    drawing = render(Diagnostic("DD1", "t", Label(span("wrong", text, "a"))), {"a": text})
    assert drawing.splitlines()[4] == "  | " + " " * columns + "^^^^^"


def test_a_fault_at_the_end_of_a_file_is_drawn_after_its_last_sign():
    drawing = render(Diagnostic("DD1", "t", Label(Span("a", 3, 3))), {"a": "x: "})
    assert drawing.splitlines()[3:5] == ["1 | x:", "  |    ^"]


def test_terminal_commands_in_a_source_are_not_sent_to_the_terminal():
    text = "a\x1b[31m\u202e\x00"
    drawing = render(Diagnostic("DD1", f"bad {text}", Label(span("a", text, "a"))), {"a": text})
    assert not {"\x1b", "\u202e", "\x00"} & set(drawing)


def test_windows_line_ends_are_not_quoted():
    drawing = render(Diagnostic("DD1", "t", Label(Span("a", 3, 4))), {"a": "x\r\nyz\r\n"})
    assert drawing.splitlines()[3] == "2 | yz"
    assert "\r" not in drawing


def test_a_file_without_text_is_named():
    assert "--> gone.dd" in render(Diagnostic("DD1", "t", Label(Span("gone.dd", 3, 4))), {})


def test_a_fix_that_adds_a_line_shows_it():
    fix = Fix(Span("a", 0, 0), "dd 1\n", "add the edition")
    drawing = render(Diagnostic("DD1", "t", Label(Span("a", 0, 3)), fix=fix), {"a": "let x = 1"})
    assert drawing.splitlines()[-3:] == ["1 - let x = 1", "1 + dd 1", "2 + let x = 1"]


def test_the_summary_counts_by_severity_and_names_the_files():
    at = Label(Span("width.dd", 0, 1))
    warning = Diagnostic("DD2", "t", Label(Span("b.dd", 0, 1)), severity="warning")
    error = Diagnostic("DD1", "t", at)
    assert summary([error]) == "1 error in width.dd"
    assert summary([error, error, warning]) == "2 errors and 1 warning in width.dd and b.dd"
    assert summary([]) == "no problems"


def test_json_gives_bytes_lines_and_columns():
    text = "é\nwrong"
    wrong = span("wrong", text, "a")
    fix = Fix(wrong, "right", "replace it")
    data = as_json(Diagnostic("DD1", "t", Label(wrong, "here"), fix=fix), {"a": text})
    assert data["primary"] == {
        "file": "a",
        "start": {"offset": 3, "line": 2, "column": 1},
        "end": {"offset": 8, "line": 2, "column": 6},
        "text": "here",
    }
    assert data["fix"] == {
        **{key: data["primary"][key] for key in ("file", "start", "end")},
        "new": "right",
        "title": "replace it",
        "safe": True,
    }
    assert list(data) == [
        *("code", "severity", "title", "primary", "secondary", "notes", "help", "fix"),
    ]
