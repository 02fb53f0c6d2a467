from pathlib import Path

import attrs
import pytest

from ddspec.errors import Span
from ddspec.language import tree
from ddspec.language.parser import parse, parse_expression
from ddspec.language.printer import print_expression

FILES = sorted((Path(__file__).parent / "files").glob("*.dd"))
EXPRESSIONS = tuple(tree.Expression.__args__)
a, b, c = tree.Name("a"), tree.Name("b"), tree.Name("c")
one, two = tree.Number("1"), tree.Number("2")
BODY = (tree.Setting(tree.Identifier("for"), tree.Quantity(one, tree.Identifier("epochs"))),)


def expression(text: str) -> tree.Expression:
    found, problems = parse_expression(text, "a")
    assert problems == ()
    return found


def statement(text: str) -> tree.Statement:
    file, problems = parse(f"dd 1\n{text}\n", "a")
    assert problems == ()
    return file.statements[1]


def both(operator: str, left: tree.Expression, right: tree.Expression) -> tree.Binary:
    return tree.Binary(operator, left, right)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a + b * c", both("+", a, both("*", b, c))),
        ("a - b - c", both("-", both("-", a, b), c)),
        ("a^b^c", both("^", a, both("^", b, c))),
        ("-a^2", tree.Unary("-", both("^", a, two))),
        ("a^-2", both("^", a, tree.Unary("-", two))),
        ("not a and b or c", tree.Chain("or", (tree.Chain("and", (tree.Unary("not", a), b)), c))),
        ("a | b + c", tree.Chain("|", (a, both("+", b, c)))),
        ("a < b + c", both("<", a, both("+", b, c))),
        ("a has b", both("has", a, b)),
        ("2 * a..b", both("*", two, tree.Range(a, "..", b, None, None, False))),
        ("1..<2 by a", tree.Range(one, "..<", two, a, None, False)),
        ("log 1..2 points a", tree.Range(one, "..", two, None, a, True)),
        ("log (1)..2", tree.Range(tree.Group(one), "..", two, None, None, True)),
        ("log(a)", tree.Call(tree.Name("log"), (a,))),
        ("a?.b", tree.Attribute(tree.Maybe(a), tree.Identifier("b"))),
        ("a(b, c: 1,)", tree.Call(a, (b, tree.Keyword(tree.Identifier("c"), one)))),
        ("a()", tree.Call(a, ())),
        ("{1, 2} samples", tree.Quantity(tree.Braces((one, two)), tree.Identifier("samples"))),
        ("[]", tree.Listing(())),
        ("{}", tree.Braces(())),
        ("15%", tree.Percent("15")),
        ('"a\\"b"', tree.String('a\\"b')),
        ("if a then b else c", tree.Conditional(a, b, c)),
        ("a with { for: 1 epochs }", tree.With(a, BODY)),
        ("a with {\n for: 1 epochs\n}", tree.With(a, BODY)),
        ("a(\n b,\n c\n)", tree.Call(a, (b, c))),
        ("[a(\n b with {\n  for: 1 epochs\n }\n)]",
         tree.Listing((tree.Call(a, (tree.With(b, BODY),)),))),
    ],
)  # fmt: skip
def test_an_expression_has_this_tree(text: str, meaning: tree.Expression):
    assert expression(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('use "l.dd" as a sha256:0f',
         tree.Use(tree.String("l.dd"), tree.Identifier("a"), "0f")),
        ('use "l.dd"', tree.Use(tree.String("l.dd"), None, None)),
        ("let a = b", tree.Let(tree.Identifier("a"), b)),
        ("dataset a = b",
         tree.Define(tree.Identifier("dataset"), tree.Identifier("a"), (), b)),
        ("dataset a(b, c) = b",
         tree.Define(tree.Identifier("dataset"), tree.Identifier("a"),
                     (tree.Identifier("b"), tree.Identifier("c")), b)),
        ("seed.data in 1..2",
         tree.Axis(tree.Identifier("seed.data"), tree.Range(one, "..", two, None, None, False))),
        ("sweep { for: 1 epochs }",
         tree.Block(tree.Identifier("sweep"), None, (), None, BODY)),
        ("experiment a(b) amends b.c {\nfor: 1 epochs\n}",
         tree.Block(tree.Identifier("experiment"), tree.Identifier("a"), (tree.Identifier("b"),),
                    tree.Attribute(b, tree.Identifier("c")), BODY)),
        ("zip {}", tree.Zip(())),
        ("when a { for: 1 epochs }", tree.When(a, BODY)),
        ("when a is {1} { for: 1 epochs }", tree.When(both("is", a, tree.Braces((one,))), BODY)),
        ("where not a", tree.Filter(True, tree.Unary("not", a))),
        ("except a", tree.Filter(False, a)),
        ("for: 1 epochs", BODY[0]),
    ],
)  # fmt: skip
def test_a_statement_has_this_tree(text: str, meaning: tree.Statement):
    assert statement(text) == meaning


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_span_of_every_expression_reads_as_that_expression(path: Path):
    text = path.read_text(encoding="utf-8")
    nodes = [node for node in tree.walk(parse(text, "a")[0]) if isinstance(node, EXPRESSIONS)]
    assert len(nodes) > 40
    for node in nodes:
        assert parse_expression(text[node.span.start : node.span.end], "b") == (node, ())


