"""Texts to tokens: what is read, what is wanted, what is learned from, in every layout."""

import gzip
import subprocess
import sys

import numpy as np
import pytest

from ddspec.errors import DdspecError
from ddspec.vocabulary.datasets.parallel_text import ParallelText
from ddspec.vocabulary.datasets.plain_text import PlainText
from ddspec.vocabulary.tokenizing import SPECIAL, learn, rows_of, shifted

ENGLISH = ["a dog runs", "a cat sits", "the dog sits down now"]
FRENCH = ["un chien court", "un chat", "le chien"]


def write(place, name, lines, *, packed=False):
    place.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{line}\n" for line in lines).encode()
    path = place / f"{name}{'.gz' * packed}"
    path.write_bytes(gzip.compress(content) if packed else content)


def write_pairs(place, test="test", *, packed=False):
    write(place, "train.en", ENGLISH, packed=packed)
    write(place, "train.fr", FRENCH, packed=packed)
    write(place, f"{test}.en", ["a bird runs", "the cat"], packed=packed)
    write(place, f"{test}.fr", ["un oiseau court", "le chat"], packed=packed)


def pairs(**changes):
    plain = {"corpus": "mine", "source": "en", "target": "fr", "samples": 2, "test": 2}
    return ParallelText(**(plain | {"length": 5, "vocabulary": 30, "pieces": "words"} | changes))


def test_a_pair_is_the_source_and_the_target_moved_by_one(tmp_path):
    write_pairs(tmp_path / "mine")
    word = pairs()
    pool, (known, same) = word.read(tmp_path)
    number = known.tokenizer.token_to_id
    a, dog, runs, un, chien, court = map(number, ["a", "dog", "runs", "un", "chien", "court"])
    assert known is same
    assert pool.train_inputs[0].tolist() == [a, dog, runs, 2, 0, 1, un, chien, court, 2]
    assert pool.train_targets[0].tolist() == [un, chien, court, 2, -1]
    assert pool.train_inputs[2, :5].tolist() == [*map(number, ENGLISH[2].split())]
    assert pool.train_weights.tolist() == [4, 3, 3]
    assert pool.train_targets.dtype == np.int64
    assert pool.train_inputs.dtype == np.float32
    assert (word.shape, word.outputs, word.classes) == ((2, 5), 150, 30)
    assert word.tokens
    assert word.weighted


def test_tokens_are_learned_from_the_training_side_only(tmp_path):
    write_pairs(tmp_path / "mine")
    pool, (known, _) = pairs().read(tmp_path)
    assert known.tokenizer.token_to_id("bird") is None
    assert pool.test_inputs[0, 1] == 3
    assert pool.test_targets[0, 1] == 3
    assert known.text(pool.test_targets[1]) == "le chat"
    assert [known.tokenizer.id_to_token(number) for number in range(4)] == list(SPECIAL)


def test_two_vocabularies_number_each_language_by_itself(tmp_path):
    write_pairs(tmp_path / "mine")
    _, (source, target) = pairs(joint=False).read(tmp_path)
    assert source.tokenizer.token_to_id("chien") is None
    assert target.tokenizer.token_to_id("dog") is None
    assert target.tokenizer.token_to_id("un") in (4, 5)


def test_the_rarest_words_are_unknown(tmp_path):
    write_pairs(tmp_path / "mine")
    pool, (known, _) = pairs(vocabulary=8).read(tmp_path)
    assert known.tokenizer.get_vocab_size() == 8
    assert pool.train_inputs.max() <= 7
    assert (pool.train_inputs == 3).any()


def test_sub_words_say_what_words_do_not(tmp_path):
    write_pairs(tmp_path / "mine")
    pool, (known, _) = pairs(pieces="bpe", vocabulary=60, length=20).read(tmp_path)
    assert known.text(pool.train_targets[0]) == "un chien court"
    assert known.text(pool.test_targets[0]) == "un oiseau court"
    assert (pool.test_targets != 3).all()


def test_small_letters_are_the_same_words(tmp_path):
    write_pairs(tmp_path / "mine")
    write(tmp_path / "mine", "train.en", [line.upper() for line in ENGLISH])
    pool, (known, _) = pairs(lowercase=True).read(tmp_path)
    assert known.text(pool.train_inputs[0, :5].astype(int)) == "a dog runs"


def test_a_vocabulary_smaller_than_the_alphabet_is_refused(tmp_path):
    write_pairs(tmp_path / "mine")
    with pytest.raises(DdspecError, match="different characters") as caught:
        pairs(pieces="bpe", vocabulary=10).pool(0, tmp_path)
    needed = int(caught.value.help[0].split("vocabulary: ")[1].split("`")[0])
    pairs(pieces="bpe", vocabulary=needed).pool(0, tmp_path)


