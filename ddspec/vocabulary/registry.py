"""Find words by kind and name: built-in ones by their file, others once registered."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from ddspec.vocabulary.kinds import REGISTRY, Word
from ddspec.vocabulary.plugins import load
from ddspec.vocabulary.word import FOLDERS

__all__ = ["FOLDERS", "find", "kinds_of", "names"]


@cache
def _files(kind: str) -> tuple[str, ...]:
    folder = Path(__file__).parent / FOLDERS[kind]
    return tuple(sorted(f.stem for f in folder.glob("*.py") if f.stem != "__init__"))


def names(kind: str) -> tuple[str, ...]:
    """The words of a kind, sorted, those of loaded plug-ins included.

    Raises DdspecError for a plug-in that cannot be loaded, as `find` does.
    """
    load()
    registered = (name for k, name in REGISTRY if k == kind)
    return tuple(sorted({*_files(kind), *registered}))


def find(kind: str, name: str) -> type[Word] | None:
    """The word of that kind and name, or None; loads only the file that defines it."""
    load()
    if (kind, name) not in REGISTRY and name in _files(kind):
        importlib.import_module(f"ddspec.vocabulary.{FOLDERS[kind]}.{name}")
    return REGISTRY.get((kind, name))


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds that have a word of this name."""
    return tuple(kind for kind in FOLDERS if name in names(kind))
