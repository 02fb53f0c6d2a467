"""A point of the parse → the kinds of tokens that could come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParseConf

from ddspec.language.tokens import END


def listed(conf: ParseConf[Any], state: int) -> frozenset[str]:
    """The kinds the tables list at a state, whatever stands before it."""
    return frozenset(kind for kind in conf.states[state] if kind.isupper() and kind != "ERROR")


def accepted(conf: ParseConf[Any], stack: Sequence[int]) -> frozenset[str]:
    """The kinds of tokens the parser takes after the states in `stack`: fewer than are listed."""
    return frozenset(kind for kind in listed(conf, stack[-1]) if accepts(conf, stack, kind))


def accepts(conf: ParseConf[Any], stack: Sequence[int], kind: str) -> bool:
    """Whether the parser takes a token of this kind, after whatever it must reduce first."""
    now = list(stack)
    while kind in conf.states[now[-1]]:
        action, argument = conf.states[now[-1]][kind]
        if action is Shift:
            return True
        if argument.expansion:
            del now[-len(argument.expansion) :]
        now.append(conf.states[now[-1]][argument.origin.name][1])
        if kind == END and now[-1] == conf.end_state:
            return True
    return False


def accepts_all(conf: ParseConf[Any], kinds: Sequence[str]) -> bool:
    """Whether tokens of these kinds are a whole file; ten times as quick as building its tree."""
    states, stack = conf.states, [conf.start_state]
    for kind in [*kinds, END]:
        while True:
            if kind not in states[stack[-1]]:
                return False
            action, argument = states[stack[-1]][kind]
            if action is Shift:
                stack.append(argument)
                break
            if argument.expansion:
                del stack[-len(argument.expansion) :]
            stack.append(states[stack[-1]][argument.origin.name][1])
            if kind == END and stack[-1] == conf.end_state:
                return True
    return False
