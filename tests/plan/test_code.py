"""The words of a cell as a store keeps them, and what has changed since."""

import pytest

from ddspec.plan.code import Code, Mark

L2 = Mark("regularizer", "l2", 1)
OWN = Mark("regularizer", "mine", 1, "0f3a")
TEXT = "regularizer.l2@1 regularizer.mine@1:0f3a"


def known(*marks):
    return lambda kind, name: {(m.kind, m.name): m for m in marks}.get((kind, name))


def test_a_code_is_read_back_as_it_was_written():
    assert str(Code.of([OWN, L2, L2])) == TEXT
    assert Code.parse(TEXT) == Code.of([L2, OWN])


def test_what_a_newer_version_writes_is_left_out():
    assert Code.parse(f"{TEXT} something else@x") == Code.of([L2, OWN])


@pytest.mark.parametrize(
    ("today", "change"),
    [
        (Mark("regularizer", "l2", 2), "`l2` was version 1, is 2 now"),
        (Mark("regularizer", "mine", 1, "beef"), "`mine`: its source has changed since"),
        (Mark("regularizer", "mine", 2, "beef"), "`mine` was version 1, is 2 now"),
    ],
)
def test_a_change_is_a_new_version_or_another_source(today, change):
    assert list(Code.parse(TEXT).changes(known(today)).values()) == [change]


@pytest.mark.parametrize(
    "today", [(), (L2, OWN), (Mark("regularizer", "mine", 1),), (Mark("optimizer", "l2", 2),)]
)
def test_no_change_is_what_is_equal_or_not_known(today):
    assert not Code.parse(TEXT).changes(known(*today))


def test_codes_differ_only_in_words_that_both_have():
    assert Code.of([L2, OWN]).differs(Code.of([Mark("regularizer", "l2", 3)]))
    assert not Code.of([L2]).differs(Code.of([OWN]))


def test_an_accepted_change_is_none_any_more_and_is_noted():
    today = known(Mark("regularizer", "l2", 2), Mark("regularizer", "mine", 1, "beef"))
    code = Code.parse(TEXT).brought(["mine"], today)
    assert str(code) == "regularizer.l2@1 regularizer.mine@1:beef ~regularizer.mine@1:0f3a"
    assert list(Code.parse(str(code)).changes(today)) == [L2]
