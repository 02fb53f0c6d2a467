"""A spec to the facts about a run that let a reader say exactly what was run."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ddspec.spec.model import Spec
from ddspec.vocabulary.plugins import loaded

PACKAGES = ("ddspec", "torch", "numpy", "xarray", "ray")
CHANGED = "+changes"  # marks a commit that is not all of the work tree


def provenance(spec: Spec) -> dict[str, str]:
    """Dataset attributes: the spec verbatim and its sha256, versions, git commit, date.

    `spec_sources` has the other files the spec uses and `spec_overrides` what `--set` replaced,
    both as JSON, as is `plugins`, the plug-ins whose words it names: module, version, words.
    `git_commit` is of the work tree the spec lies in, and ends with `+changes` when files differ
    from it; it is left out when there is none.
    """
    others = {name: text for name, text in spec.sources.items() if text != spec.text}
    commit = _commit(Path(spec.path).absolute().parent)
    return {
        "spec": spec.text,
        "spec_path": spec.path,
        "spec_sha256": hashlib.sha256(spec.text.encode()).hexdigest(),
        **({"spec_sources": json.dumps(others)} if others else {}),
        **({"spec_overrides": json.dumps(dict(spec.overrides))} if spec.overrides else {}),
        "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        **{f"{package}_version": _version(package) for package in PACKAGES},
        **({"git_commit": commit} if commit else {}),
        **({"plugins": json.dumps(used)} if (used := _plugins(spec)) else {}),
    }


def _plugins(spec: Spec) -> list[dict[str, Any]]:
    """The plug-ins of which a word's name is in the texts of a spec."""
    texts = " ".join([spec.text, *spec.sources.values(), *spec.overrides.values()])
    names = set(re.findall(r"\w+", texts))
    found = []
    for each in loaded():
        words = [f"{kind} {name}" for kind, name in each.words if name in names]
        if words:
            about = {"distribution": each.distribution, "version": each.version}
            told = {name: value for name, value in about.items() if value}
            found.append({"module": each.module, **told, "words": words})
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit(folder: Path) -> str:
    """The commit of the work tree that `folder` is in, or nothing."""
    git = shutil.which("git")
    if git is None or not folder.is_dir():
        return ""
    describe = ["describe", "--always", "--abbrev=40", "--exclude=*", f"--dirty={CHANGED}"]
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            [git, "-C", str(folder), *describe],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