def test_spans_of_nested_shapes_are_exact():
    text = "( a ) + f( b , c : 1 )? "
    parts = {text[each.span.start : each.span.end] for each in tree.walk(expression(text))}
    expected = {"( a )", "a", "f( b , c : 1 )?", "f( b , c : 1 )", "f", "b", "c : 1", "c", "1"}
    assert parts == expected | {text.strip()}


def test_spans_of_statements_are_exact():
    text = "dd 1\nexperiment b amends l.a {\n  seed.data in 1..2  # c\n  zip { x in y }\n}\n"
    statements = [
        text[node.span.start : node.span.end]
        for node in tree.walk(parse(text, "a")[0])
        if isinstance(node, tree.Statement | tree.Identifier)
    ]
    assert statements == [
        *("dd 1", text[5:-1], "experiment", "b", "a", "seed.data in 1..2", "seed.data"),
        *("zip { x in y }", "x in y", "x"),
    ]


def test_every_span_names_its_source():
    file, _ = parse(FILES[0].read_text(encoding="utf-8"), "name.dd")
    nodes = [node for node in tree.walk(file) if attrs.has(type(node))]
    assert {node.span.source for node in nodes} == {"name.dd"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_line_ends_and_a_byte_order_mark_change_nothing(path: Path):
    text = path.read_text(encoding="utf-8")
    assert parse("\ufeff" + text.replace("\n", "\r\n"), "a") == parse(text, "a")


def test_comments_and_blank_lines_may_stand_anywhere():
    spread = "\n# a\n\ndd 1 # b\n\n\nx {   # c\n\n # d\n  y in {1,   # e\n  2}\n\n}   # f"
    file, problems = parse(spread, "a")
    assert problems == ()
    assert file == parse("dd 1\nx { y in {1, 2} }", "a")[0]


def test_the_file_spans_its_text():
    assert parse("dd 1\n\n", "a")[0].span == Span("a", 0, 6)


@pytest.mark.parametrize("depth", [101, 5_000])
@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("f(", ")"), ("-", ""), ("1 + ", "")])
def test_what_nests_too_deeply_is_an_error_and_no_crash(opening: str, closing: str, depth: int):
    text = f"dd 1\nlet a = {opening * depth}1{closing * depth}\nlet b = 2\n"
    file, [problem] = parse(text, "a")
    assert problem.code == "DD007"
    assert problem.primary.span.start == 5
    assert [type(each).__name__ for each in file.statements] == ["Edition", "Hole", "Let"]


def test_blocks_that_nest_too_deeply_are_an_error():
    _, problems = parse("dd 1\n" + "x {\n" * 300 + "}\n" * 300, "a")
    assert {problem.code for problem in problems} == {"DD007"}


def test_an_expression_may_stand_for_itself():
    assert print_expression(expression("  a +b ")) == "a + b"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", "expected a value, but the file ends"),
        ("1 +", "expected a value after `+`, but the file ends"),
        ("1 2", "expected an operator after `1`, found `2`"),
        ("f(a", "expected `:` and a value, `,` or `)` after `a`, but the file ends"),
        ("a ; b", "this character is not part of the language"),
        ('"a', "this text has no closing quote on its line"),
    ],
)
def test_a_broken_expression_is_explained(text: str, title: str):
    nothing, [problem] = parse_expression(text, "--set")
    assert nothing is None
    assert problem.title == title


def test_an_expression_that_nests_too_deeply_is_an_error():
    nothing, [problem] = parse_expression("(" * 2_000 + "1" + ")" * 2_000, "a")
    assert (nothing, problem.code) == (None, "DD007")
