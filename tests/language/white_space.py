"""Right files with other white space and other comments: a parser reads the same in them."""

from collections.abc import Iterator
from random import Random

from lark import Token

from ddspec.language.layout import CLOSERS, opens_body
from ddspec.language.tokens import NEWLINE, read_tokens

COMMENTS = ("# one", "#two", "# three is longer than the others  ", "#", "# {", '# "', "# 大小")
BLANKS = ("", " ", "  ", "\t", " \t ", "       ")


def respaced(text: str, random: Random) -> str:
    """`text` with other spaces and tabs; its lines end where they did, and keep their comments."""
    parts = []
    for gap, place, token in _gaps(text):
        lines = [line.strip() for line in gap.split("\n")]
        spaces = [_blank(random) + line + _blank(random) for line in lines]
        parts += ["\n".join(spaces) if "\n" in gap else _inline(gap, place, random), token]
    return "".join(parts)


def perturbed(text: str, random: Random) -> str:
    """`text` with white space and comments of its own wherever the language allows some."""
    often = random.choice([0, 0.05, 0.3])
    parts = []
    for gap, place, token in _gaps(text):
        ends = place == "lines" or (place == "free" and random.random() < often)
        ends = ends or (place == "edge" and random.random() < 0.5)
        parts += [_line_ends(random) if ends else _inline(gap, place, random), token]
    return "".join(parts).replace("\n", random.choice(["\n", "\r\n"]))


def _gaps(text: str) -> Iterator[tuple[str, str, str]]:
    """What stands before each token, and what may: `none`, `inline`, `lines`, `edge`, `free`."""
    tokens = [token for token in read_tokens(text) if token.type != NEWLINE]
    open_now: list[bool] = []
    before, end = None, 0
    for token in tokens:
        gap = text[end : token.start_pos]
        yield gap, _place(before, token, gap, open_now), str(token)
        if token.type in CLOSERS:
            open_now.append(opens_body(token, before))
        elif token.type in CLOSERS.values():
            open_now.pop()
        before, end = token, token.end_pos
    yield text[end:], "edge", ""


def _place(before: Token | None, token: Token, gap: str, open_now: list[bool]) -> str:
    if before is None:
        return "edge"
    if before == "log" and token == "(":  # the logarithm, or a logarithmic range
        return "none" if gap == "" else "inline"
    if open_now and not open_now[-1]:
        return "free"
    if "\n" in gap and before != "{" and token != "}":
        return "lines"
    is_edge = bool(open_now) and (token == "}" or "\n" in gap)
    return "edge" if is_edge else "inline"


def _inline(gap: str, place: str, random: Random) -> str:
    if place == "none":
        return gap
    if gap:
        return _blank(random) or " "
    return _blank(random) * (random.random() < 0.3)


def _blank(random: Random) -> str:
    return random.choice(BLANKS)


def _line_ends(random: Random) -> str:
    lines = [_blank(random) + random.choice(["", "", "", *COMMENTS])]
    while random.random() < 0.4:
        lines.append(_blank(random) + random.choice(["", "", *COMMENTS]))
    return "\n".join([*lines, _blank(random)])
