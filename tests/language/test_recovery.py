from collections import Counter
from itertools import islice

import lark
import pytest

from ddspec.language import tree
from ddspec.language.grammar import tables
from ddspec.language.parser import parse
from ddspec.language.printer import print_file
from ddspec.language.source import Source
from tests.language.damage import TEXTS, damaged, line_of


def said(text: str) -> list[str]:
    """Each problem as `line:column code title`."""
    source = Source("a", text)
    return [
        "{}:{} {} {}".format(*source.position(each.primary.span.start), each.code, each.title)
        for each in parse(text, "a")[1]
    ]


def print_last(text: str) -> str:
    """The last statement that is left of a text."""
    return print_file(tree.File(parse(text, "a")[0].statements[-1:]))


def is_wrong(text: str) -> bool:
    """Whether lark itself refuses a text (whose brackets close on their lines, in our files)."""
    try:
        tables().parse(text, start="start")
    except lark.UnexpectedInput:
        return True
    return False


def test_a_single_spoilt_token_is_reported_once_and_on_its_line():
    count: Counter[str] = Counter()
    for case in (case for text in TEXTS for case in damaged(text) if is_wrong(case.text)):
        found = parse(case.text, "a")[1]
        lines = [line_of(case.text, each.primary.span.start) for each in found]
        assert lines, f"nothing said about {case}"
        count["cases"] += 1
        count["there"] += case.line in lines
        count["alone"] += lines == [case.line]
    assert count["cases"] > 1_100
    assert count["there"] / count["cases"] >= 0.98
    assert count["alone"] / count["cases"] >= 0.98


def test_what_is_left_of_a_spoilt_file_are_the_statements_that_were_not():
    for text in TEXTS:
        right = parse(text, "a")[0].statements
        for case in islice(damaged(text), 0, None, 3):
            left = parse(case.text, "a")[0].statements
            assert sum(each in right for each in left) >= len(right) - 2, case