LAYOUTS = [
    ("multi30k", "multi30k", "test_2016_flickr"),
    ("multi30k", ".", "test_2016_flickr"),
    ("multi30k", "multi30k/data/task1/raw", "test_2016_flickr"),
    ("multi30k", "multi30k", "test2016"),
    ("iwslt14", "iwslt14.tokenized.en-fr", "test"),
    ("wmt14", "wmt14_en_fr", "newstest2014"),
    ("some/folder", "some/folder", "test"),
]


@pytest.mark.parametrize(("corpus", "place", "test"), LAYOUTS)
@pytest.mark.parametrize("packed", [False, True])
def test_layouts_are_found(tmp_path, corpus, place, test, packed):
    write_pairs(tmp_path / place, test, packed=packed)
    pool, (known, _) = pairs(corpus=corpus).read(tmp_path)
    assert known.text(pool.train_targets[0]) == "un chien court"
    assert known.text(pool.test_targets[1]) == "le chat"


def segments(lines):
    body = "".join(f'<seg id="{n}"> {line} </seg>\n' for n, line in enumerate(lines))
    return ["<mteval>", '<doc docid="1">', body, "</doc>", "</mteval>"]


def test_the_layout_of_iwslt_has_tags(tmp_path):
    talk = ["<url>http://a</url>", "<keywords>a, b</keywords>", "<talkid>1</talkid>"]
    for language, lines in (("de", FRENCH), ("en", ENGLISH)):
        told = [*talk, f"<title>{lines[0]}</title>", f"<description>{lines[1]}</description>"]
        write(tmp_path / "de-en", f"train.tags.de-en.{language}", [*told, *lines])
        for part in ("dev2010", "dev2012", "tst2010", "tst2011", "tst2012"):
            name = f"IWSLT14.TED.{part}.de-en.{language}.xml"
            write(tmp_path / "de-en", name, segments([f"{lines[0]} &amp; {part}"]))
    word = pairs(corpus="iwslt14", source="de", target="en", test=5, length=9)
    pool, (known, _) = word.read(tmp_path)
    said = [known.text(row) for row in pool.train_targets]
    assert said == [ENGLISH[0], ENGLISH[1], *ENGLISH]
    assert len(pool.test_targets) == 5
    assert known.text(pool.test_inputs[4, :9].astype(int)) == "un chien court"
    back = pairs(corpus="iwslt14", source="en", target="de", test=5).pool(0, tmp_path)
    assert len(back.train_targets) == 5


def test_the_layout_of_wmt_joins_its_parts(tmp_path):
    parts = ["commoncrawl", "europarl-v7", "news-commentary-v9", "undoc.2000"]
    for language, role, lines in (("en", "src", ENGLISH), ("fr", "ref", FRENCH)):
        for part in parts:
            write(tmp_path / "wmt14", f"{part}.fr-en.{language}", lines)
        write(tmp_path / "wmt14", f"giga-fren.release2.fixed.{language}", lines[:1], packed=True)
        name = f"newstest2014-fren-{role}.{language}.sgm"
        write(tmp_path / "wmt14", name, segments(lines[:2]))
    pool = pairs(corpus="wmt14").pool(0, tmp_path)
    assert len(pool.train_targets) == 13
    assert len(pool.test_targets) == 2
    assert len(pairs(corpus="wmt14", pairs=7).pool(0, tmp_path).train_targets) == 7


