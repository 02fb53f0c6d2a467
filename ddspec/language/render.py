"""Diagnostics → text for a terminal, plain data for a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import attrs

from ddspec.errors import Diagnostic, Fix, Label, Span
from ddspec.language.display import shown, width
from ddspec.language.source import Source

WIDEST = 400  # columns of a line that are shown


@attrs.frozen
class _Mark:
    """A label drawn on its line: `sign` repeated from column `start` to `end`, then the words."""

    line: int
    start: int
    end: int
    sign: str
    text: str


def render(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """The lines a terminal shows for one diagnostic, without a line end after the last.

    `sources` has the text of every file by the name its spans carry; a file that is not there is
    named but not quoted.
    """
    texts = {name: _source(name, text) for name, text in sources.items()}
    gutter = " " * _gutter(diagnostic, texts)
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {shown(diagnostic.title)}"]
    for arrow, labels in _by_file(diagnostic):
        lines += _excerpt(arrow, labels, texts.get(labels[0][0].span.source), gutter)
    lines += [f"{gutter} = note: {shown(note)}" for note in diagnostic.notes]
    lines += [f"{gutter} = help: {shown(advice)}" for advice in diagnostic.help]
    if diagnostic.fix is not None:
        lines += _fix(diagnostic.fix, texts.get(diagnostic.fix.span.source), gutter)
    return "\n".join(lines)


@lru_cache(maxsize=64)
def _source(name: str, text: str) -> Source:
    """The source, its lines found once for all messages."""
    return Source(name, text)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """How many of what, and where: `2 errors and 1 warning in width.dd`."""
    counts = []
    for severity in ("error", "warning", "note"):
        number = sum(each.severity == severity for each in diagnostics)
        if number:
            counts.append(f"{number} {severity}{'s' * (number > 1)}")
    if not counts:
        return "no problems"
    files = list(dict.fromkeys(each.primary.span.source for each in diagnostics))
    return f"{_listed(counts)} in {_listed(files)}"


def as_json(diagnostic: Diagnostic, sources: Mapping[str, str]) -> dict[str, object]:
    """The diagnostic as plain data under names that stay.

    Keys: code, severity, title, primary, secondary, notes, help, fix (or None). A place has file,
    start and end, each with `offset` (bytes of UTF-8), `line` and `column` (characters, from 1).
    """
    texts = {name: _source(name, text) for name, text in sources.items()}
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        "primary": _label_data(diagnostic.primary, texts),
        "secondary": [_label_data(label, texts) for label in diagnostic.secondary],
        "notes": list(diagnostic.notes),
        "help": list(diagnostic.help),
        "fix": fix
        and {
            **_place_data(fix.span, texts),
            "new": fix.new,
            "title": fix.title,
            "safe": fix.safe,
        },
    }


def _label_data(label: Label, texts: Mapping[str, Source]) -> dict[str, object]:
    return {**_place_data(label.span, texts), "text": label.text}


def _place_data(span: Span, texts: Mapping[str, Source]) -> dict[str, object]:
    text = texts.get(span.source) or Source(span.source, "")
    ends: dict[str, object] = {}
    for name, offset in (("start", span.start), ("end", span.end)):
        line, column = text.position(offset)
        ends[name] = {"offset": text.byte_offset(offset), "line": line, "column": column}
    return {"file": span.source, **ends}


def _listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _gutter(diagnostic: Diagnostic, texts: Mapping[str, Source]) -> int:
    """The width of the largest line number that will be printed."""
    spans = [diagnostic.primary.span, *(label.span for label in diagnostic.secondary)]
    if diagnostic.fix is not None:
        spans.append(diagnostic.fix.span)
    known = ((texts.get(span.source), span.start) for span in spans)
    return max((len(str(text.position(at)[0])) for text, at in known if text), default=1)


def _by_file(diagnostic: Diagnostic) -> Iterable[tuple[str, list[tuple[Label, str]]]]:
    """The labels of each file with their signs, the file of the primary one first."""
    files: dict[str, list[tuple[Label, str]]] = {}
    marked = [(diagnostic.primary, "^"), *((label, "-") for label in diagnostic.secondary)]
    for label, sign in marked:
        files.setdefault(label.span.source, []).append((label, sign))
    return ((":::" if number else "-->", labels) for number, labels in enumerate(files.values()))


def _excerpt(
    arrow: str, labels: list[tuple[Label, str]], source: Source | None, gutter: str
) -> list[str]:
    first = labels[0][0].span
    if source is None:
        return [f"{gutter}{arrow} {shown(first.source)}"]
    line, column = source.position(first.start)
    lines = [f"{gutter}{arrow} {shown(first.source)}:{line}:{column}", f"{gutter} |"]
    rows: dict[int, list[_Mark]] = {}
    for label, sign in labels:
        mark = _mark(label, sign, source)
        rows.setdefault(mark.line, []).append(mark)
    last = None
    for number in sorted(rows):
        begin, text = _window(shown(source.line(number)), rows[number])
        if last is not None and number == last + 2:
            lines.append(_quoted(source, last + 1, gutter))
        elif last is not None and number > last + 1:
            lines.append("...")
        lines.append(f"{number:>{len(gutter)}} | {text}".rstrip())
        lines += [f"{gutter} | {row}" for row in _mark_rows(_moved(rows[number], begin))]
        last = number
    return [*lines, f"{gutter} |"]


def _quoted(source: Source, number: int, gutter: str) -> str:
    return f"{number:>{len(gutter)}} | {shown(source.line(number)[:WIDEST])}".rstrip()


def _window(text: str, marks: Sequence[_Mark]) -> tuple[int, str]:
    """Where the part of a line that is shown begins, and that part: all of it but for a line that
    is longer than anybody would read.
    """
    if len(text) <= WIDEST:
        return 0, text
    begin = max(0, min(mark.start for mark in marks) - WIDEST // 4)
    return begin, text[begin : begin + WIDEST]


def _moved(marks: Sequence[_Mark], begin: int) -> list[_Mark]:
    """Marks of a line that is shown from the column `begin` on."""
    if begin == 0 and max(mark.end for mark in marks) <= WIDEST:
        return list(marks)
    places = [[min(max(at - begin, 0), WIDEST) for at in (mark.start, mark.end)] for mark in marks]
    return [
        attrs.evolve(mark, start=start, end=max(end, start + 1))
        for mark, (start, end) in zip(marks, places, strict=True)
    ]


def _mark(label: Label, sign: str, source: Source) -> _Mark:
    """A stretch over several lines is marked to the end of its first."""
    line, column = source.position(label.span.start)
    text = source.line(line)
    length = max(1, label.span.end - label.span.start)
    start = width(text[: column - 1])
    end = max(start + 1, width(text[: column - 1 + length]))
    return _Mark(line, start, end, sign, shown(label.text))


def _mark_rows(marks: list[_Mark]) -> list[str]:
    """Marks without words share the row of the rightmost text; every other text has its own."""
    marks = sorted(marks, key=lambda mark: -mark.start)
    spoken = [mark for mark in marks if mark.text]
    silent = [mark for mark in marks if not mark.text]
    first, *others = spoken or [silent[0]]
    rows = []
    if all(mark.end <= first.start for mark in silent):
        rows.append(_row([*silent, first]))
    else:
        rows += [_row(silent), _row([first])]
    return rows + [_row([mark]) for mark in others]


def _row(marks: list[_Mark]) -> str:
    """Signs in their columns (a primary mark drawn over a secondary one), words after them."""
    signs = [" "] * max(mark.end for mark in marks)
    for mark in sorted(marks, key=lambda mark: mark.sign):
        signs[mark.start : mark.end] = mark.sign * (mark.end - mark.start)
    words = next((mark.text for mark in marks if mark.text), "")
    return f"{''.join(signs)} {words}".rstrip()


def _fix(fix: Fix, source: Source | None, gutter: str) -> list[str]:
    """The line as it is and as it would be; a fix over several lines shows all of them."""
    lines = [f"{gutter} = fix ({'safe' if fix.safe else 'check it'}): {shown(fix.title)}"]
    if source is None:
        return lines
    lines.append(f"{gutter} |")
    number, column = source.position(fix.span.start)
    last, end = source.position(fix.span.end)
    old = [source.line(line) for line in range(number, last + 1)]
    new = (old[0][: column - 1] + fix.new + old[-1][end - 1 :]).split("\n")
    for sign, texts in (("-", old), ("+", new)):
        numbered = enumerate(texts, number)
        lines += [
            f"{at:>{len(gutter)}} {sign} {shown(text[:WIDEST])}".rstrip() for at, text in numbered
        ]
    return lines
