"""Check: the text of a spec to a checked Spec, with all problems of the file at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ddspec.errors import Diagnostic, Label, Span
from ddspec.language.tree import Axis
from ddspec.spec import alone, imports
from ddspec.spec.experiment import check_experiment
from ddspec.spec.model import Experiment, Spec
from ddspec.spec.problems import Problems
from ddspec.spec.reading import read_used
from ddspec.spec.resolver import Resolver
from ddspec.spec.scope import Declaration, Namespace, Scope

NO_OVERRIDES: Mapping[str, str] = {}


def check(
    text: str,
    path: str,
    *,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    read: Callable[[str], str] | None = None,
) -> tuple[Spec | None, tuple[Diagnostic, ...], dict[str, str]]:
    """The checked spec (None when there are errors), its diagnostics, and the sources by name.

    `path` names the text in messages; files it uses are relative to it, in its folder or below, and
    read by `read` (by default from disk, as UTF-8). `overrides` replace the domain of an axis, or a
    `let`, by name. Diagnostics are in the order of their places, those of the file itself first;
    warnings do not keep a spec from being returned.
    """
    problems = Problems()
    names = imports.load(path, text, read or partial(read_used, spec=path), problems)
    replaced = replacements(overrides, names, problems)
    scope = Scope(names, problems, Resolver(), set())
    experiments = [
        _checked(declaration, _doc(text, declaration.span), scope, replaced)
        for declaration in names.declarations.values()
        if declaration.kind == "experiment" and declaration.home is names and not problems.full
    ]
    alone.check_declarations(names, scope)
    diagnostics = problems.sorted([path])
    if problems.failed:
        return None, diagnostics, problems.sources
    found: tuple[Experiment, ...] = tuple(e for e in experiments if e is not None)
    spec = Spec(path, text, found, problems.sources, dict(overrides))
    return spec, diagnostics, problems.sources


def _checked(
    declaration: Declaration, doc: str, scope: Scope, replaced: Mapping[str, Axis]
) -> Experiment | None:
    return scope.problems.guarded(
        lambda: check_experiment(declaration, doc, scope, replaced),
        declaration.name.text,
        declaration.span,
    )


def replacements(
    overrides: Mapping[str, str], names: Namespace, problems: Problems
) -> dict[str, Axis]:
    """The axes that `--set` puts in place of others; lets are replaced at once."""
    found: dict[str, Axis] = {}
    for name, value in overrides.items():
        axis = imports.domain(name, value, problems)
        if axis is None:
            continue
        declared = names.declarations.get(name)
        if declared is not None and declared.kind == "let":
            names.declarations[name] = Declaration(
                declared.name, "let", (), axis.domain, declared.home, declared.span
            )
        elif _has_axis(names, name):
            found[name] = axis
        else:
            _no_such_name(name, value, problems)
    return found


def _has_axis(names: Namespace, name: str) -> bool:
    return any(
        part.name.text == name
        for space in alone.spaces(names)
        for declaration in space.declarations.values()
        if declaration.kind == "experiment"
        for part in alone.axes_in(declaration)
    )


def _no_such_name(name: str, value: str, problems: Problems) -> None:
    source = f"--set {name}={value}"
    problems.report(
        "DD120",
        f"no experiment has an axis `{name}`, and the file has no `let {name}`",
        Label(Span(source, 0, len(name)), "nothing of this name to replace"),
        help=["`--set` replaces the domain of an axis or the value of a `let`"],
    )


def _doc(text: str, span: Span) -> str:
    """The comment directly above a statement, without its signs."""
    lines = text[: span.start].splitlines()
    found: list[str] = []
    for line in reversed(lines if text[: span.start].endswith("\n") else lines[:-1]):
        if not line.lstrip().startswith("#"):
            break
        found.append(line.lstrip().lstrip("#").strip())
    return "\n".join(reversed(found))
