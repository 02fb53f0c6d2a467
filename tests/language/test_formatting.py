"""One layout for every spec, in which tokens and comments are those that were written."""

import re
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ddspec.errors import SpecError
from ddspec.language import formatting_breaks, formatting_columns, tree
from ddspec.language.formatting import format_text
from ddspec.language.grammar import tables
from ddspec.language.parser import parse
from ddspec.language.printer import print_file
from ddspec.language.tokens import END, NEWLINE, read_tokens
from tests.language.damage import TEXTS, damaged
from tests.language.strategies import files
from tests.language.white_space import perturbed, respaced

ROOT = Path(__file__).parents[2]
README = re.findall(
    r"^```dd\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
SPECS = {path.name: path.read_text() for path in sorted((ROOT / "specs").glob("*.dd"))}
SPECS |= {f"README {number}": text for number, text in enumerate(README)}
EVERY = SPECS | {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted((ROOT / "tests").glob("*/*/**/right.dd"))
}
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)


def read(text: str) -> list[tuple[str, str]]:
    """Every token and comment in order; a comment with whether it has a line of its own."""
    whole = text.replace("\r\n", "\n").removeprefix("\ufeff") + "\n"
    found = [("start", "")]
    for token in read_tokens(whole):
        if token.type != NEWLINE:
            found.append((token.type, str(token)))
            continue
        for number, line in enumerate(token.split("\n")):
            own = number > 0 or found == [("start", "")]
            found += [("own" if own else "end", line.strip())] * bool(line.strip())
    return found


def meaning(text: str) -> tree.File:
    """The syntax tree, without the places of the text."""
    file, problems = parse(text.replace("\r\n", "\n"), "text")
    assert [each for each in problems if each.code not in ("DD005", "DD006", "DD008")] == []
    return file


def check(text: str) -> None:
    """All that is promised of the layout of `text`."""
    formatted = format_text(text)
    assert format_text(formatted) == formatted
    assert meaning(formatted) == meaning(text)
    assert read(formatted) == read(text)
    lines = formatted.split("\n")
    assert lines.pop() == ""
    assert [line for line in lines if line != line.rstrip()] == []
    for above, below in pairwise(["", *lines, ""] if lines else []):
        assert above or below, formatted
        if "#" in above + below:
            continue
        assert below or not above.endswith("{"), formatted
        assert above or not below.lstrip().startswith("}"), formatted


# --- specs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_published_specs_stay_as_they_are(name: str):
    assert format_text(SPECS[name]) == SPECS[name]


@pytest.mark.parametrize("name", EVERY)
def test_white_space_within_lines_is_no_matter(name: str):
    text = respaced(EVERY[name], Random(name))
    assert text != EVERY[name]
    assert format_text(text) == format_text(EVERY[name])


@thorough
@given(st.sampled_from(sorted(EVERY)), st.integers(0, 2**32))
def test_layout_of_perturbed_specs(name: str, seed: int):
    text = perturbed(EVERY[name], Random(seed))
    assert meaning(text) == meaning(EVERY[name])
    check(text)


@thorough
@given(files, st.integers(0, 2**32))
def test_layout_of_files_of_every_shape(file: tree.File, seed: int):
    printed = print_file(file)
    assume("\r" not in printed)  # ends a line of a file, also within a string
    text = perturbed(printed, Random(seed))
    assume(is_read(text))  # the set in `when {1} {` has to stand on one line
    first = file.statements[0] if file.statements else None
    if isinstance(first, tree.Edition) and first.number.text != "1":
        with pytest.raises(SpecError):
            format_text(text)
    else:
        check(text)


@pytest.mark.parametrize("name", ["nakkiran_transformer.dd", "README 1"])
def test_comments_fit_between_any_two_tokens_of_a_list(name: str):
    for place, token in enumerate(read_tokens(SPECS[name])):
        text = SPECS[name][: token.start_pos] + " # here\n" + SPECS[name][token.start_pos :]
        if token.type == NEWLINE or not is_read(text):
            continue
        check(text)
        assert "# here\n" in format_text(text), place


def is_read(text: str) -> bool:
    return not any(each.code in ("DD001", "DD002", "DD003", "DD004") for each in parse(text, "")[1])


# --- the style ---------------------------------------------------------------------------------


def thousands(many: int) -> str:
    return ", ".join(["1_000"] * many) + ","


