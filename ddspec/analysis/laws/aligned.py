"""A dataset to what its replicates predict for the same samples, and what they should."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import attrs
import numpy as np
import xarray as xr
from scipy.special import softmax

from ddspec.analysis.ends import ends, replicates
from ddspec.analysis.laws.recorded import argument, one_recorded
from ddspec.errors import DdspecError

ADVICE: Final = (
    "add `said: predictions(samples: 500)` and `true: targets(samples: 500)` to `measure { }`",
)


@attrs.frozen(eq=False)
class Said:
    """Predictions at the end of training.

    predicted (design..., replicates..., samples, outputs), probabilities where outputs are of
    classes, NaN where a run has none; wanted (design..., samples, outputs). dims: the design
    dimensions; design: their coordinates, without a variable. names: the replicate axes with two
    levels at least, that of training sets first: levels of the first are independent repetitions.
    """

    predicted: np.ndarray
    wanted: np.ndarray
    design: xr.Dataset
    dims: tuple[str, ...]
    names: tuple[str, ...]
    of_classes: bool

    @property
    def unit(self) -> str:
        """The replicate axis whose levels are independent."""
        return self.names[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the design."""
        return self.predicted.shape[: len(self.dims)]

    def points(self) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """Each design point with two units that have all values, and which units have, (n,)."""
        for where in np.ndindex(*self.shape):
            there = self._there(where)
            if there.sum() > 1:
                yield where, there

    def runs(self, where: tuple[int, ...], there: np.ndarray) -> np.ndarray:
        """The predictions of some units at a point, (units, other replicates, samples, outputs)."""
        some = self.predicted[where][there]
        others = math.prod(some.shape[1:-2])
        return np.asarray(some.reshape(len(some), others, *some.shape[-2:]))

    def counted(self) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
        """How many units have all values at each point, as a variable."""
        counts = np.zeros(self.shape, np.int64)
        for where in np.ndindex(*self.shape):
            counts[where] = self._there(where).sum()
        about = {"long_name": f"{self.unit} with a value of every sample", "units": "1"}
        return self.dims, counts, about

    def _there(self, where: tuple[int, ...]) -> np.ndarray:
        inner = tuple(range(1, len(self.names) + 2))
        found = np.isfinite(self.predicted[where]).all(axis=inner)
        return np.asarray(found & np.isfinite(self.wanted[where]).all())


def aligned(dataset: xr.Dataset) -> Said:
    """What the measures `predictions` and `targets` recorded of the same samples.

    Raises DdspecError when one is not there, when they are of different samples, when there is one
    replicate, and when replicates are asked about different samples.
    """
    predictions = one_recorded(dataset, "predictions", *ADVICE)
    targets = one_recorded(dataset, "targets", *ADVICE)
    said, true = ends(dataset, predictions), ends(dataset, targets)
    inner = tuple(map(str, said.dims[-2:]))
    if inner != true.dims[-2:]:
        raise DdspecError(
            f"`{predictions}` is of {inner[0]}, `{targets}` of {true.dims[-2]}",
            "record both of the same samples",
        )
    every = [n for n in replicates(dataset) if n in said.dims]
    names = tuple(sorted((n for n in every if said.sizes[n] > 1), key=lambda n: n != "seed_data"))
    if not names:
        raise DdspecError(
            "there is one training run at each design point, and two must differ in their seed",
            "sweep `seed in 0..<10`, or `seed.data in 0..<10` for training sets alone",
        )
    single: dict[Any, int] = {n: 0 for n in every if n not in names}
    said = said.isel(single)
    true = true.isel({name: 0 for name in single if name in true.dims})
    dims = tuple(str(name) for name in said.dims if name not in (*names, *inner))
    said = said.transpose(*dims, *names, *inner).astype(np.float64)
    true = true.broadcast_like(said).transpose(*said.dims).astype(np.float64)
    wanted = _shared(true.values, len(dims), names)
    classes = inner[1] == "class"
    logits = classes and argument(dataset, predictions, "scale") == "outputs"
    predicted = softmax(said.values, axis=-1) if logits else said.values
    return Said(predicted, wanted, _design(dataset, dims), dims, names, classes)


def _shared(true: np.ndarray, before: int, names: tuple[str, ...]) -> np.ndarray:
    """Targets of the first run that has them, (design..., samples, outputs), those of all."""
    flat = true.reshape(*true.shape[:before], -1, *true.shape[before + len(names) :])
    place = np.isfinite(flat).all(axis=(-1, -2)).argmax(axis=before)
    first = np.take_along_axis(flat, place[..., None, None, None], axis=before)
    if not (np.isnan(flat) | (flat == first)).all():
        raise DdspecError(
            f"the test targets differ along {', '.join(names)}: the dataset draws its problem and"
            " its test samples anew for every seed, and what is said to different samples cannot"
            " be compared",
            "take a dataset whose test samples stay: a corpus, or a file (`npz`, `csv`, `netcdf`)",
        )
    return np.asarray(np.squeeze(first, axis=before))


def _design(dataset: xr.Dataset, dims: tuple[str, ...]) -> xr.Dataset:
    """The dataset's coordinates along design dimensions, no variable."""
    kept = [name for name in dataset.coords if set(dataset[name].dims) <= set(dims)]
    return xr.Dataset(coords={name: dataset[name].variable for name in kept})
