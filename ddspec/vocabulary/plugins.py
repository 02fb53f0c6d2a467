"""Plug-ins: modules of words that others wrote, loaded because they are installed or were named."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from ddspec.errors import DdspecError
from ddspec.vocabulary.word import REGISTRY, package_of

GROUP: Final = "ddspec.words"  # of entry points: `mine = "mine.words"` in a pyproject.toml
VARIABLE: Final = "DDSPEC_PLUGINS"  # plug-ins that are always named, with commas between


@attrs.frozen
class Plugin:
    """A module of words that was loaded.

    module: its full name. named: how a user named it, empty for an installed one. path: the file or
    the package's folder, where that is how it was named. distribution, version: of the installed
    package it came with, empty for others. words: the kinds and names of its words, sorted.
    """

    module: str
    named: str = ""
    path: Path | None = None
    distribution: str = ""
    version: str = ""
    words: tuple[tuple[str, str], ...] = ()

    @property
    def package(self) -> str:
        """The top of its module's name, which is part of the identity of its words."""
        return self.module.partition(".")[0]

    @property
    def source(self) -> str:
        """The folder of its package, or the file of a module that is in none; empty if unknown."""
        file = getattr(sys.modules.get(self.package), "__file__", None)
        if file is None:
            return ""
        return str(Path(file).parent) if Path(file).stem == "__init__" else str(file)

    def __str__(self) -> str:
        return f"{self.module} {self.version}".rstrip()


DESCRIBED: Final = (".dist-info", ".egg-info")  # folders that describe installed packages

_LOADED: dict[str, Plugin] = {}
_BEGUN: list[bool] = []  # has a member once installed plug-ins have been looked for


def load(names: Iterable[str] = ()) -> tuple[Plugin, ...]:
    """Load what is installed, then what the environment's DDSPEC_PLUGINS and `names` name, each
    once; gives all that are loaded, in that order.

    A name is that of a module that Python finds (`mine.words`), or the path of a file or of a
    package's folder (`./mine.py`). Installed plug-ins declare their module as an entry point of the
    group `ddspec.words`; none is taken from the folder one is in.
    Raises DdspecError for a module that is not there or fails, and for one that defines a word that
    another plug-in or ddspec itself has. Warns of one that defines none.
    """
    if not _BEGUN:
        _BEGUN.append(True)
        try:
            for distribution, version, module in _installed():
                _load(module, "", distribution, version)
            for name in filter(None, os.environ.get(VARIABLE, "").split(",")):
                _load_named(name.strip())
        except BaseException:
            _BEGUN.clear()  # what is wrong is said again, not passed over the next time
            raise
    for name in names:
        _load_named(name)
    return tuple(_LOADED.values())


def loaded() -> tuple[Plugin, ...]:
    """The plug-ins that are loaded so far, in their order."""
    return tuple(_LOADED.values())


def forget(module: str) -> None:
    """Take a plug-in and its words out again; a module of Python's it stays."""
    for key in _LOADED.pop(module).words:
        REGISTRY.pop(key, None)


def options() -> list[str]:
    """What a command line says to load the plug-ins that were named, as this one did."""
    return [part for each in _LOADED.values() if each.named for part in ("--plugin", each.named)]


def _installed() -> Iterator[tuple[str, str, str]]:
    """The entry points of installed packages: distribution, version and module of each, sorted."""
    folders = _folders()
    if not any(map(_declares, folders)):  # `importlib.metadata` takes a tenth of a second
        return
    from importlib.metadata import distributions

    found = {
        (each.name, each.version, point.value)
        for each in distributions(path=folders)
        for point in each.entry_points
        if point.group == GROUP
    }
    yield from sorted(found)


def _folders() -> list[str]:
    """Where installed packages lie; not the folder that `python -m ddspec` is called in."""
    first, *others = sys.path or [""]
    here = not first or Path(first).absolute() == Path.cwd()
    return [folder for folder in (others if here else sys.path) if folder]


