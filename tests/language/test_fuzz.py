import random

import pytest

from ddspec.language import tree
from ddspec.language.parser import parse, parse_expression
from ddspec.language.printer import print_file
from ddspec.language.render import as_json, render
from tests.language.damage import TEXTS

PIECES = (
    *("\x00", "\ufeff", "\u200b", "\r\n", "\r", "\n", "\t", "🚀", "é", "λ", "\ud800", "\u2028"),
    *('"', "'", "\\", "{", "}", "(", ")", "[", "]", ",", ":", "=", "==", "..", "..<", ".", "%"),
    *("?", "|", "+", "-", "*", "/", "^", "#", "&", ";", "1e999", "1_", "sha256:ab", "log(", "log"),
    *("dd", "dd 2", "use", "let", "with", "amends", "zip", "when", "in", "if", "then", "not", "by"),
    *("a b c {", "}\n}", "x = {\n", '"\n', "with {\n", "train f\n    ", ""),
)


def mutants(seed: int, number: int):
    """Spec files cut short, spliced and spoilt in up to eight places."""
    chance = random.Random(seed)
    for _ in range(number):
        text = chance.choice(TEXTS)
        if chance.random() < 0.3:
            text = text[: chance.randrange(len(text))]
        if chance.random() < 0.2:
            text = text.replace("\n", "\r\n")
        for _ in range(chance.randint(1, 8)):
            start = chance.randrange(len(text) + 1)
            end = start + chance.choice((0, 0, 0, 1, 2, 5, 40))
            text = text[:start] + chance.choice(PIECES) + text[end:]
        yield text


@pytest.mark.parametrize("seed", range(4))
def test_no_text_makes_the_parser_raise_and_every_hole_has_its_reason(seed: int):
    for text in mutants(seed, 800):
        file, problems = parse(text, "a")
        holes = [node for node in tree.walk(file) if isinstance(node, tree.Hole)]
        assert problems or not holes, text
        assert holes or parse(print_file(file), "b")[0] == file, text
        for problem in problems:
            spans = [problem.primary.span, *(label.span for label in problem.secondary)]
            spans += [problem.fix.span] if problem.fix else []
            assert all(0 <= span.start <= span.end <= len(text) for span in spans), text
            assert problem.code in render(problem, {"a": text})
            assert as_json(problem, {"a": text})["code"] == problem.code


def test_no_text_makes_the_expression_parser_raise():
    for text in mutants(9, 500):
        expression, problems = parse_expression(text[:40], "a")
        assert (expression is None) == bool(problems), text
