"""Fixes: the safe ones of a text are made, and the text is checked again, until none is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ddspec.errors import Diagnostic, Fix
from ddspec.spec.problems import UNREADABLE

MOST_ROUNDS = 50
Check = Callable[[str], Sequence[Diagnostic]]


def fixed(text: str, source: str, check: Check) -> tuple[str, tuple[Fix, ...]]:
    """The text with its safe fixes made, and these in the order in which they were.

    `check` gives the diagnostics of a text whose spans carry the name `source`; fixes elsewhere, in
    files it uses, are left. A fix is kept if it removes what it is for, leaves no line unread that
    was read before, and adds nothing wrong of its own kind. A text without problems stays as it is.
    """
    made: list[Fix] = []
    refused: set[tuple[str, str, str]] = set()
    found = check(text)
    for _ in range(MOST_ROUNDS):
        step = _step(text, found, source, check, refused)
        if step is None:
            break
        text, found, fixes = step
        made += fixes
    return text, tuple(made)


def _step(
    text: str,
    found: Sequence[Diagnostic],
    source: str,
    check: Check,
    refused: set[tuple[str, str, str]],
) -> tuple[str, Sequence[Diagnostic], list[Fix]] | None:
    """All fixes that can be made at once, or the first that can be made alone."""
    asked = [
        (each, each.fix)
        for each in found
        if each.fix is not None
        and each.fix.safe
        and each.fix.span.source == source
        and _mark(each, each.fix, text) not in refused
    ]
    apart = _apart(asked)
    for chosen in [apart, *([pair] for pair in apart)] if apart else []:
        new = _replaced(text, [fix for _, fix in chosen])
        after = check(new)
        if _better(found, after, chosen):
            return new, after, [fix for _, fix in chosen]
        if len(chosen) == 1:
            refused.add(_mark(*chosen[0], text))
    return None


def _mark(problem: Diagnostic, fix: Fix, text: str) -> tuple[str, str, str]:
    """What tells a fix that did no good again, wherever it has moved."""
    return problem.code, text[fix.span.start : fix.span.end], fix.new + problem.title


def _apart(asked: Sequence[tuple[Diagnostic, Fix]]) -> list[tuple[Diagnostic, Fix]]:
    """Of fixes that overlap, or touch, the first."""
    chosen: list[tuple[Diagnostic, Fix]] = []
    for pair in sorted(asked, key=lambda pair: (pair[1].span.start, pair[1].span.end)):
        if not chosen or pair[1].span.start > chosen[-1][1].span.end:
            chosen.append(pair)
    return chosen


def _replaced(text: str, fixes: Sequence[Fix]) -> str:
    for fix in reversed(fixes):
        text = text[: fix.span.start] + fix.new + text[fix.span.end :]
    return text


def _better(
    before: Sequence[Diagnostic],
    after: Sequence[Diagnostic],
    chosen: Sequence[tuple[Diagnostic, Fix]],
) -> bool:
    """Whether what was fixed is gone, and every line is read that was.

    What a line says once it can be read, and what of that is wrong, is known only then.
    """
    syntax = sum(problem.code in UNREADABLE for problem, _ in chosen)
    if _unread(after) > _unread(before) - syntax:
        return False
    codes, left = (Counter(each.code for each in found) for found in (before, after))
    wanted = Counter(problem.code for problem, _ in chosen)
    return syntax > 0 or all(left[code] <= codes[code] - wanted[code] for code in wanted)


def _unread(found: Sequence[Diagnostic]) -> int:
    return sum(each.code in UNREADABLE for each in found)
