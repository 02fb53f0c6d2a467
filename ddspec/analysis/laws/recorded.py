"""Measure words to the variables of a dataset that hold them, whatever a spec calls them."""

from __future__ import annotations

import xarray as xr

from ddspec.errors import DdspecError


def recorded(dataset: xr.Dataset, word: str) -> tuple[str, ...]:
    """The variables that a measure word recorded, in the dataset's order.

    A variable says in its attribute `comment` which word it is of; one without that attribute is
    known by its name.
    """
    return tuple(
        str(name)
        for name, values in dataset.data_vars.items()
        if str(values.attrs.get("comment", name)).split("@")[0] == word
    )


def argument(dataset: xr.Dataset, name: str, argument: str) -> str | None:
    """What a measure was given for an argument, as its `comment` says; None: its default."""
    inside = str(dataset[name].attrs.get("comment", "")).partition("(")[2].rpartition(")")[0]
    pairs = (pair.partition("=") for pair in inside.split(","))
    return next((value.strip('"') for key, _, value in pairs if key == argument), None)


def one_recorded(dataset: xr.Dataset, word: str, *advice: str) -> str:
    """The variable of a measure word. Raises DdspecError, with advice, when there is none."""
    found = recorded(dataset, word)
    if not found:
        raise DdspecError(f"the dataset has no measure `{word}`", *advice)
    return found[0]
