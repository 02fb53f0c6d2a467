"""Where a name is declared, where it stands, and all of that under another name."""

from __future__ import annotations

from collections import Counter

from lsprotocol.types import (
    DocumentHighlight,
    DocumentHighlightKind,
    Location,
    Position,
    Range,
    TextEdit,
    WorkspaceEdit,
)

from ddspec.errors import DdspecError, Span
from ddspec.language.tokens import read_tokens
from ddspec.language.tree import Hole, Use, walk
from ddspec.server.files import target_of
from ddspec.server.project import Project
from ddspec.server.sites import Site
from ddspec.spec.axis_checks import SEEDS, TIMES

OWN = ("declared", "axis", "derived", "recorded", "parameter", "module")  # sorts a file names
FIXED = (*SEEDS, *TIMES)


def definitions(project: Project, path: str, offset: int) -> list[Location]:
    """Where the name at an offset is declared; the file, for the path of a `use`."""
    for statement in project.tree(path).statements:
        if isinstance(statement, Use) and _inside(offset, statement.path.span):
            target = target_of(statement, path)
            start = Range(Position(0, 0), Position(0, 0))
            return (
                [Location(project.uri(target), start)] if project.text(target) is not None else []
            )
    site = project.index.at(path, offset)
    return [] if site is None else [_located(project, s) for s in project.index.definitions(site)]


def references(project: Project, path: str, offset: int, *, declared: bool) -> list[Location]:
    """Everywhere the name at an offset stands, in the open documents and the files they use."""
    site = project.index.at(path, offset)
    if site is None or site.sort not in OWN:
        return []
    return [_located(project, s) for s in project.index.alike(site) if declared or not s.defines]


def highlights(project: Project, path: str, offset: int) -> list[DocumentHighlight]:
    """Where in its file the name at an offset stands."""
    site, places = project.index.at(path, offset), project.places(path)
    if site is None or site.sort not in OWN:
        return []
    kinds = {True: DocumentHighlightKind.Write, False: DocumentHighlightKind.Read}
    return [
        DocumentHighlight(places.range(each.span), kinds[each.defines])
        for each in project.index.alike(site)
        if each.span.source == path
    ]


def renamable(project: Project, path: str, offset: int) -> Site:
    """The site at an offset; raises DdspecError when its name cannot be chosen."""
    site = project.index.at(path, offset)
    if site is None or site.sort not in OWN or not project.index.definitions(site):
        raise DdspecError("there is no name of your own here", "declared names can be renamed")
    if site.sort == "axis" and site.text in FIXED:
        raise DdspecError(f"`{site.text}` has a meaning of its own and keeps its name")
    return site


def rename(project: Project, path: str, offset: int, new: str) -> WorkspaceEdit:
    """The edits that give a name everywhere another one, in all open documents and used files.

    Raises DdspecError when the name cannot be chosen, when the new one is no name, or when the
    files would mean something else with it: they are checked with the new name before.
    """
    site = renamable(project, path, offset)
    tokens = read_tokens(new)
    if [token.type for token in tokens] != ["NAME"] or str(tokens[0]) != new:
        raise DdspecError(f"`{new}` is no name", "a name is letters, digits and `_`")
    alike = project.index.alike(site)
    paths = sorted({each.span.source for each in alike})
    for each in paths:
        if any(isinstance(part, Hole) for part in walk(project.tree(each))):
            raise DdspecError(f"{each} has lines that cannot be read", "correct them before")
    _verify(project, alike, new)
    changes = {
        project.uri(each): [
            TextEdit(project.places(each).range(s.span), new)
            for s in alike
            if s.span.source == each
        ]
        for each in paths
    }
    return WorkspaceEdit(changes=changes)


def _verify(project: Project, alike: list[Site], new: str) -> None:
    """Raise DdspecError unless the renamed files say the same."""
    renamed = Project(dict(project.open))
    for path in {each.span.source for each in alike}:
        text = project.text(path) or ""
        for site in sorted(alike, key=lambda s: -s.span.start):
            if site.span.source == path:
                text = text[: site.span.start] + new + text[site.span.end :]
        renamed.put(path, text)
    for path in project.open:
        known = Counter(each.code for each in project.checked(path).diagnostics)
        for each in renamed.checked(path).diagnostics:
            known[each.code] -= 1
            if known[each.code] < 0:
                raise DdspecError(f"it cannot be called `{new}`: {each.title}")
    old, now = _meanings(project), _meanings(renamed)
    if old != now:
        raise DdspecError(f"it cannot be called `{new}`: the name means something else already")


def _meanings(project: Project) -> list[tuple[str, int, tuple[tuple[str, int], ...]]]:
    """Every site by its number in its file, with those that name the same thing."""
    index = project.index
    number = {s: (path, n) for path, sites in index.sites.items() for n, s in enumerate(sites)}
    groups: dict[Site, list[tuple[str, int]]] = {}
    for site, place in number.items():
        groups.setdefault(index.leader(site), []).append(place)
    members = {place: tuple(group) for group in groups.values() for place in group}
    return sorted((path, n, members[path, n]) for path, n in number.values())


def _located(project: Project, site: Site) -> Location:
    return project.places(site.span.source).location(site.span)


def _inside(offset: int, span: Span) -> bool:
    return span.start <= offset <= span.end
