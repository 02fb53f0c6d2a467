"""What nodes get from here: code, packages and variables, as Ray's runtime environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import ddspec
from ddspec.errors import DdspecError
from ddspec.execution.profile import Profile
from ddspec.vocabulary.plugins import loaded

# Left out of what is uploaded, in the words of a .gitignore: results, and what is made again.
LEFT_OUT: Final = (
    *("__pycache__/", "*.pyc", ".git/", ".venv/", "*.egg-info/"),
    *("runs/", "cells.sqlite*", "*.nc"),
)


def environment_of(profile: Profile, data: Path | None = None) -> dict[str, Any]:
    """The runtime environment of a profile, empty when it asks for none.

    data: the folder of data sets, which is not uploaded with the folder that holds it. With
    `ship_code` ddspec itself and the packages of installed plug-ins go to the nodes; what these
    import must be there.
    Raises DdspecError for a folder that is not there: Ray would look for it on the nodes.
    """
    environment = dict(profile.runtime_env)
    excludes = [*LEFT_OUT, *environment.pop("excludes", [])]
    modules = list(environment.pop("py_modules", []))
    if profile.ship_code:
        installed = (each.source for each in loaded() if each.path is None)
        modules += [str(Path(ddspec.__file__).parent), *dict.fromkeys(filter(None, installed))]
    if modules:
        environment["py_modules"] = modules
    for folder in [*modules, *[environment[key] for key in ("working_dir",) if key in environment]]:
        if "://" not in folder and not Path(folder).exists():
            raise DdspecError(f"the profile's runtime_env names {folder}, which is not there")
    if "working_dir" in environment:
        excludes += _inside(data, Path(environment["working_dir"]))
    return {**environment, "excludes": excludes} if environment else {}


def _inside(data: Path | None, folder: Path) -> list[str]:
    """The pattern that leaves a folder out of another, if it lies there."""
    if data is None or not data.resolve().is_relative_to(folder.resolve()):
        return []
    inner = data.resolve().relative_to(folder.resolve()).as_posix()
    return [] if inner == "." else [f"/{inner}/"]
