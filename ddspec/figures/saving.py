"""Figures to files, which say what they show and how it was made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddspec import __version__
from ddspec.errors import DdspecError
from ddspec.figures.sheets import paper, sheet_of

FORMATS: Final = ("pdf", "svg", "png")
# What a dataset says of itself that a reader of a figure needs to find it again.
TOLD: Final = (
    *("experiment", "spec_path", "spec_sha256", "spec_overrides", "git_commit"),
    *("date_created", "hardware", "ddspec_version"),
)


def save(drawn: Figure | Axes, path: Path, title: str, about: Mapping[str, Any]) -> None:
    """Write a figure, or that of axes, to a file of the format that its name ends in, at once, and
    the folder where there is none.

    `title` and `about`, as JSON, become metadata of the file; PDF and SVG keep vectors, text stays
    text. The same figure gives the same bytes. Raises DdspecError for another format, and where
    the file cannot be written.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise DdspecError(
            f"cannot write {path}: a figure is of .pdf, .svg or .png",
            "end its name in one of them",
        )
    figure = sheet_of(drawn) if isinstance(drawn, Axes) else drawn
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with paper():
            figure.savefig(temporary, format=form, metadata=_metadata(form, title, about))
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise DdspecError(f"cannot write {path}: {error.strerror}") from error


def provenance(dataset: xr.Dataset, **asked: Any) -> dict[str, Any]:
    """What a file says of the dataset that it shows and of what was asked for."""
    facts = {name: str(dataset.attrs[name]) for name in TOLD if name in dataset.attrs}
    return facts | {name: value for name, value in asked.items() if value not in (None, {})}


def _metadata(form: str, title: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """In the words that each format has for it; without the time of writing."""
    facts = json.dumps(dict(about), sort_keys=True, default=str)
    maker = f"ddspec {__version__}"
    told: dict[str, dict[str, Any]] = {
        "pdf": {"Title": title, "Subject": facts, "Creator": maker, "CreationDate": None},
        "svg": {"Title": title, "Description": facts, "Creator": maker, "Date": None},
        "png": {"Title": title, "Description": facts, "Software": maker},
    }
    return told[form]
