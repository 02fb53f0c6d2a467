"""A small share of the fuzzing, of fixed seeds; `python -m tests.fuzz` does the rest."""

import pytest

from tests.fuzz.specs import specs
from tests.fuzz.stores import stores
from tests.fuzz.tokens import shares, tokens


@pytest.mark.parametrize("seed", ["house-1", "house-2"])
def test_no_spoilt_spec_gets_anything_but_words(seed):
    outcomes, wrong = specs(60, seed)
    assert not wrong, "\n\n".join(wrong)
    assert outcomes["refused"] > 20
    assert sum(outcomes[name] for name in ("run", "planned")) > 0


def test_no_damaged_folder_gets_anything_but_words():
    outcomes, wrong = stores(8, "house")
    assert not wrong, "\n\n".join(wrong)
    assert sum(outcomes.values()) == 8


def test_a_spoilt_token_of_a_published_spec_is_told_once_and_on_its_line():
    outcomes, raised = tokens(1_000, "house", say=lambda _: None)
    assert not raised, "\n\n".join(raised)
    there, once = shares(outcomes)
    assert there >= 0.98
    assert once >= 0.95
    assert outcomes["other"] <= 20  # another number, another order: as right as before