def _declares(folder: str) -> bool:
    """Whether a package in a folder has an entry point of ours."""
    try:
        names = [path for path in Path(folder).iterdir() if path.suffix in DESCRIBED]
    except OSError:
        return False
    return any(GROUP.encode() in _read(path / "entry_points.txt") for path in names)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _load_named(name: str) -> None:
    """Load a plug-in by what a user wrote."""
    if name.endswith(".py") or os.sep in name or "/" in name:
        path = Path(name).expanduser().resolve()
        _load(findable(path, name), name, path=path)
        return
    distribution, version = _distribution(name.partition(".")[0])
    _load(name, name, distribution, version)


def _distribution(package: str) -> tuple[str, str]:
    """The installed distribution that a package came with, and its version, if any."""
    from importlib.metadata import packages_distributions, version

    names = packages_distributions().get(package, [])
    return (names[0], version(names[0])) if names else ("", "")


def findable(path: Path, name: str) -> str:
    """The module that a file or a package's folder is, made one that Python finds: the folder that
    it lies in comes last in the search, so that it hides nothing. name: what the user wrote.

    Raises DdspecError for a path that is no module, or has the name of another one.
    """
    file = path / "__init__.py" if path.is_dir() else path
    if not file.exists():
        what = f"{path} has no __init__.py" if path.is_dir() else f"there is no file {name}"
        raise DdspecError(
            what, "name a file of words, the folder of a package, or an installed module"
        )
    if not path.stem.isidentifier():
        raise DdspecError(f"{name} cannot be a module", "call it by a name that Python can import")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    importlib.invalidate_caches()
    other = _origin(path.stem)
    if other != file:
        raise DdspecError(
            f"{name} cannot be loaded as `{path.stem}`: that is {other or 'a module of Python'}",
            "give it another name",
        )
    return path.stem


def _origin(module: str) -> Path | None:
    """The file that a module is, or would be, imported from."""
    known = sys.modules.get(module)
    spec = known.__spec__ if known is not None else importlib.util.find_spec(module)
    origin = getattr(known, "__file__", None) or (spec and spec.origin)
    return Path(origin).resolve() if origin and origin not in ("built-in", "frozen") else None


def _load(
    module: str,
    named: str,
    distribution: str = "",
    version: str = "",
    path: Path | None = None,
) -> None:
    if module in _LOADED:
        return
    before = dict(REGISTRY)
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        for key in [key for key, word in REGISTRY.items() if package_of(word)]:
            if key not in before:  # what it has loaded of ddspec's own stays
                del REGISTRY[key]
        raise _explained(error, module, named or distribution) from error
    package = module.partition(".")[0]
    new = sorted(
        key
        for key, word in REGISTRY.items()
        if package_of(word) and (key not in before or package_of(word) == package)
    )
    taken = {key for each in _LOADED.values() for key in each.words}
    words = tuple(key for key in new if key not in taken)
    _LOADED[module] = Plugin(module, named, path, distribution, version, words)
    if not new:
        warnings.warn(f"the plug-in {module} defines no word", stacklevel=4)


def _explained(error: BaseException, module: str, source: str) -> DdspecError:
    """What went wrong in a module, at which of its lines, and what to do."""
    whose = "" if source == module else f" ({source})"
    if isinstance(error, ModuleNotFoundError) and error.name and _parts_of(module, error.name):
        here = Path(f"{module}.py")
        advice = [f"for the file {here} write --plugin ./{here}"] if here.exists() else []
        return DdspecError(
            f"there is no module `{module}`{whose}", *advice, "install the package that has it"
        )
    if isinstance(error, DdspecError):
        return DdspecError(f"the plug-in {module}{whose}: {error}", *error.help)
    place = _place(error)
    return DdspecError(
        f"the plug-in {module}{whose} cannot be loaded: {place}{type(error).__name__}: {error}",
        f"the whole traceback: {_run(module, source)}",
        "mend it or leave it out: uninstall the package, or do not name it by --plugin or"
        f" {VARIABLE}",
    )


def _run(module: str, source: str) -> str:
    """The command that imports a module and nothing else."""
    return f"python {source}" if source.endswith(".py") else f'python -c "import {module}"'


def _parts_of(module: str, missing: str) -> bool:
    return module == missing or module.startswith(f"{missing}.")


def _place(error: BaseException) -> str:
    """The line of the plug-in that failed: `mine.py:3: import numppy: `."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: {(error.text or '').strip()}: "
    frames: list[Any] = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and frame.filename != __file__
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}: " if frames else ""
