"""Imports: a file with the files it uses, read, parsed and pinned."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.parser import parse
from ddspec.language.printer import print_file
from ddspec.language.tree import Axis, File, Hole, Use, walk
from ddspec.spec.declare import declare
from ddspec.spec.problems import Problems, label
from ddspec.spec.reading import RefusedError, is_below
from ddspec.spec.scope import Namespace

DEEPEST = 50  # files that use one another in a row
SHORTEST_PIN = 8  # hexadecimal digits of `sha256:...`
LEAD = "dd 1\nx in "  # makes a file of a domain
Read = Callable[[str], str]


@attrs.frozen(eq=False, slots=False)
class Loaded:
    """A file's names, its tree, and the files it uses (None for one that cannot be read)."""

    names: Namespace
    file: File
    used: list[Loaded | None]

    @cached_property
    def digest(self) -> str | None:
        """The sha256 of the file's canonical text and of the digests of the files it uses.

        None when one of them cannot be read whole.
        """
        used = [None if other is None else other.digest for other in self.used]
        whole = not any(isinstance(part, Hole) for part in walk(self.file))
        if not whole or any(each is None for each in used):
            return None
        text = "\n".join([print_file(self.file), *(each for each in used if each)])
        return hashlib.sha256(text.encode()).hexdigest()


@attrs.frozen(eq=False)
class _Loader:
    problems: Problems
    read: Read
    loaded: dict[str, Loaded] = attrs.field(factory=dict)
    trail: list[tuple[str, Use]] = attrs.field(factory=list)

    def load(self, path: str, text: str) -> Loaded:
        self.problems.sources[path] = text
        file, diagnostics = parse(text, path)
        self.problems.add_unread(diagnostics)
        names = declare(file, path, self.problems)
        used = [self._use(use, path, names) for use in file.statements if isinstance(use, Use)]
        self.loaded[path] = Loaded(names, file, used)
        return self.loaded[path]

    def _use(self, use: Use, path: str, names: Namespace) -> Loaded | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path.value))
        used = self._open(use, path, target)
        if used is None:
            names.unread.append(use.alias.text if use.alias else "")
            return None
        _check_pin(use, target, used, self.problems)
        if use.alias is not None:
            self._alias(use, used.names, names)
        else:
            self._merge(use, used.names, names)
        return used

    def _open(self, use: Use, path: str, target: str) -> Loaded | None:
        if target in self.loaded:
            return self.loaded[target]
        trail = [*self.trail, (path, use)]
        if target in [name for name, _ in trail]:
            _circle(trail, target, self.problems)
            return None
        try:
            _refuse(target, use, trail)
            text = self.read(target)
        except (OSError, ValueError) as error:
            _missing(use, target, error, self.problems)
            return None
        self.trail.append((path, use))
        try:
            return self.load(target, text)
        finally:
            self.trail.pop()

    def _alias(self, use: Use, used: Namespace, names: Namespace) -> None:
        assert use.alias is not None
        earlier = names.declarations.get(use.alias.text)
        if earlier is not None or use.alias.text in names.modules:
            self.problems.report(
                "DD104",
                f"`{use.alias.text}` is declared twice",
                Label(use.alias.span, "the name of a used file here"),
                also=[label(earlier.name.span, "declared here")] if earlier else [],
                help=["give one of them another name"],
            )
        names.modules.setdefault(use.alias.text, used)

    def _merge(self, use: Use, used: Namespace, names: Namespace) -> None:
        for name, declaration in used.declarations.items():
            if declaration.home is not used:
                continue
            earlier = names.declarations.get(name)
            if earlier is None:
                names.declarations[name] = declaration
            elif earlier is not declaration:
                self.problems.report(
                    "DD104",
                    f"`{name}` of {used.source} is declared here too",
                    Label(use.path.span, f"brings in another `{name}`"),
                    also=[label(earlier.name.span, "declared here")],
                    help=[f'keep the names apart: `use "{use.path.value}" as lib`'],
                )


def load(path: str, text: str, read: Read, problems: Problems) -> Namespace:
    """The names of a file, those of the files it uses among them or behind their aliases."""
    return _Loader(problems, read).load(path, text).names


