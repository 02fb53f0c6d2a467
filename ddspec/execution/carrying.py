"""Plug-ins to workers: words travel before the first batch that is made of them."""

from __future__ import annotations

import atexit
import hashlib
import importlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from ddspec.errors import DdspecError
from ddspec.execution.task import Fit, PoolOf
from ddspec.plan.batch import Batch
from ddspec.training.record import Record
from ddspec.vocabulary.plugins import Plugin, findable, loaded


@attrs.frozen(eq=False)
class Brought:
    """A plug-in on its way.

    path: where it lies here, None for one of an installed package. files: what it consists of where
    it has a path, by place in the folder that holds it. digests: sha256 of the sources of an
    installed one, by module.
    """

    module: str
    path: str | None
    files: Mapping[str, bytes]
    digests: Mapping[str, str]


@attrs.frozen(eq=False)
class Words:
    """The plug-ins of a run: whoever unpickles them has loaded them."""

    plugins: tuple[Brought, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return unpacked, (self.plugins,)


@attrs.frozen(eq=False)
class WithWords:
    """A `fit` that comes to a worker after the words it will be asked to train."""

    words: Words  # the first field, so that it is unpickled first
    fit: Fit

    def __call__(
        self, batch: Batch, pools: PoolOf, device: str, *rest: Any, **more: Any
    ) -> tuple[Record, ...]:
        """What the `fit` does."""
        return self.fit(batch, pools, device, *rest, **more)


def with_words(fit: Fit) -> Fit:
    """The `fit` for workers, which brings the plug-ins that are loaded here; itself without any."""
    brought = tuple(_brought(each) for each in loaded())
    return WithWords(Words(brought), fit) if brought else fit


def unpacked(plugins: tuple[Brought, ...]) -> Words:
    """The plug-ins, loaded in this process.

    One that was named by a path is loaded from there if the same file lies there on this machine,
    and from a copy otherwise; one of a package must be installed. Raises DdspecError when it is
    not, or is another one.
    """
    for each in plugins:
        if each.path is not None and each.module not in sys.modules:
            findable(_placed(each), each.path)
        try:
            importlib.import_module(each.module)
        except ImportError as error:
            raise DdspecError(
                f"a machine of the cluster cannot import the plug-in {each.module}: {error}"
            ) from error
        _check(each)
    return Words(plugins)


def _brought(plugin: Plugin) -> Brought:
    if plugin.path is None:
        digests = {name: _digest(file) for name, file in _sources(plugin.package)}
        return Brought(plugin.module, None, {}, digests)
    path = plugin.path
    if path.is_dir():
        found = sorted(path.rglob("*.py"))
    else:
        modules = [getattr(each, "__file__", None) for each in list(sys.modules.values())]
        beside = {Path(file) for file in modules if file and Path(file).parent == path.parent}
        found = sorted({path, *(file for file in beside if file.suffix == ".py")})
    files = {str(file.relative_to(path.parent)): file.read_bytes() for file in found}
    return Brought(plugin.module, str(path), files, {})


def _sources(package: str) -> Iterator[tuple[str, Path]]:
    """The files of the modules of a package that are loaded."""
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] == package and file and file.endswith(".py"):
            yield name, Path(file)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _placed(plugin: Brought) -> Path:
    """Where a plug-in that has a path lies on this machine, copied to if it does not."""
    assert plugin.path is not None
    path = Path(plugin.path)
    if all(_same(path.parent / place, content) for place, content in plugin.files.items()):
        return path
    folder = Path(tempfile.mkdtemp(prefix="ddspec-plugin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for place, content in plugin.files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(content)
    return folder / path.name


def _same(file: Path, content: bytes) -> bool:
    try:
        return file.read_bytes() == content
    except OSError:
        return False


def _check(plugin: Brought) -> None:
    """Raise DdspecError when an installed plug-in is not the one of the machine that sent it."""
    for name, digest in plugin.digests.items():
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or _digest(Path(spec.origin)) != digest:
            raise DdspecError(
                f"a machine of the cluster has another {plugin.module}: `{name}` differs"
                " (install the same version everywhere)"
            )
