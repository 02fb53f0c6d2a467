"""Spec files spoilt at random, and files made from the grammar; a seed gives the same one again."""

import random
import re
from functools import cache
from pathlib import Path

from lark.grammar import NonTerminal

from ddspec.language.grammar import tables
from ddspec.language.tokens import scanner
from ddspec.vocabulary import registry

ROOT = Path(__file__).parents[2]
DEEPEST = 12  # rules within one another, of a file made from the grammar
NUMBERS = (
    *("0", "1", "2", "0.5", "10^9", "10^10^10", "2^(2^40)", "1e300", "1e9999", "1e-9999", "-1"),
    *("9" * 400, "0.1" + "0" * 60, "1 / 0", "0..10^12", "0..<10^9", "99999999999999999999", "1_"),
    *("log 1..1e300 points 1e9", "1e12", "2^31", "2^53 + 1", "2^63", "50%", "-0", "1e400", "0.0"),
)
DOMAINS = (
    *("1..4", "{1, 2}", "{3}", "log 1..64 points 4", "0..<3", "random(1..9, 3)", "{0} | {1, 2}"),
    *("{none, l2(1e-4)}", "none | l2(0.1)", "subsets(l2(1e-4) + l1(1e-4))", "{relu, tanh}"),
    *(
        "0.1..0.9 points 3",
        "{50%, 1}",
        "{1e300, 1}",
        "{10^15, 2}",
        "{0.1, 1e-300}",
        "restart(1..3)",
    ),
    *("l2(1e-4)?", "{[4], [4, 4]}", "{2^52, 2^53}", "{-1, 1}", "{1, 2} epochs", "1..3 steps"),
)
SIGNS = (
    *("\x00", "\ufeff", "\u200b", "\r\n", "\r", "\n", "\t", "\x1b[31m", "é", "λ", "\U0001f680"),
    *("\u2028", "\u202e", "\ud7ff", "\x7f", '"', "'", "\\", "{", "}", "(", ")", "[", "]", ",", ":"),
    *("=", "==", "..", "..<", ".", "%", "?", "|", "+", "-", "*", "/", "^", "#", "&", ";", "$"),
)
LINES = (
    *('use "lib.dd"\n', 'use "lib.dd" as l\n', 'use "loop.dd"\n', 'use "spec.dd"\n'),
    *('use "../up.dd"\n', 'use "/etc/passwd"\n', 'use "link.dd"\n', 'use "none.dd" as x\n'),
    *('use "deep/deep.dd"\n', 'use "bytes.dd"\n', 'use "."\n', 'use "lib.dd" sha256:00000000\n'),
    *("let a = a\n", "zip {\n", "when width > 2 {\n", "where parameters < 100\n", "dd 2\n"),
    *("sweep {\n width in {1, 2}\n}\n", "report {\n a: argmax(test_loss, along: width)\n}\n"),
    *("measure {\n m: weight_norm()\n}\n", "experiment x amends e {\n}\n", "seed in 0..<3\n"),
    *("tune({1, 2}, minimise: validation_error)", "subsets(l2(1e-4) + l1(1e-4))", "restart(1..9)"),
)


@cache
def originals() -> tuple[str, ...]:
    """Right specs of the repository, and small ones."""
    folders = (ROOT / "specs", ROOT / "tests" / "language" / "files", ROOT / "examples")
    files = sorted(file for folder in folders for file in folder.rglob("*.dd"))
    golden = sorted((ROOT / "tests" / "spec" / "golden").glob("*/right.dd"))
    return tuple(file.read_text(encoding="utf-8") for file in (*files, *golden))


@cache
def words() -> tuple[str, ...]:
    """Every word of the vocabulary and of the language, and names of the specs."""
    vocabulary = {name for kind in registry.FOLDERS for name in registry.names(kind)}
    named = {name for text in originals() for name in re.findall(r"[a-z_]\w*", text)}
    return tuple(sorted(vocabulary | named | set(scanner().words)))


def case(seed: str) -> bytes:
    """The bytes of one spec file."""
    dice = random.Random(seed)
    how = dice.random()
    if how < 0.1:
        return grown(dice).encode()
    text = dice.choice(originals())
    if how < 0.15:
        return deep(text, dice).encode()
    if how < 0.5:
        for _ in range(dice.choice((1, 1, 2, 3))):
            text = tweak(text, dice)
        return text.encode()
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 6))):
        text = dice.choice((token, token, token, line, number, splice, cut, insert))(text, dice)
    content = text.encode("utf-8", "surrogatepass")
    return spoilt_bytes(content, dice) if how > 0.9 else content


def token(text: str, dice: random.Random) -> str:
    """One token deleted, doubled, swapped with another, or replaced by a word."""
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text) or [""]
    here, there = dice.randrange(len(tokens)), dice.randrange(len(tokens))
    change = dice.randrange(4)
    if change == 0:
        tokens[here] = ""
    elif change == 1:
        tokens.insert(here, tokens[there])
    elif change == 2:
        tokens[here], tokens[there] = tokens[there], tokens[here]
    else:
        tokens[here] = dice.choice(words())
    return "".join(tokens)


def line(text: str, dice: random.Random) -> str:
    """A line deleted, doubled, moved, or put in."""
    lines = text.splitlines(keepends=True) or [""]
    here, there = dice.randrange(len(lines)), dice.randrange(len(lines))
    change = dice.randrange(4)
    if change == 0:
        del lines[here]
    elif change == 1:
        lines.insert(there, lines[here])
    elif change == 2:
        lines.insert(there, lines.pop(here))
    else:
        lines.insert(here, dice.choice(LINES))
    return "".join(lines)


