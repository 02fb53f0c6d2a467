"""Files: what each declares, and what it brings in from the files it uses."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

import attrs

from ddspec.language.parser import parse
from ddspec.language.tree import Block, Define, File, Identifier, Let, Use
from ddspec.server.sites import Owner, Site

Read = Callable[[str], str | None]


@attrs.define(eq=False)
class Space:
    """The names of a file: `declared` by name, own and brought in; `modules` behind an alias."""

    path: str
    file: File
    declared: dict[str, Owner] = attrs.field(factory=dict)
    modules: dict[str, tuple[Site, Space]] = attrs.field(factory=dict)
    own: list[Owner] = attrs.field(factory=list)
    used: list[Space] = attrs.field(factory=list)


def load(path: str, read: Read, known: dict[str, Space]) -> Space | None:
    """The space of a file and, in `known`, of every file it uses; None when it cannot be read."""
    if path in known:
        return known[path]
    text = read(path)
    if text is None:
        return None
    space = known[path] = Space(path, parse(text, path)[0])
    _declare(space)
    for statement in space.file.statements:
        if isinstance(statement, Use):
            _use(statement, space, read, known)
    return space


def target_of(use: Use, path: str) -> str:
    """The path of the file that a file uses."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path.value))


def _declare(space: Space) -> None:
    for statement in space.file.statements:
        match statement:
            case Let(name=name, value=value):
                _add(space, name, "let", statement, value)
            case Define(name=name, kind=kind, value=value, parameters=parameters):
                _add(space, name, kind.text, statement, value, parameters)
            case Block(name=Identifier() as name, kind=kind, body=body, parameters=parameters):
                _add(space, name, kind.text, statement, body, parameters)


def _add(
    space: Space,
    name: Identifier,
    kind: str,
    statement: Let | Define | Block,
    value: object,
    parameters: tuple[Identifier, ...] = (),
) -> None:
    site = Site(name.span, name.text, "declared", kind, defines=True)
    owner = Owner(site, space.path, statement.span, value=value)
    for each in parameters:
        owner.parameters[each.text] = Site(each.span, each.text, "parameter", defines=True)
    space.own.append(owner)
    space.declared.setdefault(name.text, owner)


def _use(use: Use, space: Space, read: Read, known: dict[str, Space]) -> None:
    used = load(target_of(use, space.path), read, known)
    if used is None:
        return
    space.used.append(used)
    if use.alias is not None:
        site = Site(use.alias.span, use.alias.text, "module", defines=True)
        space.modules.setdefault(use.alias.text, (site, used))
        return
    for owner in used.own:
        space.declared.setdefault(owner.site.text, owner)
