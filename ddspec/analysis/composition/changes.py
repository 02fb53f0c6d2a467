"""Contributions to sentences: which way, by how much, how sure, and at how many points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import attrs
import numpy as np
import xarray as xr

from ddspec.analysis.amounts import is_share
from ddspec.analysis.statistics.intervals import FEWEST

ROUNDING: Final = 1e-9  # of a level


@attrs.frozen
class Amount:
    """A difference with its interval, NaN ends where there is none, and its p value among all
    that are told together, NaN where the interval decides.
    """

    value: float
    low: float
    high: float
    p: float = math.nan
    level: float = 0.95

    @property
    def way(self) -> int:
        """Which way for sure: -1, 1, or 0."""
        if math.isfinite(self.p) and self.p > 1 - self.level + ROUNDING:
            return 0
        return -1 if self.high < 0 else 1 if self.low > 0 else 0

    @property
    def told(self) -> bool:
        """Whether there is an interval."""
        return math.isfinite(self.low)

    @property
    def among(self) -> str:
        """Why it is unclear, where its own interval does not say so."""
        if not self.told or self.way or self.low <= 0 <= self.high:
            return ""
        return f" (p = {self.p:.2g} among all of these, by Holm's method)"

    def size(self, of: str) -> str:
        """Without its sign: `2.3 percentage points [1.8, 2.9]`."""
        if self.value < 0:
            return attrs.evolve(self, value=-self.value, low=-self.high, high=-self.low).signed(of)
        return self.signed(of)

    def signed(self, of: str, unit: bool = True) -> str:
        """With its sign."""
        words = " percentage points" if unit and is_share(of) else ""
        ends = f" [{number(self.low, of)}, {number(self.high, of)}]" if self.told else ""
        return f"{number(self.value, of)}{words}{ends}"


def effect_words(of: str) -> tuple[str, str]:
    """What lowering and raising a quantity do."""
    return ("helps", "hurts") if of.endswith(("error", "loss")) else ("lowers", "raises")


def number(value: float, of: str) -> str:
    """Two decimals of percent, or three figures."""
    if not math.isfinite(value):
        return "no value"
    if is_share(of):
        return f"{100 * value:.2f}".replace("-0.00", "0.00")
    return f"{value:.3g}"


def change(subject: str, of: str, found: Amount) -> str:
    """`drop lowers test error by 2.3 percentage points [1.8, 2.9]`."""
    what = of.replace("_", " ")
    if not math.isfinite(found.value):
        return f"{subject}: no value, since runs are missing or diverged"
    if found.told and found.way == 0:
        return f"{subject} has no clear effect on {what}: {found.signed(of)}{found.among}"
    verb = "lowers" if found.value < 0 else "raises"
    return f"{subject} {verb} {what} by {found.size(of)}"


def comparison(first: str, second: str, of: str, found: Amount) -> str:
    """`the best composition has 1.2 percentage points [0.5, 1.9] lower test error than none`."""
    what = of.replace("_", " ")
    if not math.isfinite(found.value):
        return f"{first} against {second}: no value, since runs are missing or diverged"
    if found.told and found.way == 0:
        return (
            f"{first} and {second} do not clearly differ in {what}: {found.signed(of)}, "
            f"the first less the second{found.among}"
        )
    side = "lower" if found.value < 0 else "higher"
    return f"{first} has {found.size(of)} {side} {what} than {second}"


@attrs.frozen(eq=False)
class Table:
    """A statistic of a dataset of contributions, to be told: its variable `name`, over `dim`."""

    data: xr.Dataset
    name: str
    dim: str
    of: str

    @property
    def axes(self) -> tuple[str, ...]:
        """The design axes."""
        return tuple(str(name) for name in self.data[self.name].dims if name != self.dim)

    def items(self) -> list[str]:
        """The items, as text."""
        return [str(item) for item in self.data[self.dim].values]

    @property
    def points(self) -> int:
        """How many design points there are."""
        return math.prod(self.data.sizes[name] for name in self.axes)

    def overall(self, place: int) -> Amount:
        """An item averaged over all points."""
        return self._at(f"{self.name}_overall" if self.axes else self.name, {self.dim: place})

    def largest(self) -> list[int]:
        """The places of the items, the largest first, those without a value last."""
        sizes = [abs(self.overall(place).value) for place in range(len(self.items()))]
        return sorted(range(len(sizes)), key=lambda n: -np.nan_to_num(sizes[n], nan=-1.0))

    def unit(self) -> str:
        """The unit of numbers without one: ` in percent`."""
        return " in percent" if is_share(self.of) else ""

    def line(self, place: int, told: str, words: tuple[str, str] = ("", "")) -> str:
        """A sentence on an item with its average, and at how many points it clearly holds.

        words: for lower and higher; without them those of effects, which help or hurt.
        """
        if self.points == 1 or not math.isfinite(self.overall(place).value):
            return told
        lower, higher = words if any(words) else effect_words(self.of)
        value = self.data[self.name].isel({self.dim: place}).values
        p = self.data[f"{self.name}_at_once_p"].isel({self.dim: place}).values
        tested = int(np.isfinite(p).sum())
        if not tested:
            return f"{told} on average"
        clear = np.nan_to_num(p, nan=1.0) <= 1 - float(self.data.attrs["level"]) + ROUNDING
        down, up = int((clear & (value < 0)).sum()), int((clear & (value > 0)).sum())
        if not down and not up:
            return f"{told} on average (clear at none of {tested} points)"
        return f"{told} on average (clearly {lower} at {down} of {tested} points, {higher} at {up})"

    def scope(self) -> str:
        """What averages are over: `28 points (7 width x 4 samples)`."""
        used, there = int(self.data[f"{self.name}_overall_points"]), self.points
        grid = " x ".join(f"{self.data.sizes[name]} {name}" for name in self._long)
        return f"{there if used == there else f'{used} of {there}'} points ({grid})"

    def by_axis(self, place: int, subject: str) -> Iterator[str]:
        """An item along each of several axes, the others averaged over."""
        for axis in self._long if len(self._long) > 1 else ():
            name = f"{self.name}_by_{axis}"
            told = [
                (label, self._at(name, {self.dim: place, axis: n}))
                for n, label in enumerate(self.data[axis].values)
            ]
            parts = [f"{label}: {each.signed(self.of, unit=False)}" for label, each in told
                     if math.isfinite(each.value)]  # fmt: skip
            unit = " (percentage points)" if is_share(self.of) else ""
            if parts:
                yield f"{subject} by {axis}{unit}: {'; '.join(parts)}"

    def notes(self) -> Iterator[str]:
        """What the reader must know: how many seeds, and how many tests at once."""
        name = f"{self.name}_overall_seeds" if self.axes else f"{self.name}_seeds"
        seeds = int(self.data[name].max())
        level = f"{100 * float(self.data.attrs['level']):g} %"
        if seeds < FEWEST:
            yield f"{_seeds(seeds)}: nothing can be told of how sure this is; three are needed"
            return
        yield f"{_seeds(seeds)}; intervals in brackets: {level}, over whole seeds"
        if self.points > 1:
            p = self.data[f"{self.name}_at_once_p"]
            yield (
                f"averages are over {self.scope()}; clearly: at {level} for all "
                f"{int(p.notnull().sum())} comparisons of a point at once"
            )
        if self.data.attrs["always"] != "none":
            yield f"{self.data.attrs['always']} is in every composition"
        whole = int(self.data.attrs["whole_seeds"])
        if self.axes and seeds < whole:
            yield f"{_seeds(whole - seeds)} left out: not all of their runs have a value"

    @property
    def _long(self) -> tuple[str, ...]:
        """The design axes along which there is something to compare."""
        return tuple(name for name in self.axes if self.data.sizes[name] > 1)

    def _at(self, name: str, place: dict[str, int]) -> Amount:
        parts = (name, f"{name}_low", f"{name}_high", f"{name}_p_holm")
        value, low, high, p = (float(self.data[each].isel(place)) for each in parts)
        return Amount(value, low, high, p, float(self.data.attrs["level"]))


def corrected(data: xr.Dataset) -> tuple[str, ...]:
    """What stands in for missing subsets, when something does."""
    said = str(data.attrs["correction"])
    return () if said.startswith("none") else (f"not every subset is there: {said}",)


def _seeds(count: int) -> str:
    return f"{count} seed" if count == 1 else f"{count} seeds"
