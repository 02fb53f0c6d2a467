"""Dataset names and labels to the words a reader of a figure expects."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

# Names that specs give to common axes, as a caption would write them.
SPOKEN: Final = {"noise": "label noise", "samples": "training samples", "reg": "regularizer"}
LONGEST: Final = 1e7  # whole numbers from here on are written with an exponent


def axis_title(dataset: xr.Dataset, name: str) -> str:
    """An axis in words, with its unit: `width`, `training samples`."""
    about = dataset[name].attrs
    spoken = _spoken(dataset, name)
    unit = str(about.get("units", "1"))
    return spoken if unit in ("1", "", *spoken.split()) else f"{spoken} ({unit})"


def value_words(dataset: xr.Dataset, name: str, value: object) -> str:
    """One value of an axis in words: `label noise 15%`, `1,000 samples`, `decay + drop`."""
    if isinstance(value, str):
        return value if name in ("reg", "regularizer") or not value.isdigit() else f"{name} {value}"
    spoken = _spoken(dataset, name)
    if isinstance(value, (bool, np.bool_)):
        return spoken if value else f"no {spoken}"
    if np.isnan(float(str(value))):  # the level of the cells in which the axis does not exist
        return f"no {spoken}"
    unit = str(dataset[name].attrs.get("units", "1"))
    number = percent(value) if is_share(dataset, name) else plain(value)
    if unit not in ("1", ""):
        return f"{number} {unit}"
    return f"{spoken} {number}"


def spaced(label: str) -> str:
    """A name as it is printed: `tuned decay`."""
    return label.replace("_", " ")


def is_share(dataset: xr.Dataset, name: str) -> bool:
    """True for axes of shares (of labels, of units), which read best in percent."""
    values = dataset[name].values
    if values.dtype.kind != "f" or not any(word in name for word in ("noise", "share", "rate")):
        return False
    known = values[np.isfinite(values)]
    return bool("test_error" in dataset and ((known >= 0) & (known <= 1)).all())


def percent(value: object) -> str:
    """A share in percent, without needless digits: `15%`, `0.5%`."""
    return f"{float(str(value)) * 100:.4g}%"


def plain(value: object) -> str:
    """A number without needless digits: `1,000`, `0.01`, `1e-06`."""
    number = float(str(value))
    if number.is_integer() and abs(number) < LONGEST:
        return f"{int(number):,}"
    return f"{number:.4g}"


def _spoken(dataset: xr.Dataset, name: str) -> str:
    if name == "noise" and not is_share(dataset, name):
        return "noise"
    return SPOKEN.get(name, str(dataset[name].attrs.get("long_name", name)).replace("_", " "))
