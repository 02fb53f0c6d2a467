"""Texts to pools: pairs of sentences to translate, and blocks of one text to go on with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import attrs
import numpy as np

from ddspec.errors import DdspecError
from ddspec.vocabulary import parallel
from ddspec.vocabulary.pool import Pool
from ddspec.vocabulary.tokenizing import EOS, NOTHING, PAD, Vocabulary, learn, rows_of, shifted

Samples = tuple[np.ndarray, np.ndarray, np.ndarray]  # inputs, targets, weights


@attrs.frozen
class Cutting:
    """How lines become rows of `length` tokens, of a vocabulary of at most `size`."""

    length: int
    size: int
    pieces: str
    lowercase: bool

    def learn(self, word: str, lines: Iterator[str]) -> Vocabulary:
        """The vocabulary of lines."""
        return learn(word, lines, self.size, self.pieces, lowercase=self.lowercase)


def translation_pool(
    sides: dict[str, tuple[parallel.Side, parallel.Side]],
    cutting: Cutting,
    counts: dict[str, int | None],
    *,
    joint: bool,
) -> tuple[Pool, tuple[Vocabulary, Vocabulary]]:
    """The pool of both sides of `train` and `test`, at most `counts` pairs each, and the
    vocabularies of source and target, learned from the training side only; `joint`: one for both.

    Pairs to train on of which one side is empty are left out.
    """
    train = parallel.pairs(sides["train"], counts["train"])
    whole = [(source, target) for source, target in zip(*train, strict=True) if source and target]
    if joint:
        known = (cutting.learn("parallel_text", chain.from_iterable(whole)),) * 2
    else:
        known = (
            cutting.learn("parallel_text", (source for source, _ in whole)),
            cutting.learn("parallel_text", (target for _, target in whole)),
        )

    def rows(source: Iterator[str], target: Iterator[str]) -> Samples:
        read = rows_of(_ended(known[0], source), cutting.length, PAD)
        return _samples(rows_of(_ended(known[1], target), cutting.length, NOTHING), read)

    there = rows((source for source, _ in whole), (target for _, target in whole))
    tested = rows(*map(iter, parallel.pairs(sides["test"], counts["test"])))
    return _pool(there, tested), known


def continuation_pool(
    files: tuple[Path, Path | None], held_out: float, cutting: Cutting, test: int
) -> tuple[Pool, Vocabulary]:
    """The pool of blocks of a text, to test on those of another or of its last lines, a share
    `held_out` of them; and its vocabulary, learned from the lines to train on only.
    """
    whole = cutting.pieces == "characters"  # a line feed is one: lines need no end
    lines, tested = _parted(files, held_out)
    if not whole:
        lines, tested = ([line.strip() for line in part] for part in (lines, tested))
    known = cutting.learn("plain_text", iter(lines))

    def blocks(of: list[str]) -> np.ndarray:
        ended = known.numbers(of) if whole else _ended(known, iter(of))
        said = np.fromiter(chain.from_iterable(ended), np.int32)
        count = -(-len(said) // cutting.length)
        padded = np.full(count * cutting.length, NOTHING, np.int32)
        padded[: len(said)] = said
        return padded.reshape(count, cutting.length)

    return _pool(_samples(blocks(lines)), _samples(blocks(tested)[:test])), known


def _ended(known: Vocabulary, lines: Iterator[str]) -> Iterator[list[int]]:
    return ([*numbers, EOS] for numbers in known.numbers(lines))


def _samples(wanted: np.ndarray, *before: np.ndarray) -> Samples:
    """Inputs, targets and weights of samples: a sample counts the tokens it has to say."""
    inputs = np.concatenate([*before, shifted(wanted)], axis=1).astype(np.float32)
    counts = (wanted != NOTHING).sum(axis=1).astype(np.float64)
    return inputs, wanted.astype(np.int64), counts


def _pool(train: Samples, test: Samples) -> Pool:
    inputs, targets, weights = train
    return Pool(
        inputs,
        targets,
        inputs[:0],
        targets[:0],
        test[0],
        test[1],
        train_weights=weights,
        test_weights=test[2],
    )


def _parted(files: tuple[Path, Path | None], held_out: float) -> tuple[list[str], list[str]]:
    """The lines to train on and those to test on, with the line feeds they end in."""
    lines = _lines(files[0])
    if files[1] is not None:
        return lines, _lines(files[1])
    cut = len(lines) - round(held_out * len(lines))
    if not 0 < cut < len(lines):
        raise DdspecError(
            f"{files[0]} has {len(lines)} lines: too few to hold {held_out:.0%} of them out",
            "name a text to test on with `test_file:`, or another share with `held_out:`",
        )
    return lines[:cut], lines[cut:]


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return list(file)
    except UnicodeDecodeError as problem:
        raise DdspecError(f"{path} is no text in UTF-8: {problem}") from None
