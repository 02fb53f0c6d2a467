"""`parallel_text`: sentences to translate, read from two line-aligned files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ddspec.vocabulary.corpus import Corpus, Download
from ddspec.vocabulary.files import UNCOUNTED
from ddspec.vocabulary.kinds import Shape, word
from ddspec.vocabulary.schema import choice, flag, integer, text
from ddspec.vocabulary.token_data import TokenData

if TYPE_CHECKING:
    from ddspec.vocabulary.pool import Pool
    from ddspec.vocabulary.tokenizing import Vocabulary

TASK1 = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
PACKED = {
    "train.en": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.fr": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "test_2016_flickr.en": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2016_flickr.fr": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
}


@word
class ParallelText(TokenData):
    """Pairs of a sentence and its translation, (2, length): the source, and the target as it is
    said before each of its tokens; the targets are the tokens of the target.

    Source: its tokens, the end; target: the tokens, the end. Both are cut at `length` and padded
    after it: 0 is padding, 1 the beginning, 2 the end, 3 an unknown token. The second channel is
    the target moved by one place behind a beginning. Tokens are words, characters, or sub-words by
    byte pair encoding; the `vocabulary` most frequent are learned from the training files, from
    both sides together unless `joint: false`. A sample counts the tokens of its target, so that
    risks are means over tokens.

    `corpus` is `multi30k`, `iwslt14` or `wmt14`, laid out as their publishers or the usual scripts
    do, or a folder of the data folder with files train.XX and test.XX, XX the languages; packed
    with gzip or not. Multi30k is tested on its 2016 Flickr test set.

    Source: Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units",
        2016; Elliott et al., "Multi30K: multilingual English-German image descriptions", 2016;
        Nakkiran et al., "Deep double descent", 2019, section 4 (IWSLT '14 de-en, WMT '14 en-fr).
    Example: parallel_text(corpus: multi30k, source: en, target: fr, samples: 4_000)
    """

    corpora: ClassVar[tuple[Corpus, ...]] = (
        Corpus(
            "multi30k",
            "Multi30k: 29,000 + 1,000 captions of images in English, French, German, Czech",
            ("multi30k", "multi30k/data/task1/raw", "dataset/data/task1/raw", "."),
            (
                *((f"train.{each}", f"train.{each}.gz") for each in ("en", "fr")),
                *(
                    tuple(
                        f"{test}.{each}{end}"
                        for test in ("test_2016_flickr", "test2016", "test")
                        for end in ("", ".gz")
                    )
                    for each in ("en", "fr")
                ),
            ),
            "CC BY-NC-SA 4.0",
            "https://github.com/multi30k/dataset",
            tuple(
                Download(f"{TASK1}{name}.gz", f"sha256:{digest}", "multi30k", "nobody: of a copy")
                for name, digest in PACKED.items()
            ),
        ),
        Corpus(
            "iwslt14",
            "IWSLT '14 German-English: 160,000 sentences of talks",
            ("iwslt14", "iwslt14/de-en", "iwslt14.tokenized.de-en", "de-en"),
            tuple(
                (f"train.{each}", f"train.{each}.gz", f"train.tags.de-en.{each}")
                for each in ("de", "en")
            ),
            "CC BY-NC-ND 4.0",
            "https://wit3.fbk.eu/2014-01",
            advice="get de-en.tgz from WIT3 and unpack it, or prepare it with fairseq's "
            "prepare-iwslt14.sh; both layouts are read",
        ),
        Corpus(
            "wmt14",
            "WMT '14 English-French: 40 million sentences of parliaments, news and the web",
            ("wmt14", "wmt14_en_fr"),
            tuple(
                (f"train.{each}", f"train.{each}.gz", f"europarl-v7.fr-en.{each}")
                for each in ("en", "fr")
            ),
            "as each of its five parts says",
            "https://www.statmt.org/wmt14/translation-task.html",
            advice="get Common Crawl, Europarl v7, News Commentary v9, UN and the 10^9 corpus, and "
            "the test sets; unpack all files into one folder, or join them to train.en, train.fr, "
            "test.en, test.fr there",
        ),
    )

    corpus: str = text("multi30k, iwslt14, wmt14, or a folder with train.XX and test.XX")
    source: str = text("the language that is read: how its files end")
    target: str = text("the language that is said: how its files end")
    test: int = integer("test samples", default=1_000, at_least=1, unit="samples")
    length: int = integer("tokens of a sentence, its end included", default=32, at_least=2)
    vocabulary: int = integer(
        "tokens there are, four special ones included", default=8_000, at_least=5
    )
    pieces: str = choice("what tokens are", "bpe", "words", "characters", default="bpe")
    lowercase: bool = flag("capitals made small", default=False)
    joint: bool = flag("one vocabulary for both languages", default=True)
    pairs: int | None = integer(
        "pairs at the start of the corpus to choose from; all unless said", default=None, at_least=1
    )

    @property
    def plain_shape(self) -> Shape:
        return (2, self.length)

    @property
    def capacity(self) -> int:
        whole = 29_000 if self.corpus == "multi30k" else UNCOUNTED
        return min(self.pairs or whole, whole)

    @property
    def test_capacity(self) -> int:
        return 1_000 if self.corpus == "multi30k" else UNCOUNTED

    def pool(self, seed: int, folder: Path | None) -> Pool:
        return self.read(folder)[0]

    def read(self, folder: Path | None) -> tuple[Pool, tuple[Vocabulary, Vocabulary]]:
        """The pool and the vocabularies of source and target, to see what tokens say."""
        from ddspec.vocabulary.parallel import layout_of, sides
        from ddspec.vocabulary.texts import Cutting, translation_pool

        layout, languages = layout_of(self.corpus), (self.source, self.target)
        found = {use: sides(layout, use, languages, folder) for use in ("train", "test")}
        cutting = Cutting(self.length, self.vocabulary, self.pieces, self.lowercase)
        counts = {"train": self.pairs, "test": self.test}
        return translation_pool(found, cutting, counts, joint=self.joint)