STYLE = {
    "operators have spaces, ranges and signs none": (
        "let a=- 1 .. b  by 2*c^-d/e\nlet f = log  1e-6 ..2 points n - 1\n",
        "let a = -1..b by 2 * c ^ -d / e\nlet f = log 1e-6..2 points n - 1\n",
    ),
    "calls have none, groups and units one": (
        "let a = f ( x ) ?. b\nlet b = ( n )samples + {1 ,2}epochs + 15 % + log (2) .. 3\n",
        "let a = f(x)?.b\nlet b = (n) samples + {1, 2} epochs + 15% + log (2)..3\n",
    ),
    "a set is one also where a body might stand": (
        "where a is { 1 } and not { 2 }\nwhen { 3 } { }\n",
        "where a is {1} and not {2}\nwhen {3} {}\n",
    ),
    "the logarithm stays a function": ("let a = log( 2 )\n", "let a = log(2)\n"),
    "a digest stays whole": (
        'use   "a.dd"as b   sha256:9f86\n',
        'use "a.dd" as b sha256:9f86\n',
    ),
    "a block on one line stays there": (
        "theory{exact:f( )}\nreport {   }\nwhen a is b{c in{1}}\n",
        "theory { exact: f() }\nreport {}\nwhen a is b { c in {1} }\n",
    ),
    "any line end in a block gives each statement its line": (
        "theory { exact: f(\n) }\nzip { a in {1}\nbb in {2} }\nreport {\n\n}\n",
        "theory {\n  exact: f()\n}\nzip {\n  a  in {1}\n  bb in {2}\n}\nreport {}\n",
    ),
    "heads of one shape are aligned, up to a blank line": (
        "let a = 1\nlet bcd = 2\nnet x(y) = 3\nnet xy = 4\n\nnet xyzuvw = 5\n",
        "let a   = 1\nlet bcd = 2\nnet x(y) = 3\nnet xy   = 4\n\nnet xyzuvw = 5\n",
    ),
    "a comment between neighbors does not part them": (
        "x {\n a: 1\n# c\n bcd: 2\nse . ed in 1 .. 2\n e in {1}\nwhere a<b\n}\n",
        "x {\n  a:   1\n  # c\n  bcd: 2\n  se.ed in 1..2\n  e     in {1}\n  where a < b\n}\n",
    ),
    "a very long head is left out": (
        f"let {'a' * 41} = 1\nlet b = 2\nlet cc = 3\n",
        f"let {'a' * 41} = 1\nlet b  = 2\nlet cc = 3\n",
    ),
    "at most one blank line, and none at the ends of blocks": (
        "\n\ndd 1\n\n\n\nx {\n\n\n a: 1\n\n\n b: 2\n\n}\n\n\n",
        "dd 1\n\nx {\n  a: 1\n\n  b: 2\n}\n",
    ),
    "elements stand below the first one, the bracket behind the last": (
        "let a = {1,\n2\n,3,\n\n4\n}\n",
        "let a = {1,\n         2, 3,\n\n         4}\n",
    ),
    "or further in, below the line, the bracket alone": (
        "let a = f(\nx, [1,\n2], g(\nb))\n",
        "let a = f(\n  x, [1,\n      2], g(\n    b\n  )\n)\n",
    ),
    "brackets within brackets of one line begin at that line": (
        "let a = f(x, g([\n1\n]), y)\n",
        "let a = f(x, g([\n  1\n]), y)\n",
    ),
    "also where the line begins in brackets that are closed by then": (
        "let a = [1,\n2] + g(\nb or\nf(\n1), c)\n",
        "let a = [1,\n         2] + g(\n  b or\n    f(\n      1\n    ), c\n)\n",
    ),
    "lines end around operators, and an element goes on further in": (
        "let a = (b\n+ c)\nlet d = {\ne or\nf\nand g, 1\n}\n",
        "let a = (b\n         + c)\nlet d = {\n  e or\n    f\n    and g, 1\n}\n",
    ),
    "no line ends within a call, a unit, a range or an argument's name": (
        "let a = (f\n(\nx\n:\n1\n..\n2\nby\n3\n) + 4\nepochs)\n",
        "let a = (f(\n  x: 1..2 by 3\n) + 4 epochs)\n",
    ),
    "arguments with a line each are aligned": (
        "let a = f(\nx: 1,\nabc: g(\n2),\n\nde: 3,\ny, f: 4,\n)\nlet b = f(a: 1,\n bcd: 2)\n",
        (
            "let a = f(\n  x:   1,\n  abc: g(\n    2\n  ),\n\n  de: 3,\n  y, f: 4,\n)\n"
            "let b = f(a:   1,\n          bcd: 2)\n"
        ),
    ),
    "but not those that share a line": (
        "let a = f(\nx: 1,\nabc: 2, de: 3,\ng: 4,\n)\n",
        "let a = f(\n  x: 1,\n  abc: 2, de: 3,\n  g: 4,\n)\n",
    ),
    "nor those with a comment before the value": (
        "let a = f(\nabc: # d\n1,\ne: 2,\n)\n",
        "let a = f(\n  abc:  # d\n    1,\n  e: 2,\n)\n",
    ),
    "a blank line that goes is none": (
        "let a = f(\nabc: 1,\nd:\n\n2,\n)\n",
        "let a = f(\n  abc: 1,\n  d:   2,\n)\n",
    ),
    "a closing bracket has an element with it": (
        f"let a = {{1,\n{thousands(12)} 12_345,}}\n",
        f"let a = {{1,\n         {thousands(12)}\n         12_345,}}\n",
    ),
    "lines too long end after commas, where lines end already": (
        f"let a = {{{thousands(20)}\n2}}\n",
        f"let a = {{{thousands(13)}\n         {thousands(7)}\n         2}}\n",
    ),
    "a hundred columns are not too long, and one more is": (
        f"let a = {{{thousands(12)} 12_345,\n2}}\nlet b = {{{thousands(12)} 123_456,\n2}}\n",
        (
            f"let a = {{{thousands(12)} 12_345,\n         2}}\n"
            f"let b = {{{thousands(12)}\n         123_456,\n         2}}\n"
        ),
    ),
    "a line without line ends in its brackets stays as long as it is": (
        f"let a = {{{thousands(20)}}}\n",
        f"let a = {{{thousands(20)}}}\n",
    ),
    "brackets that open far to the right begin further in": (
        f"let {'a' * 60} = {{1,\n2}}\n",
        f"let {'a' * 60} = {{1,\n  2}}\n",
    ),
    "comments at line ends are aligned with their neighbors": (
        "x { # a\nb: 1#c\ndef: 23# d\ne in {4,# f\n5}# g\nh: 6\ni: 7 # j\n} # k",
        (
            "x {  # a\n  b:   1    #c\n  def: 23   # d\n  e in {4,  # f\n        5}  # g\n"
            "  h: 6\n  i: 7  # j\n}  # k\n"
        ),
    ),
    "a comment goes on below": (
        "let a = 1 # b\n         # c\nlet def = 2 # e\n# f\n",
        "let a   = 1  # b\n             # c\nlet def = 2  # e\n# f\n",
    ),
    "comments are not aligned where that makes one too long": (
        f"let a = 1 # {'b' * 60}\nlet c = {'d' * 50} # e\n",
        f"let a = 1  # {'b' * 60}\nlet c = {'d' * 50}  # e\n",
    ),
    "a comment that is too long anyway is aligned": (
        f"let a = 1 # {'b' * 100}\nlet c = 22 # d\n",
        f"let a = 1   # {'b' * 100}\nlet c = 22  # d\n",
    ),
    "comments that go on below stay there where none are aligned": (
        f"let a = 1 # {'b' * 60}\n          # c\nlet c = {'d' * 50} # e\n",
        f"let a = 1  # {'b' * 60}\n           # c\nlet c = {'d' * 50}  # e\n",
    ),
    "a head on several lines is left out": (
        "net abc(\nx # c\n) = 1\nnet d = 2\n",
        "net abc(\n  x  # c\n) = 1\nnet d = 2\n",
    ),
    "wide signs take two columns": (
        "let a = 1\nlet \u5927 = 2 # b\nlet \u00e9\u00e9\u00e9 = 3 # c\n",
        "let a   = 1\nlet \u5927  = 2  # b\nlet \u00e9\u00e9\u00e9 = 3  # c\n",
    ),
    "comments stand as far in as what they are about": (
        "# a\nx {\n# b\ny: [\n# c\n1, # d\n# e\n]\n# f\n}\n# g",
        "# a\nx {\n  # b\n  y: [\n    # c\n    1,  # d\n    # e\n  ]\n  # f\n}\n# g\n",
    ),
    "a comment after an opening bracket, and one before a closing one": (
        "let a = { # b\n1\n# c\n}\nlet d = {1 # e\n}\nreport {# f\n}\nlet g = [ # h\n]\n",
        "let a = {  # b\n  1\n  # c\n}\nlet d = {1  # e\n}\nreport {  # f\n}\nlet g = [  # h\n]\n",
    ),
    "line ends and marks of other systems": (
        "\ufeffdd 1\r\n# a \t\r\nlet b = 1\rlet c = 2",
        "dd 1\n# a\nlet b = 1\nlet c = 2\n",
    ),
    "nothing": ("", ""),
    "white space": (" \n\t\r\n\n ", ""),
    "a comment alone": ("\n\n  # a  \n\n", "# a\n"),
}


