"""A spec to the facts about a run that let a reader say exactly what was run."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ddspec.spec.model import Spec

PACKAGES = ("ddspec", "torch", "numpy", "xarray", "ray")
CHANGED = "+changes"  # marks a commit that is not all of the work tree


def provenance(spec: Spec) -> dict[str, str]:
    """Dataset attributes: the spec verbatim and its sha256, versions, git commit, date.

    `spec_sources` has the other files the spec uses and `spec_overrides` what `--set` replaced,
    both as JSON. `git_commit` is of the work tree the spec lies in, and ends with `+changes` when
    files differ from it; it is left out when there is none.
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
    }


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
