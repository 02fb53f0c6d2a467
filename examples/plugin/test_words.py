"""The words of dd_spirals are as good as ddspec's own."""

import pytest
from dd_spirals.words import Confidence, GroupLasso, Residual, Spirals

from ddspec.testing import check_word


@pytest.mark.parametrize("word", [Spirals, Residual, GroupLasso, Confidence])
def test_a_word_is_right(word):
    check_word(word)
