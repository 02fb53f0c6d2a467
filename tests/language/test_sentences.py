from lark.parsers.lalr_analysis import Shift

from ddspec.language.acceptance import accepted, listed
from ddspec.language.grammar import start
from ddspec.language.sentences import BY_EXPECTED, BY_LAST, OPEN_ENDED, sentence
from ddspec.language.tokens import read_tokens


def arrivals() -> set[tuple[str, frozenset[str]]]:
    """Every state in which a token can arrive: the kind of token before it, and what it expects."""
    found = set()
    for rule in ("start", "expr"):
        conf = start(rule).parse_conf
        found.add(("_NL", listed(conf, conf.start_state)))
        for state in conf.states:
            shifts = (
                (kind, target)
                for kind, (action, target) in conf.states[state].items()
                if kind.isupper() and action is Shift
            )
            found |= {(kind, listed(conf, target)) for kind, target in shifts}
    return {(kind, expected) for kind, expected in found if expected}


def test_every_state_in_which_a_token_can_arrive_has_a_sentence():
    missing = [
        (last, sorted(expected))
        for last, expected in arrivals()
        if expected not in OPEN_ENDED
        and expected not in BY_EXPECTED
        and (last, expected) not in BY_LAST
    ]
    assert missing == []


def test_no_sentence_is_for_a_state_that_is_gone():
    states = arrivals()
    expectations = {expected for _, expected in states}
    assert set(BY_EXPECTED) | OPEN_ENDED <= expectations
    assert set(BY_LAST) <= states
    assert len(states) > 60


def test_the_sentences_after_a_value_depend_on_what_it_stands_in():
    after_value = max(OPEN_ENDED, key=len)
    assert sentence("NUMBER", after_value, frozenset({"COMMA", "RSQB"})).expected == "`,` or `]`"
    assert sentence("NUMBER", after_value, frozenset({"_NL", "$END"})).expected == "a new line"
    assert sentence("NUMBER", after_value, frozenset()).expected == "something else"


def test_what_is_accepted_at_a_place_is_less_than_its_state_lists():
    state = start("expr")
    conf = state.parse_conf
    assert accepted(conf, state.state_stack) == listed(conf, state.state_stack[-1])
    for token in read_tokens("f(a, 1"):
        state.feed_token(token)
    here = accepted(conf, state.state_stack)
    assert {"COMMA", "RPAR", "PLUS"} <= here
    assert not {"RSQB", "_NL", "$END", "THEN", "BY"} & here
