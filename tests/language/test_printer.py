from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from ddspec.language import tree
from ddspec.language.parser import parse, parse_expression
from ddspec.language.printer import print_expression, print_file
from tests.language.strategies import expressions, files

HERE = Path(__file__).parent
SPECS = sorted([*HERE.glob("files/*.dd"), *(HERE.parents[1] / "specs").glob("*.dd")])
SYNTAX = ("DD001", "DD002", "DD003", "DD004", "DD007")
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


@thorough
@given(files)
def test_parsing_what_was_printed_gives_the_same_tree(file: tree.File):
    again, found = parse(print_file(file), "printed")
    assert [each for each in found if each.code in SYNTAX] == []
    assert again == file


@thorough
@given(expressions())
def test_parsing_a_printed_expression_gives_the_same_tree(expression: tree.Expression):
    assert parse_expression(print_expression(expression), "printed") == (expression, ())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_printing_a_spec_twice_changes_nothing(path: Path):
    file, found = parse(path.read_text(encoding="utf-8"), path.name)
    printed = print_file(file)
    assert found == ()
    assert parse(printed, "printed") == (file, ())
    assert print_file(parse(printed, "printed")[0]) == printed


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (tree.Binary("*", tree.Binary("+", tree.Name("a"), tree.Name("b")), tree.Name("c")),
         "(a + b) * c"),
        (tree.Binary("-", tree.Name("a"), tree.Binary("-", tree.Name("b"), tree.Name("c"))),
         "a - (b - c)"),
        (tree.Binary("^", tree.Unary("-", tree.Name("a")), tree.Number("2")), "(-a)^2"),
        (tree.Maybe(tree.Binary("+", tree.Name("a"), tree.Name("b"))), "(a + b)?"),
        (tree.Unary("not", tree.Chain("or", (tree.Name("a"), tree.Name("b")))), "not (a or b)"),
        (tree.Quantity(tree.Name("n"), tree.Identifier("samples")), "(n) samples"),
    ],
)  # fmt: skip
def test_a_tree_built_by_hand_gets_the_brackets_its_meaning_needs(
    expression: tree.Expression, text: str
):
    assert print_expression(expression) == text


def test_values_of_neighbors_are_aligned_and_blocks_stand_apart():
    train = "train f {for : 3 epochs\nbatch: 64 samples\nsweep { n in {1}\nwidth in 1..2 }}"
    assert print_file(parse(f"dd 1\nlet a=1\n{train}", "a")[0]) == (
        "dd 1\n\nlet a = 1\n\ntrain f {\n  for:   3 epochs\n  batch: 64 samples\n\n"
        "  sweep {\n    n     in {1}\n    width in 1..2\n  }\n}\n"
    )


def test_a_file_with_a_hole_is_not_printed():
    with pytest.raises(ValueError, match="could not be read"):
        print_file(parse("dd 1\nlet = 3\n", "a")[0])
