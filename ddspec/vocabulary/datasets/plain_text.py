"""`plain_text`: blocks of a text to go on with, read from a file of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.corpus import Corpus
from ddspec.vocabulary.files import UNCOUNTED
from ddspec.vocabulary.kinds import Shape, word
from ddspec.vocabulary.schema import choice, flag, integer, number, text
from ddspec.vocabulary.token_data import TokenData

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool
    from ddspec.vocabulary.tokenizing import Vocabulary


@word
class PlainText(TokenData):
    """A text in blocks of `length` tokens, for networks that go on with it: the targets are the
    tokens of a block, an input, (length,), is a beginning and all of them but the last.

    Tokens are words, characters, or sub-words by byte pair encoding; the `vocabulary` most frequent
    are learned from the lines to train on. 0 is padding, after the last block, 1 the beginning,
    2 the end of a line (characters have line feeds instead), 3 an unknown token. A sample counts
    its tokens, so that risks are means over tokens.

    The text, in UTF-8, is `file` in the data folder. It is tested on the first blocks of
    `test_file`, or of the last lines of the text, a share `held_out` of them. `digest`, the first
    figures of the file's SHA-256, makes sure that it is the same file.

    Source: Bengio et al., "A neural probabilistic language model", 2003 (the task); Sennrich,
        Haddow & Birch, "Neural machine translation of rare words with subword units", 2016.
    Example: plain_text("shakespeare.txt", samples: 2_000, test: 200, length: 64, vocabulary: 70,
            pieces: characters)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "plain_text",
            "a text of yours, in UTF-8",
            (".",),
            (),
            "yours",
            "",
            advice="`file:` is its path under the data folder",
        ),
    )

    file: str = text("the text, under the data folder")
    test: int = integer("test samples", at_least=1, unit="samples")
    length: int = integer("tokens of a block", default=64, at_least=2)
    vocabulary: int = integer(
        "tokens there are, four special ones included", default=8_000, at_least=5
    )
    pieces: str = choice("what tokens are", "bpe", "words", "characters", default="bpe")
    lowercase: bool = flag("capitals made small", default=False)
    test_file: str = text("the text to test on; the last lines of `file` unless said", default="")
    held_out: float = number(
        "share of the lines to test on, without `test_file`", default=0.1, above=0, below=1
    )
    digest: str = text("how the SHA-256 of the file begins; not looked at unless said", default="")

    @property
    def plain_shape(self) -> Shape:
        return (self.length,)

    @property
    def capacity(self) -> int:
        return UNCOUNTED

    def pool(self, seed: int, folder: Path | None) -> Pool:
        return self.read(folder)[0]

    def read(self, folder: Path | None) -> tuple[Pool, Vocabulary]:
        """The pool and the vocabulary, to see what tokens say."""
        from ddspec.vocabulary.files import own_file
        from ddspec.vocabulary.texts import Cutting, continuation_pool

        path = own_file("plain_text", self.file, folder, self.digest)
        tested = own_file("plain_text", self.test_file, folder) if self.test_file else None
        cutting = Cutting(self.length, self.vocabulary, self.pieces, self.lowercase)
        return continuation_pool((path, tested), self.held_out, cutting, self.test)