def domain(name: str, value: str, problems: Problems) -> Axis | None:
    """`--set name=value` as the axis it stands for; its source is named as on the command line."""
    source, text = f"--set {name}={value}", f"{name}={value}"
    problems.sources[source] = text
    file, diagnostics = parse(f"{LEAD}{value}", source)
    shift = len(name) + 1 - len(LEAD)
    for diagnostic in diagnostics:
        primary = attrs.evolve(diagnostic.primary, span=_shifted(diagnostic.primary.span, shift))
        problems.add(attrs.evolve(diagnostic, primary=primary, secondary=(), fix=None))
    _, axis = file.statements if len(file.statements) == 2 else (None, None)  # noqa: PLR2004
    return _moved(axis, shift) if isinstance(axis, Axis) and not diagnostics else None


def _shifted(span: Span, shift: int) -> Span:
    return attrs.evolve(span, start=max(0, span.start + shift), end=max(0, span.end + shift))


def _moved(node: Any, shift: int) -> Any:
    """A tree with all its places moved."""
    if isinstance(node, tuple):
        return tuple(_moved(item, shift) for item in node)
    if isinstance(node, Span):
        return _shifted(node, shift)
    if not attrs.has(type(node)):
        return node
    fields = attrs.fields(type(node))
    return attrs.evolve(node, **{f.name: _moved(getattr(node, f.name), shift) for f in fields})


def _check_pin(use: Use, target: str, used: Loaded, problems: Problems) -> None:
    digest = None if use.digest is None else used.digest
    if use.digest is None or digest is None:
        return
    pinned = use.digest.removeprefix("sha256:")
    if len(pinned) >= SHORTEST_PIN and digest.startswith(pinned):
        return
    what = "is too short" if len(pinned) < SHORTEST_PIN else "is not its digest"
    start = use.span.end - len(pinned)
    problems.report(
        "DD113",
        f"{target} is not the file that was pinned",
        Label(Span(use.span.source, start, use.span.end), what),
        notes=["its meaning, or that of a file it uses, has changed since"],
        help=[f"to use it as it is now, write `sha256:{digest[:16]}`"],
    )


def _circle(trail: list[tuple[str, Use]], target: str, problems: Problems) -> None:
    start = [name for name, _ in trail].index(target)
    ring = trail[start:]
    files = [*(name for name, _ in ring), target]
    also = [
        label(use.span, f"imports {files[i + 1]}" + (closes if i + 1 == len(ring) else ""))
        for i, (_, use) in enumerate(ring)
        for closes in [", which closes the circle"]
        if i > 0
    ]
    problems.report(
        "DD111",
        "these files import each other in a circle" if also else "this file imports itself",
        Label(ring[0][1].span, "the circle starts here"),
        also=also,
        notes=[" -> ".join(files)],
        help=[
            (
                "move what both files need (usually the `dataset` or `train` declarations) into a "
                "third file and let both import that one"
            )
        ]
        if also
        else ["remove this line: a file knows its own names"],
    )


def _refuse(target: str, use: Use, trail: list[tuple[str, Use]]) -> None:
    """Raise RefusedError for a path out of the spec's folder, and for files used too far down."""
    spec = trail[0][0]
    if posixpath.isabs(use.path.value) or not is_below(target, spec):
        raise RefusedError("lies outside the folder of the spec")
    if len(trail) > DEEPEST:
        raise RefusedError(f"is used more than {DEEPEST} files down")


def _missing(use: Use, target: str, error: Exception, problems: Problems) -> None:
    unreadable = not isinstance(error, FileNotFoundError)
    refused = isinstance(error, RefusedError)
    why = f"{error}" if refused else "is not a UTF-8 text file" if unreadable else "not found"
    outside = "copy it into the folder of the spec: only files there, or below, are read"
    problems.report(
        "DD112",
        f"{target} cannot be read" if unreadable else f"there is no file {target}",
        Label(use.path.span, why),
        help=[outside if "outside" in why else "a path is relative to the file that uses it"],
    )
