"""A dataset and its run folder to what a reader must know of how it was made."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.ends import replicates

SHOWN: Final = 6  # values of an axis
LOG: Final = 20_000  # letters of failures.log
PROVENANCE: Final = {
    "date_created": "made",
    "hardware": "trained on",
    "git_commit": "commit of the spec",
    "spec_sha256": "sha256 of the spec",
    "ddspec_version": "ddspec",
    "torch_version": "torch",
    "ray_version": "ray",
    "xarray_version": "xarray",
    "numpy_version": "numpy",
    "python_version": "Python",
}


@attrs.frozen
class AxisFact:
    """One axis of the grid: its values in words, how many, and what kind of axis it is."""

    name: str
    kind: str
    count: int
    values: str


def axes(dataset: xr.Dataset) -> list[AxisFact]:
    """The axes of the plan, tuned ones included, and the readings along training."""
    about: dict[str, Any] = json.loads(str(dataset.attrs.get("axes", "{}")))
    found = []
    for name in map(str, dataset.sizes):
        if name in dataset.coords:
            values = dataset[name].values
            kind = about.get(name, {}).get("kind") or str(dataset[name].attrs.get("role", ""))
            found.append(AxisFact(name, kind, len(values), _values(values)))
    tuned = [name for name, each in about.items() if each["kind"] == "tuned"]
    return found + [AxisFact(name, "tuned", 0, "chosen on validation samples") for name in tuned]


def counted(dataset: xr.Dataset) -> str:
    """How many cells were planned and what became of them, in words."""
    planned = int(dataset.attrs.get("cells_planned", 0))
    parts = [f"{planned:,} cells planned, {int(dataset.attrs.get('cells_done', 0)):,} done"]
    found = _statuses(dataset)
    parts += [f"{found[word]:,} {word}" for word in ("failed", "diverged", "stopped")
              if found.get(word)]  # fmt: skip
    seeds = [f"{dataset.sizes[name]} values of {name}" for name in replicates(dataset)]
    return "; ".join([", ".join(parts), *seeds])


def _statuses(dataset: xr.Dataset) -> dict[str, int]:
    """How many grid points have each status, those that occur."""
    if "status" not in dataset:
        return {}
    words = str(dataset.status.attrs.get("flag_meanings", "")).split()
    flags, counts = np.unique(dataset.status.values, return_counts=True)
    known = [int(flag) for flag in np.atleast_1d(dataset.status.attrs.get("flag_values", ()))]
    return {
        words[known.index(int(flag))]: int(count)
        for flag, count in zip(flags, counts, strict=True)
        if int(flag) in known
    }


def provenance(dataset: xr.Dataset) -> list[tuple[str, str]]:
    """What made the dataset, in words."""
    return [
        (words, str(dataset.attrs[name])) for name, words in PROVENANCE.items()
        if name in dataset.attrs
    ]  # fmt: skip


def rerun(dataset: xr.Dataset) -> list[str]:
    """The commands that make the dataset again."""
    version = dataset.attrs.get("ddspec_version", "")
    overrides: dict[str, str] = json.loads(str(dataset.attrs.get("spec_overrides", "{}")))
    path = Path(str(dataset.attrs.get("spec_path", "spec.dd"))).name
    sets = [word for name, value in overrides.items() for word in ("--set", f"{name}={value}")]
    return [f"pip install ddspec=={version}", shlex.join(["ddspec", "run", path, *sets])]


def failures(folder: Path) -> str:
    """The log of failed cells, its beginning where it is long; empty without failures."""
    log = folder / "failures.log"
    if not log.exists():
        return ""
    with log.open(encoding="utf-8", errors="replace") as file:
        text = file.read(LOG + 1)
    return text if len(text) <= LOG else f"{text[:LOG]}\n... (the rest is in {log.name})"


def _values(values: np.ndarray) -> str:
    texts = [f"{each:.6g}" if isinstance(each, float) else str(each) for each in values.tolist()]
    if len(texts) <= SHOWN:
        return ", ".join(texts)
    return ", ".join([*texts[: SHOWN - 2], "...", texts[-1]])
