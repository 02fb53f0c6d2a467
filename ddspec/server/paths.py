"""Addresses of an editor's documents ↔ the paths that a spec's places carry."""

from __future__ import annotations

import posixpath

from pygls import uris


def path_of(uri: str) -> str:
    """The normal path of a file's address; the address itself of what lies in no file."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return uri if path is None else posixpath.normpath(path.replace("\\", "/"))


def uri_of(path: str) -> str:
    """The address of a path; raises nothing, an address is its own."""
    if not posixpath.isabs(path) and ":" in path[2:]:
        return path
    return uris.from_fs_path(path) or path
