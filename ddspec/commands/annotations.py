"""Diagnostics as other programs read them: workflow commands of GitHub, SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import attrs

from ddspec import __version__
from ddspec.errors import DdspecError, Diagnostic, Fix, Span
from ddspec.language.source import Source
from ddspec.spec.catalogue import CATALOGUE
from ddspec.spec.model import Spec

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


@attrs.frozen
class Verdict:
    """What the check of one file found; `mistake` is why the file could not be read at all.

    `fixed` are the titles of the fixes that were made before.
    """

    file: str
    spec: Spec | None = None
    problems: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = attrs.field(factory=dict)
    mistake: DdspecError | None = None
    fixed: tuple[str, ...] = ()

    def place(self, span: Span) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """Line and column, from 1 and in characters, of both ends; None outside of files."""
        text = self.sources.get(span.source)
        if text is None or span.source.startswith("--set "):
            return None
        source = Source(span.source, text)
        return source.position(span.start), source.position(span.end)


# --- GitHub -----------------------------------------------------------------------------------


def workflow_commands(verdicts: Iterable[Verdict]) -> str:
    """A line `::error file=...,line=...,col=...,title=...::message` for each problem.

    GitHub Actions shows them beside the lines of a pull request.
    """
    lines = []
    for verdict in verdicts:
        if verdict.mistake is not None:
            lines.append(_command("error", {"file": verdict.file}, str(verdict.mistake)))
        lines += [_told(problem, verdict) for problem in verdict.problems]
    return "\n".join(lines)


def _told(problem: Diagnostic, verdict: Verdict) -> str:
    place = verdict.place(problem.primary.span)
    keys: dict[str, object] = {"file": verdict.file}
    if place is not None:
        (line, column), (last, end) = place
        keys = {"file": problem.primary.span.source, "line": line, "endLine": last, "col": column}
        if last == line and end > column:
            keys["endColumn"] = end
    message = "\n".join([*_sentences(problem), *(f"help: {text}" for text in problem.help)])
    return _command(LEVELS[problem.severity], {**keys, "title": problem.code}, message)


def _sentences(problem: Diagnostic) -> list[str]:
    told = f"{problem.title}: {problem.primary.text}" if problem.primary.text else problem.title
    return [told, *problem.notes]


def _command(level: str, keys: Mapping[str, object], message: str) -> str:
    properties = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in keys.items())
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


# --- SARIF ------------------------------------------------------------------------------------


def sarif(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One run of SARIF 2.1.0: the codes met as rules, a result for each problem, with its fix.

    Columns count characters; a file that could not be read is a notification of the run.
    """
    codes = sorted({problem.code for verdict in verdicts for problem in verdict.problems})
    unread = [verdict for verdict in verdicts if verdict.mistake is not None]
    run = {
        "tool": {"driver": {"name": "ddspec", "version": __version__, "rules": _rules(codes)}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not unread,
                "toolExecutionNotifications": [_notification(verdict) for verdict in unread],
            }
        ],
        "results": [
            _result(problem, verdict, codes) for verdict in verdicts for problem in verdict.problems
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(codes: Sequence[str]) -> list[dict[str, Any]]:
    entries = [CATALOGUE[code] for code in codes]
    return [
        {
            "id": entry.code,
            "shortDescription": {"text": entry.title},
            "fullDescription": {"text": entry.why},
            "help": {"text": f"wrong: {entry.wrong}\nright: {entry.right}"},
        }
        for entry in entries
    ]


def _notification(verdict: Verdict) -> dict[str, Any]:
    artifact = {"artifactLocation": {"uri": quote(verdict.file)}}
    return {
        "level": "error",
        "message": {"text": str(verdict.mistake)},
        "locations": [{"physicalLocation": artifact}],
    }


def _result(problem: Diagnostic, verdict: Verdict, codes: Sequence[str]) -> dict[str, Any]:
    related = [_location(mark.span, verdict, mark.text) for mark in problem.secondary]
    result = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": "\n".join([*_sentences(problem), *problem.help])},
        "locations": [_location(problem.primary.span, verdict)],
        "relatedLocations": [{"id": at, **place} for at, place in enumerate(related)],
    }
    fix = problem.fix
    if fix is not None and verdict.place(fix.span) is not None:
        result["fixes"] = [_replaced(fix, verdict)]
    return result


def _location(span: Span, verdict: Verdict, text: str = "") -> dict[str, Any]:
    place = verdict.place(span)
    uri = quote(verdict.file if place is None else span.source)
    where: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if place is not None:
        where["region"] = _region(place)
    return {"physicalLocation": where, **({"message": {"text": text}} if text else {})}


def _region(place: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, int]:
    (line, column), (last, end) = place
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": end}


def _replaced(fix: Fix, verdict: Verdict) -> dict[str, Any]:
    place = verdict.place(fix.span)
    assert place is not None
    replacement = {"deletedRegion": _region(place), "insertedContent": {"text": fix.new}}
    change = {
        "artifactLocation": {"uri": quote(fix.span.source)},
        "replacements": [replacement],
    }
    return {"description": {"text": fix.title}, "artifactChanges": [change]}
