"""Problems of a file, collected while the check goes on: one diagnostic a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import attrs

from ddspec.errors import Diagnostic, Fix, Label, Severity, Span

T = TypeVar("T")
UNREADABLE = ("DD001", "DD002", "DD003", "DD004")  # of lines of which something is left out
MOST_FOUND = 1_000  # diagnostics kept of one check
MOST_MET = 500_000  # names looked up, and points of axes, in one check


class TooMuchError(Exception):
    """What a spec says in few words comes to more than can be checked or trained.

    The message goes on where the name of what is too much stands; `label` says it at its place.
    """

    def __init__(self, title: str, label: str) -> None:
        super().__init__(title)
        self.label = label


def label(span: Span, text: str = "") -> Label:
    """A secondary mark with its words."""
    return Label(span, text)


def listed(names: Iterable[str], last: str = "") -> str:
    """Names in backticks, separated by commas; `last` joins the final two (`or`, `and`)."""
    quoted = [f"`{name}`" for name in names]
    if last and len(quoted) > 1:
        return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
    return ", ".join(quoted)


def article(noun: str) -> str:
    """The noun after `a` or `an`."""
    return f"{'an' if noun.lstrip('`')[:1] in 'aeiou' else 'a'} {noun}"


@attrs.define
class Problems:
    """The diagnostics found so far, and the texts their places point into, by name.

    A declaration is read once for every experiment that uses it, so the same mistake comes up
    again: the first report of a code at a place is kept.
    """

    sources: dict[str, str] = attrs.field(factory=dict)
    found: dict[tuple[str, Span], Diagnostic] = attrs.field(factory=dict)
    broken: set[tuple[str, int]] = attrs.field(factory=set)
    met: int = 0

    def quote(self, span: Span) -> str:
        """What is written at a place, on one line."""
        return " ".join(self.sources.get(span.source, "")[span.start : span.end].split())

    def quote_lines(self, span: Span) -> str:
        """What is written at a place, with what stands before it on its first line."""
        begin = self.sources.get(span.source, "").rfind("\n", 0, span.start) + 1
        return self.quote(attrs.evolve(span, start=begin))

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic unless its code was reported at its place before, or many others, or
        its line could not be read: what is left of that one is a guess.
        """
        if not self.full and self._line(diagnostic) not in self.broken:
            self.found.setdefault((diagnostic.code, diagnostic.primary.span), diagnostic)

    def add_unread(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Keep what is wrong with the form of a text."""
        for diagnostic in diagnostics:
            self.add(diagnostic)
        self.broken |= {self._line(each) for each in diagnostics if each.code in UNREADABLE}

    def _line(self, diagnostic: Diagnostic) -> tuple[str, int]:
        span = diagnostic.primary.span
        return span.source, self.sources.get(span.source, "").count("\n", 0, span.start)

    def count(self, number: int = 1) -> None:
        """Note that names are looked up, or points made; raises TooMuchError when that goes on."""
        self.met += number
        if self.met > MOST_MET:
            title = f"comes to more than {MOST_MET:,} names and points of axes"
            raise TooMuchError(title, "through what it names")

    def guarded(self, read: Callable[[], T], name: str, span: Span) -> T | None:
        """What `read` gives; None, reported at `span`, when it is too much or nests too deeply."""
        try:
            return read()
        except TooMuchError as much:
            self.report(
                "DD519",
                f"`{name}` {much}",
                Label(span, much.label),
                help=["use fewer points or axes, or an experiment for each part of the grid"],
            )
            return None
        except RecursionError:
            self.report(
                "DD007",
                f"`{name}` is nested too deeply to be read",
                Label(span, "through what it names"),
                help=["name parts of deep expressions with `let`, in fewer steps"],
            )
            return None

    def report(
        self,
        code: str,
        title: str,
        primary: Label,
        *,
        also: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: Iterable[str] = (),  # noqa: A002 -- as in Diagnostic
        fix: Fix | None = None,
        severity: Severity = "error",
    ) -> None:
        """Keep a new diagnostic; marks that repeat the primary one are left out."""
        secondary = tuple(mark for mark in also if mark.span != primary.span)
        self.add(
            Diagnostic(code, title, primary, secondary, tuple(notes), tuple(help), fix, severity)
        )

    @property
    def full(self) -> bool:
        """True when so much is wrong that nothing more is kept."""
        return len(self.found) >= MOST_FOUND and self.failed

    @property
    def failed(self) -> bool:
        """True when an error, and not only warnings, was found."""
        return any(diagnostic.severity == "error" for diagnostic in self.found.values())

    def sorted(self, order: Iterable[str] = ()) -> tuple[Diagnostic, ...]:
        """All diagnostics by source, the ones of `order` first, and place."""
        rank = {name: number for number, name in enumerate(order)}
        return tuple(
            sorted(
                self.found.values(),
                key=lambda d: (
                    rank.get(d.primary.span.source, len(rank)),
                    d.primary.span.source,
                    d.primary.span.start,
                    d.code,
                ),
            )
        )