@pytest.mark.parametrize("name", STYLE)
def test_the_style(name: str):
    text, formatted = STYLE[name]
    assert format_text(text) == formatted
    assert format_text(formatted) == formatted


# --- what is refused, and how long it takes ------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dd 1\nlet a = {1,\n", "DD002"),
        ("dd 1\nlet a = 1)\n", "DD001"),
        ("dd 1\nlet = 3\n", "DD001"),
        ("dd 1\nlet a = 'b'\n", "DD003"),
        ('dd 1\nlet a = "b\n', "DD003"),
        ("dd 2\nlet a = 1\n", "DD006"),
        (f"dd 1\nlet a = {'(' * 501}1{')' * 501}\n", "DD007"),
    ],
)
def test_what_cannot_be_read_is_not_formatted(text: str, code: str):
    with pytest.raises(SpecError, match="has syntax errors") as caught:
        format_text(text, "a.dd")
    assert code in {each.code for each in caught.value.diagnostics}
    assert caught.value.sources == {"a.dd": text}


def test_whatever_the_parser_takes_is_formatted_and_nothing_else():
    texts = [each.text for text in TEXTS for each in damaged(text)][::9]
    refused = [text for text in texts if not is_formatted(text)]
    assert refused == [text for text in texts if not is_read(text)]
    assert len(texts) / 2 < len(refused) < len(texts)


