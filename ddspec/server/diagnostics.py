"""Diagnostics of a check as an editor shows them, and the edits that correct them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types as lsp

from ddspec.errors import Diagnostic, Fix, Span
from ddspec.server.explaining import address_of
from ddspec.server.project import Project
from ddspec.spec.catalogue import CATALOGUE

NAME = "ddspec"
SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
UNUSED = "is not used"  # how the title of a warning about a declaration nobody reads ends


def by_file(project: Project, path: str) -> dict[str, list[lsp.Diagnostic]]:
    """What the check of a document found, by the file it lies in; the document's own is there."""
    found: dict[str, list[lsp.Diagnostic]] = {path: []}
    for each in project.checked(path).diagnostics:
        found.setdefault(each.primary.span.source, []).append(shown(project, each))
    return found


def shown(project: Project, problem: Diagnostic) -> lsp.Diagnostic:
    """A diagnostic: its title, what is wrong at its place, and what to write instead."""
    label = problem.primary.text
    said = [f"{problem.title}: {label}" if label else problem.title]
    said += [f"note: {note}" for note in problem.notes]
    said += [f"help: {advice}" for advice in problem.help]
    related = [
        lsp.DiagnosticRelatedInformation(_location(project, mark.span), mark.text or "see here")
        for mark in problem.secondary
    ]
    known = problem.code in CATALOGUE
    unused = problem.severity == "warning" and problem.title.endswith(UNUSED)
    return lsp.Diagnostic(
        _range(project, problem.primary.span),
        "\n".join(said),
        severity=SEVERITIES[problem.severity],
        code=problem.code,
        code_description=lsp.CodeDescription(address_of(problem.code)) if known else None,
        source=NAME,
        tags=[lsp.DiagnosticTag.Unnecessary] if unused else None,
        related_information=related or None,
    )


def actions(
    project: Project, path: str, range_: lsp.Range, only: Sequence[str] | None
) -> list[lsp.CodeAction]:
    """The corrections of the problems that touch a range, and one for all the safe ones."""
    fixable = [(p, p.fix) for p in project.checked(path).diagnostics if p.fix is not None]
    places = project.places(path)
    start, end = places.offset(range_.start), places.offset(range_.end)
    quick = [
        _action(project, problem, fix)
        for problem, fix in fixable
        if problem.primary.span.source == path
        and _touch(problem.primary.span, start, end)
        and _wanted(lsp.CodeActionKind.QuickFix, only)
    ]
    safe = disjoint(fix for _, fix in fixable if fix.safe and fix.span.source == path)
    if safe and _wanted(lsp.CodeActionKind.SourceFixAll, only):
        title = f"apply all {len(safe)} safe corrections" if safe[1:] else safe[0].title
        kind = lsp.CodeActionKind.SourceFixAll
        quick.append(lsp.CodeAction(title, kind=kind, edit=_edit(project, safe)))
    return quick


def disjoint(fixes: Iterable[Fix]) -> list[Fix]:
    """Fixes that can be made together: of those that overlap the first."""
    kept: list[Fix] = []
    for fix in sorted(fixes, key=lambda each: each.span.start):
        if (not kept or kept[-1].span.end <= fix.span.start) and fix not in kept:
            kept.append(fix)
    return kept


def _action(project: Project, problem: Diagnostic, fix: Fix) -> lsp.CodeAction:
    return lsp.CodeAction(
        fix.title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[shown(project, problem)],
        is_preferred=fix.safe,
        edit=_edit(project, [fix]),
    )


def _edit(project: Project, fixes: Sequence[Fix]) -> lsp.WorkspaceEdit:
    changes: dict[str, list[lsp.TextEdit]] = {}
    for fix in fixes:
        edit = lsp.TextEdit(_range(project, fix.span), fix.new)
        changes.setdefault(project.uri(fix.span.source), []).append(edit)
    return lsp.WorkspaceEdit(changes=changes)


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _touch(span: Span, start: int, end: int) -> bool:
    return span.start <= end and start <= span.end


def _range(project: Project, span: Span) -> lsp.Range:
    return project.places(span.source).range(span)


def _location(project: Project, span: Span) -> lsp.Location:
    return project.places(span.source).location(span)