def number(text: str, dice: random.Random) -> str:
    """One number replaced by another, absurd ones among them."""
    found = [*re.finditer(r"\d[\d_.]*", text)]
    if not found:
        return text
    chosen = dice.choice(found)
    return text[: chosen.start()] + dice.choice(NUMBERS) + text[chosen.end() :]


def tweak(text: str, dice: random.Random) -> str:
    """One number, domain or word replaced by another that may well be right."""
    change = dice.randrange(4)
    if change == 0:
        found = [*re.finditer(r"(?<= in )[^\n#]+", text)]
        made = dice.choice(DOMAINS)
    elif change == 1:
        found = [*re.finditer(r"\b[a-z_0-9]+\(", text)]
        made = f"{dice.choice(words())}("
    else:
        found = [*re.finditer(r"\d[\d_.]*", text)]
        made = dice.choice(("0", "1", "2", "3", "8", "0.5", "0.01", "40", "1_000", "1e-4", "10^6"))
    if not found:
        return text
    chosen = dice.choice(found)
    return text[: chosen.start()] + made + text[chosen.end() :]


def splice(text: str, dice: random.Random) -> str:
    """The beginning of one spec and the end of another."""
    other = dice.choice(originals())
    return text[: dice.randrange(len(text) + 1)] + other[dice.randrange(len(other) + 1) :]


def cut(text: str, dice: random.Random) -> str:
    """A file cut short, or without some characters."""
    start = dice.randrange(len(text) + 1)
    return text[:start] if dice.random() < 0.3 else text[:start] + text[start + 5 :]


def insert(text: str, dice: random.Random) -> str:
    """A sign, or many of it, put in."""
    start = dice.randrange(len(text) + 1)
    return text[:start] + dice.choice(SIGNS) * dice.choice((1, 1, 1, 3, 200)) + text[start:]


def deep(text: str, dice: random.Random) -> str:
    """A value, a block or a name written so deeply that nothing recursive gets through."""
    levels = dice.choice((50, 99, 101, 400, 3000))
    opening, closing = dice.choice((("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("floor(", ")")))
    chain = "".join(f"let q{i} = q{i + 1} + q{i + 1}\n" for i in range(levels))
    blocks = "x {\n" * levels + "}\n" * levels
    value = opening * levels + "1" + closing * dice.choice((levels, levels, levels - 1))
    found = [*re.finditer(r"\d[\d_.]*", text)]
    place = dice.choice(found).span() if found else (0, 0)
    return dice.choice(
        (
            text[: place[0]] + value + text[place[1] :],
            text + chain + f"let q{levels} = 1\n",
            text + blocks,
        )
    )


def spoilt_bytes(content: bytes, dice: random.Random) -> bytes:
    """Bytes flipped, put in or left out: what comes of it need not be UTF-8."""
    made = bytearray(content or b" ")
    for _ in range(dice.choice((1, 2, 20))):
        here = dice.randrange(len(made))
        change = dice.randrange(3)
        if change == 0:
            made[here] ^= 1 << dice.randrange(8)
        elif change == 1:
            made[here:here] = dice.randbytes(dice.choice((1, 4, 50)))
        else:
            del made[here : here + dice.choice((1, 4, 50))]
            made = made or bytearray(b" ")
    return bytes(made)


# --- from the grammar -------------------------------------------------------------------------


@cache
def rules() -> dict[str, list[list[tuple[str, bool]]]]:
    """The expansions of every rule: names, and whether each is a rule itself."""
    found: dict[str, list[list[tuple[str, bool]]]] = {}
    for rule in tables().rules:
        parts = [(str(part.name), isinstance(part, NonTerminal)) for part in rule.expansion]
        found.setdefault(str(rule.origin.name), []).append(parts)
    return found


@cache
def heights() -> dict[str, int]:
    """How many rules lie within the lowest tree of each rule."""
    found: dict[str, int] = {}
    while len(found) < len(rules()):
        for name, expansions in rules().items():
            known = [
                1 + max((found[part] for part, inner in parts if inner), default=0)
                for parts in expansions
                if all(part in found for part, inner in parts if inner)
            ]
            if known:
                found[name] = min(known)
    return found


def grown(dice: random.Random) -> str:
    """A file that the grammar accepts, of any words."""
    return "dd 1\n" + "\n".join(_grown("_statement", dice, 0) for _ in range(dice.randrange(1, 9)))


def _grown(name: str, dice: random.Random, depth: int) -> str:
    expansions = rules()[name]
    if depth > DEEPEST:
        lowest = min(map(_height, expansions))
        expansions = [parts for parts in expansions if _height(parts) == lowest]
    texts = (
        _grown(part, dice, depth + 1) if inner else _terminal(part, dice)
        for part, inner in dice.choice(expansions)
    )
    return " ".join(texts)


def _height(parts: list[tuple[str, bool]]) -> int:
    return max((heights()[part] for part, inner in parts if inner), default=0)


def _terminal(name: str, dice: random.Random) -> str:
    if name == "NAME":
        return dice.choice(words())
    if name == "NUMBER":
        return dice.choice(("0", "1", "4", "0.1", "1e-4", "100", "2", "1e300"))
    if name == "_NL":
        return "\n"
    made = {"STRING": '"lib.dd"', "DIGEST": "sha256:00000000", "ERROR": "?", "_LOG": "log"}
    if name in made:
        return made[name]
    pattern = next(each.pattern for each in tables().terminals if each.name == name)
    return (
        pattern.value
        if pattern.type == "str"
        else dice.choice(pattern.value.split("|")[:1]) * 0 + "<"
    )
