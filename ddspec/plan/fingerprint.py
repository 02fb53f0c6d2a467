"""The class of a word to a fingerprint of its source, the same after changes of prose."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

DIGITS = 12  # hex digits of a fingerprint
Place = tuple[str, str]  # a module and a name that it binds
SILENT = frozenset({"returns", "type_comment", "ctx", "kind"})
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@cache
def fingerprint(word: type) -> str:
    """Twelve hex digits of what a word's class does; empty for ddspec's own words, and where there
    is no source (a class typed at a prompt): these count by their version only.

    The version of one of ddspec's words is a promise: its meaning is written down, tests hold its
    numbers, and it is raised when either changes. So a newer ddspec whose words were merely written
    better leaves thousands of finished cells alone. Nobody has promised anything of a word of one's
    own, which is edited between two runs with no version in mind: there the source itself counts.

    It covers the class and whatever it reaches by name: functions, constants and base classes of
    its file and of other files of the same package or beside it, and the names of what it imports
    from installed packages, but not their versions. Comments, docstrings, blank lines, formatting,
    annotations of functions and definitions that the class does not use are not part of it.
    """
    if _top(word.__module__) == "ddspec":
        return ""
    forms = _reached(word)
    text = "\n".join(sorted(forms))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS] if forms else ""


def _reached(word: type) -> set[str]:
    """The forms of every statement that a class depends on."""
    seen: set[Place] = set()
    waiting: list[Place] = [(word.__module__, word.__name__)]
    if not _definitions(word.__module__).get(word.__name__):
        return _of_class_alone(word)
    forms: set[str] = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        module, name = place
        for statement in _definitions(module).get(name, ()):
            forms.add(f"{name} = {_form(statement)}")
            waiting += _needed(module, statement)
    return forms


def _of_class_alone(word: type) -> set[str]:
    """The form of a class whose file cannot be read as a whole: one of a notebook."""
    try:
        source = inspect.getsource(word)
        return {_form(ast.parse(inspect.cleandoc(source)))}
    except (OSError, TypeError, SyntaxError):
        return set()


def _definitions(module: str) -> dict[str, tuple[ast.AST, ...]]:
    """What binds each name at the top of a module, also within `if` and `try`; empty without a
    source.
    """
    path = _file(module)
    try:
        return {} if path is None else _defined(path, path.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError, SyntaxError):  # gone, or being edited
        return {}


@cache
def _defined(path: Path, written: int) -> dict[str, tuple[ast.AST, ...]]:
    del written  # a file that was written again is read again
    found: dict[str, tuple[ast.AST, ...]] = {}
    for node in _top_level(ast.parse(path.read_text(encoding="utf-8")).body):
        for name, bound in _bindings(node):
            found[name] = (*found.get(name, ()), bound)
    return found


def _file(module: str) -> Path | None:
    """The file of a module, without importing it."""
    known = getattr(sys.modules.get(module), "__file__", None)
    if known is None:
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None
        known = spec.origin if spec is not None else None
    return Path(known) if known is not None and known.endswith(".py") else None


def _top_level(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for node in statements:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, DEFINES):
                yield from _top_level(getattr(node, part, ()))


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The names that a statement binds, each with what is bound."""
    if isinstance(node, DEFINES):
        yield node.name, node
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield alias.asname or _top(alias.name), _alone(node, alias)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id, node


def _alone(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.AST:
    """An import statement with one of its names only."""
    if isinstance(node, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=node.module, names=[alias], level=node.level)


def _needed(module: str, statement: ast.AST) -> Iterator[Place]:
    """The names that a statement reads, where they are bound."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield module, node.id
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _everything(module, alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported(module, node)


def _imported(module: str, node: ast.ImportFrom) -> Iterator[Place]:
    source = _absolute(module, node)
    for alias in node.names:
        inner = f"{source}.{alias.name}"
        if alias.name == "*" or (_ours(module, source) and _definitions(inner)):
            yield from _everything(module, source if alias.name == "*" else inner)
        elif _ours(module, source):
            yield source, alias.name


def _everything(module: str, other: str) -> Iterator[Place]:
    if _ours(module, other):
        yield from ((other, name) for name in _definitions(other))


def _absolute(module: str, node: ast.ImportFrom) -> str:
    """The full name of the module that `from ... import` names."""
    if not node.level:
        return node.module or ""
    file = _file(module)
    package = file is not None and file.stem == "__init__"
    base = module.split(".")
    base = base[: len(base) - node.level + package]
    return ".".join([*base, *([node.module] if node.module else [])])


@cache
def _ours(module: str, other: str) -> bool:
    """True when `other` is written by whoever wrote `module`: of its package, or not installed."""
    if not other or _top(other) == "ddspec":
        return False
    if _top(other) == _top(module):
        return True
    file = _file(other)
    return file is not None and not any(file.is_relative_to(each) for each in _installed())


@cache
def _installed() -> tuple[Path, ...]:
    """Where packages and the standard library lie."""
    named = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    user = site.getusersitepackages() if site.ENABLE_USER_SITE else None
    return tuple({Path(each) for each in [*named, user] if each})


def _top(module: str) -> str:
    return module.partition(".")[0]


def _form(node: object) -> str:
    """A syntax tree as text: no places, no docstrings, nothing that is left at its default, so that
    another version of Python gives the same.
    """
    if isinstance(node, list):
        return f"[{','.join(map(_form, _without_prose(node)))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_form(value)}"
        for name, value in ast.iter_fields(node)
        if value is not None and value != [] and not _silent(node, name)
    )
    if isinstance(node, ast.Constant):
        return f"{type(node.value).__name__}:{node.value!r}"
    return f"{type(node).__name__}({','.join(fields)})"


def _silent(node: ast.AST, name: str) -> bool:
    """True for what does not act: annotations of functions, and what the place already says."""
    return name in SILENT or (name == "annotation" and isinstance(node, ast.arg))


def _without_prose(nodes: list[object]) -> list[object]:
    """Statements without those that are a bare string."""
    return [
        node
        for node in nodes
        if not (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
    ]
