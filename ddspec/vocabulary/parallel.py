"""Texts in two languages, line by line, as their publishers lay them out."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import attrs

from ddspec.errors import DdspecError
from ddspec.vocabulary.files import absent, unset

SEGMENT = re.compile(r"<seg[^>]*>(.*?)</seg>", re.IGNORECASE | re.DOTALL)
NOT_SENTENCES = re.compile(r"<(url|keywords|speaker|talkid|reviewer|translator)\b")
AROUND = re.compile(r"^<(title|description)>(.*)</\1>$")
Names = tuple[str, ...]


@attrs.frozen
class Layout:
    """Where the two sides lie.

    train, test: ways of laying them out, the first that is there counts; each the names of files
    that follow one another. In a name {language} is the side's, {pair} both with a hyphen, {joined}
    both without, in either order, {role} `src` or `ref`; a file may be packed, its name with `.gz`.
    """

    places: Names
    train: tuple[Names, ...] = (("train.{language}",),)
    test: tuple[Names, ...] = (("test.{language}",),)


@attrs.frozen
class Side:
    """One side of a text: its files, one after the other."""

    paths: tuple[Path, ...]

    def lines(self) -> Iterator[str]:
        """The sentences, stripped of space around them."""
        for path in self.paths:
            yield from _sentences(path)


LAYOUTS = {
    "multi30k": Layout(
        ("multi30k", "multi30k/data/task1/raw", "dataset/data/task1/raw", "."),
        test=(("test_2016_flickr.{language}",), ("test2016.{language}",), ("test.{language}",)),
    ),
    "iwslt14": Layout(
        ("iwslt14", "iwslt14/{pair}", "iwslt14.tokenized.{pair}", "{pair}"),
        train=(("train.{language}",), ("train.tags.{pair}.{language}",)),
        test=(
            ("test.{language}",),
            tuple(
                f"IWSLT14.TED.{talks}.{{pair}}.{{language}}.xml"
                for talks in ("dev2010", "dev2012", "tst2010", "tst2011", "tst2012")
            ),
        ),
    ),
    "wmt14": Layout(
        ("wmt14", "wmt14_{underscored}"),
        train=(
            ("train.{language}",),
            (
                "commoncrawl.{pair}.{language}",
                "europarl-v7.{pair}.{language}",
                "news-commentary-v9.{pair}.{language}",
                "undoc.2000.{pair}.{language}",
                "giga-fren.release2.fixed.{language}",
            ),
        ),
        test=(
            ("test.{language}",),
            ("newstest2014.{language}",),
            ("newstest2014-{joined}-{role}.{language}.sgm",),
        ),
    ),
}


def layout_of(corpus: str) -> Layout:
    """How a corpus is laid out; a name that is none of LAYOUTS is a folder with train and test."""
    return LAYOUTS.get(corpus) or Layout((corpus,))


def sides(
    layout: Layout, use: str, languages: tuple[str, str], folder: Path | None
) -> tuple[Side, Side]:
    """Both sides of the text to `train` on or to `test` on.

    Raises DdspecError, saying where it looked and what to put there, when files are missing.
    """
    ways: tuple[Names, ...] = getattr(layout, use)
    source, target = languages
    first = " ".join(ways[0])
    what = f"files {first.format(language=source)} and {first.format(language=target)}"
    if folder is None:
        raise unset("parallel_text", what)
    places = tuple(dict.fromkeys(p for place in layout.places for p in _spelled(place, languages)))
    for names in ways:
        for place in places:
            for both in _orders(languages):
                found = [
                    _side(folder / place, names, both | {"language": language, "role": role})
                    for language, role in ((source, "src"), (target, "ref"))
                ]
                if found[0] and found[1]:
                    return found[0], found[1]
    raise absent("parallel_text", what, folder, places)


def pairs(both: tuple[Side, Side], count: int | None) -> tuple[list[str], list[str]]:
    """The first `count` pairs of sentences, or all.

    Raises DdspecError when one side has more lines than the other.
    """
    source, target = (list(islice(side.lines(), count)) for side in both)
    if len(source) != len(target):
        names = " and ".join(", ".join(map(str, side.paths)) for side in both)
        raise DdspecError(
            f"{names} have {len(source):,} and {len(target):,} lines",
            "line n of one must be the translation of line n of the other",
        )
    return source, target


def _orders(languages: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"pair": f"{a}-{b}", "joined": f"{a}{b}", "underscored": f"{a}_{b}"}
        for a, b in (languages, languages[::-1])
    ]


def _spelled(place: str, languages: tuple[str, str]) -> Iterator[str]:
    for both in _orders(languages):
        yield place.format(**both)


def _side(root: Path, names: Names, known: dict[str, str]) -> Side | None:
    paths = [_packed_or_not(root / name.format(**known)) for name in names]
    there = tuple(path for path in paths if path is not None)
    return Side(there) if len(there) == len(paths) else None


def _packed_or_not(path: Path) -> Path | None:
    return next((p for p in (path, path.with_name(f"{path.name}.gz")) if p.is_file()), None)


def _sentences(path: Path) -> Iterator[str]:
    name = path.name.removesuffix(".gz")
    with _opened(path) as file:
        try:
            if name.endswith((".sgm", ".xml")):
                yield from _segments(file.read())
            elif name.startswith("train.tags."):
                yield from _untagged(file)
            else:
                yield from (line.strip() for line in file)
        except (UnicodeDecodeError, OSError, EOFError) as problem:
            raise DdspecError(f"{path} is no text in UTF-8: {problem}") from None


def _opened(path: Path) -> IO[str]:
    """The file as text; only a line feed ends a line."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def _segments(text: str) -> Iterable[str]:
    return (html.unescape(" ".join(each.split())) for each in SEGMENT.findall(text))


def _untagged(lines: Iterable[str]) -> Iterator[str]:
    """The sentences between tags that describe a talk; titles and descriptions are sentences."""
    for line in map(str.strip, lines):
        if not NOT_SENTENCES.match(line):
            found = AROUND.match(line)
            yield found[2].strip() if found else line
