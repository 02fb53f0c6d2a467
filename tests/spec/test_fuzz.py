"""Whatever a file says, checking it ends in diagnostics at places of their sources."""

import random
import re

import pytest

from ddspec.language.render import render
from ddspec.spec.check import check
from tests.spec.golden_files import GOLDEN
from tests.spec.specs import codes, trained

TEXTS = [file.read_text() for file in sorted(GOLDEN.glob("*/*.dd"))]
PIECES = sorted({piece for text in TEXTS for piece in re.findall(r"\w+|[^\w\s]+", text)})
PIECES += [
    "\n",
    " ",
    "{",
    "}",
    "10^9",
    "1e400",
    "1 / 0",
    "99999999999999999999",
    "if",
    "then",
    "else",
]
PIECES += ["tune(", "subsets(", "restart(", "zip", "when", "seed.data", "parameters", "none", "log"]


def damaged(text, dice):
    """The text with one to six tokens removed, doubled, swapped or put in."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(dice.choice([1, 1, 2, 3, 6])):
        here, there = dice.randrange(len(tokens)), dice.randrange(len(tokens))
        change = dice.randrange(4)
        if change == 0:
            tokens[here] = ""
        elif change == 1:
            tokens.insert(here, dice.choice(PIECES))
        elif change == 2:
            tokens[here], tokens[there] = tokens[there], tokens[here]
        else:
            tokens[here:here] = tokens[there : there + dice.randrange(8)]
    return "".join(tokens)


def read(path):
    if path == "lib.dd":
        return "dd 1\n\ndataset digits = mnist1d(samples: 1_000)\n"
    raise FileNotFoundError(path)


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_makes_a_check_raise(seed):
    dice = random.Random(seed)
    for _ in range(25):
        text = damaged(dice.choice(TEXTS), dice)
        spec, diagnostics, sources = check(text, "wrong.dd", read=read)
        assert (spec is None) == any(each.severity == "error" for each in diagnostics)
        for each in diagnostics:
            source = sources[each.primary.span.source]
            assert 0 <= each.primary.span.start <= each.primary.span.end <= len(source), each
            assert render(each, sources)


def chain(count, link):
    lets = "\n".join(f"let a{i} = {link(i - 1)}" for i in range(1, count))
    return trained(
        "width in {1, 2}", hidden="[width]", top=f"let a0 = width\n{lets}", lr=f"a{count - 1}"
    )


def test_a_value_that_doubles_at_every_step_is_computed_once_a_step():
    text = chain(40, lambda i: f"(a{i} + a{i}) / 2")
    assert codes(text) == []


@pytest.mark.parametrize("link", ["a{}", "-" * 90 + "a{}", "(" * 90 + "a{}" + ")" * 90])
def test_what_nests_too_deeply_is_reported_and_not_raised(link):
    assert set(codes(chain(300, link.format))) == {"DD007"}