# Mistakes inside `train f {`, which is line 2; the mistake is on line 3, line 4 is right.
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lr: 1 +", "3:10 DD001 expected a value after `+`, but the line ends"),
        ("lr:", "3:6 DD001 expected a value after `:`, but the line ends"),
        ("lr = 1", "3:6 DD001 a setting takes `:`, not `=`"),
        ("lr 1", "3:6 DD001 expected `:`, `in`, `{` or a name after `lr`, found `1`"),
        ("lr: 1,", "3:8 DD001 a comma does not end a statement"),
        ("lr: 2**3", "3:9 DD001 a power is written `^`"),
        ("lr: .5", "3:7 DD001 a number begins with a digit"),
        ("lr: 1 2", "3:9 DD001 expected a new line after `1`, found `2`"),
        ("lr: sgd(lr = 1)", "3:14 DD001 an argument takes `:`, not `=`"),
        ("lr: sgd(a b)", "3:13 DD001 expected `:` and a value, `,` or `)` after `a`, found `b`"),
        ("lr: sgd(1 2)", "3:13 DD001 expected `,` or `)` after `1`, found `2`"),
        ("lr: f(a: 1 b: 2)", "3:13 DD001 a `,` is missing before `b`"),
        ("lr: sgd(1]", "3:12 DD001 `)` closes a `(`, not `]`"),
        ("a {1, 2}", "3:5 DD001 `in` is missing after `a`"),
        ("lr: [1 2]", "3:10 DD001 expected `,` or `]` after `1`, found `2`"),
        ("lr: {1 2}", "3:10 DD001 expected `,` or `}` after `1`, found `2`"),
        ("lr: {a: 1}", "3:9 DD001 these braces are a set, which holds values only"),
        ("lr: (1", "3:7 DD002 this `(` is never closed"),
        ("lr: sgd([1, 2)", "3:11 DD002 this `[` is never closed"),
        ("lr: sgd([1, 2)]", "3:16 DD001 `]` is expected before this `)`"),
        ("lr: 1)", "3:8 DD001 this `)` closes nothing"),
        ("lr: 1}", "3:8 DD001 this `}` closes nothing"),
        ("lr: sgd)(", "3:10 DD001 this `)` closes nothing"),
        ("lr: sgd(lr: cosine(1)", "3:10 DD002 this `(` is never closed"),
        ("lr: 'x'", "3:7 DD003 text stands between double quotes"),
        ('lr: "x', "3:7 DD003 this text has no closing quote on its line"),
        ('lr: f("x)', "3:9 DD003 this text has no closing quote on its line"),
        ("lr: 1;", "3:8 DD003 this character is not part of the language"),
        ("lr: 1 \N{MINUS SIGN} 2", "3:9 DD003 this character is not part of the language"),
        ("lr: if a then b", "3:18 DD001 expected `else` and a value after `b`, but the line ends"),
        ("lr: 1..", "3:10 DD001 expected the upper end of the range after `..`, but the line ends"),
        ("lr: 1...2", "3:10 DD001 a range has two dots"),
        ("lr: log 1",
         "3:12 DD001 expected `..` and the upper end of the range after `1`, but the line ends"),
        ("lr: log(1)..2", "3:7 DD008 `log(` is the logarithm of one number"),
        ("a in 1..5 by", "3:15 DD001 expected a step after `by`, but the line ends"),
        ("a in in 1", "3:8 DD001 `in` is written twice"),
        ("in 1..5", "3:3 DD001 the name before `in` is missing"),
        ("{", "3:3 DD001 this block has no kind"),
        ("let x: 1", "3:8 DD001 a declaration takes `=`, not `:`"),
        ("let by = 1", "3:7 DD001 `by` is a word of the language and cannot be a name"),
        ("by: 1", "3:3 DD001 `by` is a word of the language and cannot be a name"),
        ("where a = 1", "3:11 DD001 `==` compares"),
        ("where a && b", "3:11 DD003 these characters are not part of the language"),
        ("where a || b",
         "3:12 DD001 `or` joins conditions, one `|` joins alternatives"),
        ("optimizer sgd", "3:16 DD001 expected `=` or `{` after `sgd`, but the line ends"),
        ("a b amend c {", "3:7 DD001 `amend` is not a word of the language"),
        ("a b extends c {", "3:7 DD001 `extends` is not a word of the language"),
        ("run 3d {", "3:7 DD001 a name cannot begin with a digit"),
        ("// note", "3:3 DD001 a comment begins with `#`"),
        ("use lib", "3:7 DD001 expected the path of a file in quotes after `use`, found `lib`"),
        ("zip 3", "3:7 DD001 expected `{` after `zip`, found `3`"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_message_at_its_place(line: str, expected: str):
    rest = "    batch: 64\n  }\n" if line.endswith("{") else "  batch: 64\n"
    text = f"dd 1\ntrain f {{\n  {line}\n{rest}}}\nlet z = 1\n"
    assert said(text) == [expected]
    assert print_last(text) == "let z = 1\n"


def test_every_mistake_of_a_file_is_reported_in_one_run():
    text = """\
dd 1
let = 3
train f {
  lr: 1 +
  sweep
    a in {1, 2
    b in 1..
  }
  loss: mse)
}
use lib
"""
    assert said(text) == [
        "2:5 DD001 expected a name after `let`, found `=`",
        "4:10 DD001 expected a value after `+`, but the line ends",
        "5:8 DD004 the block `sweep` lacks its `{`",
        "6:10 DD002 this `{` is never closed",
        "7:13 DD001 expected the upper end of the range after `..`, but the line ends",
        "9:12 DD001 this `)` closes nothing",
        "11:5 DD001 expected the path of a file in quotes after `use`, found `lib`",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("train f {\n  a: 1\n", ["2:9 DD002 this `{` is never closed"]),
        ("train f {\n  a: 1\nlet b = 2\n", ["2:9 DD002 this `{` is never closed"]),
        ("e x {\n  sweep {\n    a in 1\n}\nlet b = 2\n",
         ["3:9 DD002 this `{` is never closed"]),
        ("e x {\n  sweep {\n    a in 1\n  m {\n    b: 1\n  }\n}\n",
         ["3:9 DD002 this `{` is never closed"]),
        ("let b = 2\n}\n", ["3:1 DD001 this `}` closes nothing"]),
        ("e x {\n  a: 1\n}}\n", ["4:2 DD001 this `}` closes nothing"]),
        ("e x {\n  sweep {\n    a in 1\n  } }\n  b: 1\n}\n",
         ["5:5 DD001 this `}` closes nothing"]),
        ("train f\n  a: 1\n}\n", ["2:8 DD004 the block `train f` lacks its `{`"]),
        ("train f\n{\n  a: 1\n}\n",
         ["3:1 DD004 the `{` of a block stands on the line of its header"]),
        ("when a > 1\n  b in 1..2\n}\n", ["2:11 DD004 the block `when a` lacks its `{`"]),
        ("x y amends z\n  a: 1\n}\n", ["2:13 DD004 the block `x y` lacks its `{`"]),
        ("e x {\n  a: g(h(1)),\n    b: 2)\n}\n", ["3:12 DD001 this `)` closes nothing"]),
        ("e x {{\n  a: 1\n}\n", ["2:6 DD001 this `{` follows another one"]),
        ("e x {\n  a: f(\n    1,\n  b: 2\n}\n", ["3:7 DD002 this `(` is never closed"]),
    ],
)  # fmt: skip
def test_unpaired_braces_are_told_apart_by_the_layout(text: str, expected: list[str]):
    assert said(f"dd 1\n{text}") == expected


