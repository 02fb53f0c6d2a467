"""Imports: a file with the files it uses, read, parsed and pinned."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable
from typing import Any

import attrs

from ddspec.errors import Label, Span
from ddspec.language.parser import parse

try:
    from ddspec.language.printer import print_file
except ImportError:
    print_file = str
from ddspec.language.tree import Axis, File, Use
from ddspec.spec.declare import declare
from ddspec.spec.problems import Problems, label
from ddspec.spec.scope import Namespace

SHORTEST_PIN = 8  # hexadecimal digits of `sha256:...`
LEAD = "dd 1\nx in "  # makes a file of a domain
Read = Callable[[str], str]


@attrs.frozen(eq=False)
class Loaded:
    """A file's names, and the sha256 of its canonical text and of all it uses."""

    names: Namespace
    digest: str


@attrs.frozen(eq=False)
class _Loader:
    problems: Problems
    read: Read
    loaded: dict[str, Loaded] = attrs.field(factory=dict)
    trail: list[tuple[str, Use]] = attrs.field(factory=list)

    def load(self, path: str, text: str) -> Loaded:
        self.problems.sources[path] = text
        file, diagnostics = parse(text, path)
        for diagnostic in diagnostics:
            self.problems.add(diagnostic)
        names = declare(file, path, self.problems)
        digests = [self._use(use, path, names) for use in file.statements if isinstance(use, Use)]
        self.loaded[path] = Loaded(names, _digest(file, digests))
        return self.loaded[path]

    def _use(self, use: Use, path: str, names: Namespace) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path.value))
        used = self._open(use, path, target)
        if used is None:
            names.unread.append(use.alias.text if use.alias else "")
            return ""
        _check_pin(use, target, used.digest, self.problems)
        if use.alias is not None:
            self._alias(use, used.names, names)
        else:
            self._merge(use, used.names, names)
        return used.digest

    def _open(self, use: Use, path: str, target: str) -> Loaded | None:
        if target in self.loaded:
            return self.loaded[target]
        trail = [*self.trail, (path, use)]
        if target in [name for name, _ in trail]:
            _circle(trail, target, self.problems)
            return None
        try:
            text = self.read(target)
        except (OSError, UnicodeDecodeError, ValueError) as error:
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


def _digest(file: File, used: list[str]) -> str:
    text = "\n".join([print_file(file), *used])
    return hashlib.sha256(text.encode()).hexdigest()


def _check_pin(use: Use, target: str, digest: str, problems: Problems) -> None:
    if use.digest is None:
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


def _missing(use: Use, target: str, error: Exception, problems: Problems) -> None:
    unreadable = not isinstance(error, FileNotFoundError)
    problems.report(
        "DD112",
        f"{target} cannot be read" if unreadable else f"there is no file {target}",
        Label(use.path.span, "is not a UTF-8 text file" if unreadable else "not found"),
        help=["a path is relative to the file that uses it"],
    )


def read_file(path: str) -> str:
    """The UTF-8 text of a file; raises OSError or UnicodeDecodeError."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()
