"""Dataset files that others damaged or edited: what about them is not as ddspec writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.results.readings import STATUS
from ddspec.results.verify_files import FOLDERS, fault

TEXTS: Final = ("experiment", "sample_dims", "axes")
COUNTS: Final = ("cells_planned", "cells_done", "cells_failed")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what fails inside into a DdspecError where a dataset of a run folder is to blame.

    What fails though every dataset is as ddspec writes it is raised as it is.
    """
    try:
        yield
    except DdspecError:
        raise
    except Exception as error:
        for path in (p for each in FOLDERS for p in sorted((folder / each).glob("*.nc"))):
            if reason := fault(path) or strange(path):
                raise DdspecError(
                    f"{path} is not as ddspec wrote it: {reason}",
                    "make it again from the store: run the spec again",
                    f"what else is damaged: ddspec verify {folder}",
                ) from error
        raise


def strange(path: Path) -> str:
    """What about a readable dataset is not as ddspec writes it; empty for nothing."""
    if path.parent.name in FOLDERS[1:]:
        return ""
    try:
        with xr.open_dataset(path, engine="netcdf4") as dataset:
            return next(_strangenesses(dataset), "")
    except Exception as error:  # noqa: BLE001 - a file that was edited may raise anything
        return f"{error}" or type(error).__name__


def _strangenesses(dataset: xr.Dataset) -> Iterator[str]:
    about = dataset.attrs
    yield from (f"no text `{name}`" for name in TEXTS if not isinstance(about.get(name), str))
    yield from (
        f"no number `{n}`" for n in COUNTS if not isinstance(about.get(n), np.integer | int)
    )
    lost = set(about["sample_dims"].split()) - {*map(str, dataset.dims)}
    yield from (f"no dimension `{name}`" for name in lost)
    yield from _strange_texts(about)
    yield from _strange_variables(dataset)
    for name in json.loads(about["axes"]):
        if name not in dataset.coords and name not in dataset.variables:
            yield f"no axis `{name}`"


def _strange_variables(dataset: xr.Dataset) -> Iterator[str]:
    for name in ("train_loss", "test_loss", "status"):
        if name not in dataset:
            yield f"no variable `{name}`"
        elif dataset[name].dtype.kind not in ("i" if name == "status" else "f"):
            yield f"`{name}` has other values than numbers"
    told = dataset["status"].attrs.get("flag_meanings")
    if told != " ".join(STATUS):
        yield "`status` has other meanings"
    if not np.isin(dataset["status"].values, range(len(STATUS))).all():
        yield "`status` has values that mean nothing"
    for variable in dataset.variables.values():
        for name, value in variable.attrs.items():
            if name in ("units", "long_name", "comment") and not isinstance(value, str):
                yield f"an attribute `{name}` is no text"


def _strange_texts(about: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the attributes that have structure."""
    for axis in json.loads(about["axes"]).values():
        if not all(isinstance(axis[key], str) for key in ("spelling", "kind", "unit")):
            yield "`axes` has other entries"
    for each in json.loads(about.get("findings", "{}")).values():
        if not isinstance(each["title"], str) or not isinstance(each["lines"], list):
            yield "`findings` has other entries"
    if not isinstance(json.loads(about.get("spec_overrides", "{}")), dict):
        yield "`spec_overrides` has other entries"
    for name in ("spec", "spec_path", "comment", "hardware", "title"):
        if not isinstance(about.get(name, ""), str):
            yield f"`{name}` is no text"
