"""The places and words of a problem: what every stage reports and nobody raises by surprise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import attrs

from ddspec.markup import message, painted, plain

Severity = Literal["error", "warning", "note"]
LONGEST = 600  # characters of one sentence of a message


def brief(text: str) -> str:
    """The text, its middle left out when a spec made it longer than anybody would read."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 4 :]}"


def _all_brief(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(brief, texts))


@attrs.frozen(slots=True)
class Span:
    """A stretch of a source: character offsets `start` (inclusive) and `end` (exclusive)."""

    source: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The stretch from the start of this span to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))


@attrs.frozen(slots=True)
class Label:
    """A marked stretch with the few words printed beside the mark."""

    span: Span
    text: str = attrs.field(default="", converter=brief)


@attrs.frozen(slots=True)
class Fix:
    """A replacement a machine can make; `safe` when it cannot change a right meaning."""

    span: Span
    new: str
    title: str
    safe: bool = True


@attrs.frozen(slots=True)
class Diagnostic:
    """One problem of a spec: what is wrong, where, what it clashes with, what to write instead.

    `code` is `DD` and three digits: DD0 syntax, DD1 names and imports, DD2 types and units,
    DD3 values against vocabulary and data, DD4 regularizers, DD5 sweep, DD6 measures and reports.
    """

    code: str
    title: str = attrs.field(converter=brief)
    primary: Label
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = attrs.field(default=(), converter=_all_brief)
    help: tuple[str, ...] = attrs.field(default=(), converter=_all_brief)
    fix: Fix | None = None
    severity: Severity = "error"

    def _repr_html_(self) -> str:
        """The problem for a notebook; the error it came with has the lines it is about as well."""
        where = f" --> {self.primary.span.source}, character {self.primary.span.start:,}"
        said = [f"  = note: {note}" for note in self.notes]
        said += [f"  = help: {advice}" for advice in self.help]
        return message("\n".join([f"{self.severity}[{self.code}]: {self.title}", where, *said]))


class DdspecError(Exception):
    """A mistake of the user's that is not in a spec: a missing folder, an unreachable cluster.

    The message says what is wrong; `help`, the advice given, says what to do. Commands print both
    and exit with 1.
    """

    def __init__(self, what: str, *advice: str) -> None:
        super().__init__(what)
        self.help = advice

    @property
    def text(self) -> str:
        """What is wrong and what to do, as commands print it."""
        return "\n".join([f"error: {self}", *(f"  = help: {line}" for line in self.help)])

    def _repr_html_(self) -> str:
        return message(self.text)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the mistake is not where Python was."""
        return [self.text if plain() else painted(self.text)]


class SpecError(DdspecError):
    """A spec with errors; `diagnostics` has all of them and `sources` the texts they point into."""

    def __init__(
        self,
        message: str,
        diagnostics: tuple[Diagnostic, ...] = (),
        sources: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics
        self.sources = dict(sources or {})

    def __repr__(self) -> str:
        codes = ", ".join(each.code for each in self.diagnostics)
        return f"<SpecError: {str(self).partition(chr(10))[0]}: {codes}>"
