import pytest

from ddspec.language.near import nearest, slips

WORDS = ("mnist", "mnist1d", "cifar10", "linear_gaussian", "momentum", "relu", "tanh")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mnst1d", "mnist1d"),
        ("momentun", "momentum"),
        ("reul", "relu"),
        ("MNIST", "mnist"),
        ("tan", "tanh"),
        ("linear_gausian", "linear_gaussian"),
    ],
)
def test_a_slip_is_recognized(written: str, meant: str):
    assert nearest(written, WORDS)[0] == meant


@pytest.mark.parametrize("written", ["", "x", "resnet", "relation", "gaussian"])
def test_a_different_word_is_no_near_miss(written: str):
    assert nearest(written, WORDS) == ()


def test_a_name_is_not_its_own_near_miss():
    assert nearest("mnist", WORDS) == ()


def test_nearer_names_come_first_and_only_so_many():
    known = ["depth", "widhts", "width", "wdhs"]
    assert nearest("widths", known) == ("widhts", "width", "wdhs")
    assert nearest("widths", known, most=1) == ("widhts",)


def test_neighbors_swapped_are_one_slip():
    assert slips("widht", "width") == 1
    assert slips("width", "depth") == slips("depth", "width") == 3
    assert slips("", "abc") == 3