def test_a_bracket_fault_leaves_the_statements_around_it_intact():
    text = "dd 1\ntrain f {\n  a: 1\n  sweep {\n    b in {1, 2\n    c in 2..3\n  }\n}\n"
    whole = parse(text.replace("{1, 2\n", "{1, 2}\n"), "a")[0]
    assert parse(text, "a")[0] == whole


def test_a_broken_header_hides_none_of_the_mistakes_in_its_block():
    text = "dd 1\nexperiment a b {\n  a: 1\n  b: +\n}\n"
    assert [each.split()[0] for each in said(text)] == ["2:14", "4:6"]
    assert isinstance(parse(text, "a")[0].statements[1], tree.Hole)


def test_a_line_of_rubbish_is_no_statement():
    assert said("dd 1\n;\nlet a = 1\n") == ["2:1 DD003 this character is not part of the language"]


def test_a_block_with_rubbish_behind_it_is_kept():
    text = "dd 1\ntrain f {\n  a: 1\n} b\nlet c = 1\n"
    assert said(text) == ["4:3 DD001 expected a new line after `}`, found `b`"]
    assert parse(text, "a")[0] == parse(text.replace("} b", "}"), "a")[0]


def test_a_hole_keeps_its_place_and_the_names_in_it():
    [_, hole] = parse("dd 1\ndataset digits = = mnist\n", "a")[0].statements
    assert (hole.span.start, hole.span.end) == (5, 29)
    assert hole.names == ("dataset", "digits", "mnist")


def test_unusual_layout_of_a_right_file_is_no_mistake_and_stays_none_beside_one():
    right = "dd 1\nx {\na: f(\n1,\nb: 2)\nc in {\n1,\n2\n}\n}\n"
    assert said(right) == []
    assert said(right + "let = 1\n") == ["11:5 DD001 expected a name after `let`, found `=`"]


@pytest.mark.parametrize(
    "line",
    [
        *("train f\n  a: 1\n}", "train f\n{\n  a: 1\n}", "x in 1...2", "a\u200b: 1", "a:\u00a01"),
        *("a: f(b = 1)", "let b: 1", "a: f(b: 1\n  c: 2)", "a: f(b: 1]", "a: 2**3", "a:: 1"),
        *("x in in 1..2", "a: 1,", "x {1, 2}", "where a = 1", "// note", "a: f(b: 1 c: 2)"),
    ],
)
def test_a_fix_that_is_called_safe_makes_the_file_right(line: str):
    text = f"dd 1\n{line}\n"
    [problem] = parse(text, "a")[1]
    assert problem.fix.safe
    start, end = problem.fix.span.start, problem.fix.span.end
    assert parse(text[:start] + problem.fix.new + text[end:], "a")[1] == ()


def test_a_text_without_its_closing_quote_is_read_to_the_end_of_its_line():
    file, problems = parse('dd 1\nuse "lib.dd\n', "x.dd")
    assert [problem.code for problem in problems] == ["DD003"]
    assert file.statements[1].path.value == "lib.dd"