def test_sides_of_different_length_are_refused(tmp_path):
    write_pairs(tmp_path / "mine")
    write(tmp_path / "mine", "train.fr", FRENCH[:2])
    with pytest.raises(DdspecError, match="3 and 2 lines"):
        pairs().pool(0, tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_only_line_feeds_end_lines_and_empty_sides_do_not_train(tmp_path, packed):
    write_pairs(tmp_path / "mine")
    (tmp_path / "mine" / "train.en").unlink()
    lines = ["a\u2028dog", "", "a\x85c\rat", "runs"]
    write(tmp_path / "mine", "train.en", lines, packed=packed)
    write(tmp_path / "mine", "train.fr", ["un", "deux", "trois", "quatre"])
    pool, (known, _) = pairs().read(tmp_path)
    assert [known.text(row) for row in pool.train_targets] == ["un", "trois", "quatre"]


def test_missing_texts_are_asked_for(tmp_path):
    with pytest.raises(DdspecError, match=r"files train.en and train.fr; looked in") as caught:
        pairs(corpus="multi30k").pool(0, tmp_path)
    assert str(tmp_path / "multi30k") in caught.value.help[0]
    write_pairs(tmp_path / "mine")
    (tmp_path / "mine" / "test.fr").unlink()
    with pytest.raises(DdspecError, match=r"files test.en and test.fr"):
        pairs().pool(0, tmp_path)


def test_text_that_is_not_utf_8_is_named(tmp_path):
    write_pairs(tmp_path / "mine")
    (tmp_path / "mine" / "train.fr").write_bytes("été\n".encode("latin-1"))
    with pytest.raises(DdspecError, match=r"train.fr is no text in UTF-8"):
        pairs().pool(0, tmp_path)


def test_rows_are_cut_or_filled():
    assert rows_of([[7, 8, 9], [], [4]], 2, -1).tolist() == [[7, 8], [-1, -1], [4, -1]]
    assert shifted(np.array([[7, 8, 2], [9, -1, -1]])).tolist() == [[1, 7, 8], [1, 9, 0]]


CODE = """
from ddspec.vocabulary.tokenizing import learn
lines = [f"{a}{b}{c} {c}{a}" for a in "abcd" for b in "efgh" for c in "ijkl"] * 3
for pieces in ("bpe", "words"):
    known = learn("x", iter(lines), 60, pieces, lowercase=False)
    print(sorted(known.tokenizer.get_vocab().items()))
"""


def test_a_vocabulary_is_the_same_in_every_process():
    found = {
        subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(found) == 1


# --- one text ---------------------------------------------------------------------------------

LINES = ["abc", "de", "fgh", "abc"]


def text(**changes):
    plain = {"file": "text.txt", "samples": 2, "test": 1, "length": 4, "vocabulary": 20}
    return PlainText(**(plain | {"pieces": "characters", "held_out": 0.25} | changes))


def test_blocks_follow_one_another_and_the_last_lines_are_tested(tmp_path):
    write(tmp_path, "text.txt", LINES)
    word = text()
    pool, known = word.read(tmp_path)
    assert known.text(np.concatenate(pool.train_targets)) == "abc\nde\nfgh\n"
    assert [known.text(row) for row in pool.train_targets] == ["abc\n", "de\nf", "gh\n"]
    assert pool.train_weights.tolist() == [4, 4, 3]
    assert pool.train_targets[2, 3] == -1
    assert pool.train_inputs[:, 0].tolist() == [1, 1, 1]
    assert np.array_equal(pool.train_inputs[:, 1:], pool.train_targets[:, :3])
    assert known.text(pool.test_targets[0]) == "abc\n"
    assert (word.shape, word.outputs, word.tokens) == ((4,), 80, True)


def test_words_end_their_lines(tmp_path):
    write(tmp_path, "text.txt", ["ab cd", "cd ab ab", "ab"])
    pool, known = text(pieces="words", held_out=0.3).read(tmp_path)
    ab, cd = known.tokenizer.token_to_id("ab"), known.tokenizer.token_to_id("cd")
    assert pool.train_targets.tolist() == [[ab, cd, 2, cd], [ab, ab, 2, -1]]
    assert pool.test_targets.tolist() == [[ab, 2, -1, -1]]


def test_another_text_can_be_tested_on(tmp_path):
    write(tmp_path, "text.txt", LINES)
    write(tmp_path, "other.txt", ["abz", "abc"])
    pool, known = text(test_file="other.txt", test=2).read(tmp_path)
    assert len(pool.train_targets) == 4
    assert pool.test_targets[0, 2] == 3
    assert known.tokenizer.token_to_id("z") is None


def test_a_text_of_too_few_lines_is_refused(tmp_path):
    write(tmp_path, "text.txt", ["abc"])
    with pytest.raises(DdspecError, match="too few to hold 25% of them out"):
        text().pool(0, tmp_path)


def test_another_text_than_the_one_meant_is_refused(tmp_path):
    write(tmp_path, "text.txt", LINES)
    with pytest.raises(DdspecError, match="another file than the one of digest abcd") as caught:
        text(digest="abcd").pool(0, tmp_path)
    right = caught.value.help[0].split('"')[1]
    assert len(text(digest=right).pool(0, tmp_path).train_targets) == 3


def test_characters_that_are_learned_are_the_most_frequent():
    known = learn("x", ["aab", "bba", "c"], 6, "characters", lowercase=False)
    assert list(known.numbers(["abc"])) in ([[4, 5, 3]], [[5, 4, 3]])