def is_formatted(text: str) -> bool:
    try:
        format_text(text)
    except SpecError:
        return False
    return True


def test_the_kinds_of_tokens_that_have_a_style_are_those_of_the_grammar():
    known = {terminal.name for terminal in tables().terminals} | {END}
    lists = [formatting_breaks._CLOSES_UP, formatting_breaks._HOLDS_ON]
    lists += [formatting_breaks._ENDS_VALUE, formatting_breaks._OPERATORS]
    assert set().union(*lists, formatting_columns._IN_HEAD) <= known


def test_formatting_is_quick():
    hundred = SPECS["compositional.dd"] + SPECS["gu_mnist4000.dd"].removeprefix("dd 1\n")
    assert 90 < hundred.count("\n") < 110
    assert seconds(hundred, 5) < 0.02
    assert seconds(hundred + hundred.removeprefix("dd 1\n") * 105, 1) < 1  # 10,000 lines


def seconds(text: str, times: int) -> float:
    """The least that it took, of this process alone."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        format_text(text)
        taken.append(time.process_time() - start)
    return min(taken)


HUGE = "a" * 50_000
LINES = ["let b = 1 # c\n"] * 5_000
MONSTERS = {
    "a long first element": f"let a = {{{'1' * 20_000},\n{'1,' * 20_000}\n}}\n",
    "a long name": "".join([f"let {HUGE} = 1\n", *LINES]),
    "a long line with a comment": "".join([f"let {HUGE} = 1 # b\n", *LINES]),
    "long comments": "".join(
        [f"let {HUGE} = 1 # b\n", *(line[:-1] + "c" * 100 + "\n" for line in LINES)]
    ),
    "deep calls": "let a = " + "f(a, \n" * 480 + "1" + ")" * 480,
    "deep sets": "let a = " + "{" * 480 + "1," * 20_000 + "\n1" + "}" * 480,
    "many in deep brackets": "let a = " + "{\n" * 480 + "1,\n" * 2_000 + "1" + "}" * 480,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_no_text_is_blown_up(name: str):
    text = MONSTERS[name]
    formatted = format_text(text)
    assert format_text(formatted) == formatted
    assert len(formatted) < 5_000_000
