"""A run folder to the plans of the spec that it was run with, or of another that is named."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec import pipeline
from ddspec.commands.plan import checked
from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from ddspec.plan.plan import Plan

SPEC = "spec.dd"
OVERRIDE = re.compile(r"# --set ([^=\n]+)=(.*)")


def plans_of(
    ctx: click.Context, folder: Path, file: str | None, values: dict[str, str]
) -> tuple[Plan, ...]:
    """The plans of every experiment of FILE, by default of the spec as it was run in `folder` with
    what `--set` replaced then. With errors they are shown and the command exits with 1.

    Raises DdspecError when the folder is no run folder, or holds no spec and none is named.
    """
    from ddspec.results.reuse import checked as checked_folders

    checked_folders([folder], None)
    if file is None:
        file, values = _kept(folder, values)
    return pipeline.expand_all(checked(ctx, file, values))


def _kept(folder: Path, values: dict[str, str]) -> tuple[str, dict[str, str]]:
    path = folder / SPEC
    if not path.is_file():
        raise DdspecError(
            f"{folder} holds no {SPEC}", "name the spec that its cells are for, after the folder"
        )
    return str(path), {**overrides_of(path.read_text(encoding="utf-8")), **values}


def overrides_of(text: str) -> dict[str, str]:
    """What `--set` replaced, from the comments at the end of a spec as it was run."""
    found: dict[str, str] = {}
    for line in reversed(text.splitlines()):
        match = OVERRIDE.fullmatch(line)
        if match is None:
            break
        found.setdefault(match[1], match[2])
    return found


def words_to_run(folder: Path) -> str:
    """The words that run the spec in a folder once more, ready to paste."""
    path = folder / SPEC
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    sets = [
        word for name, value in overrides_of(text).items() for word in ("--set", f"{name}={value}")
    ]
    return shlex.join(["ddspec", "run", str(path) if text else "SPEC", "--out", str(folder), *sets])
