"""A composition axis to sets of terms: which regularizers each of its labels is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np
import xarray as xr

from ddspec.errors import DdspecError

NOTHING = ("", "none", "absent")  # labels of a composition without terms


@attrs.frozen
class Compositions:
    """The compositions along an axis: their labels, and the terms that each is the sum of.

    terms: all of them, in the order in which the axis first has them. without: compositions of the
    axis that have no values, as `named` writes them.
    """

    over: str
    labels: tuple[str, ...]
    sets: tuple[frozenset[str], ...]
    without: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term of the axis."""
        return tuple(dict.fromkeys(t for label in self.labels for t in self._ordered(label)))

    @property
    def base(self) -> frozenset[str]:
        """The terms that no composition is without."""
        return frozenset.intersection(*self.sets)

    def extra(self) -> np.ndarray:
        """How many terms each composition has beyond those that all have, (compositions,)."""
        return np.asarray([len(found - self.base) for found in self.sets])

    def where(self, there: np.ndarray) -> Compositions:
        """Those of the compositions that have values, (compositions,) bool.

        Raises DdspecError when it is one.
        """
        kept, lost = np.flatnonzero(there), np.flatnonzero(~there)
        if len(kept) == 1:
            only = self.labels[kept[0]]
            raise DdspecError(f"one composition along `{self.over}` only has values, {only}")
        return Compositions(
            self.over,
            tuple(self.labels[n] for n in kept),
            tuple(self.sets[n] for n in kept),
            tuple(self.named(self.sets[n]) for n in lost),
        )

    def named(self, terms: Iterable[str]) -> str:
        """A set of terms as the axis would write it: `none`, `decay + drop`."""
        wanted = set(terms)
        return " + ".join(t for t in self.terms if t in wanted) or "none"

    def _ordered(self, label: str) -> list[str]:
        found = self.sets[self.labels.index(label)]
        return sorted(found, key=lambda term: (label.find(term), term))


def compositions(dataset: xr.Dataset, over: str) -> Compositions:
    """The compositions along the dimension `over`.

    A label like `decay + drop` is the sum of what it names, where that many terms are there: the
    coordinate `terms`, or the booleans `has_...`, say how many. Where labels are names of whole
    compositions, the booleans are the terms. A dataset made by hand needs labels only.

    Raises DdspecError when the dataset has no such dimension, when nothing along it tells of terms,
    when it has one composition only, or the same one twice.
    """
    if over not in dataset.dims or over not in dataset.coords:
        raise DdspecError(f"the dataset has no axis `{over}`", _axes(dataset))
    labels = tuple(str(label) for label in dataset[over].values)
    if len(labels) == 1:
        raise DdspecError(f"`{over}` has one composition only, {labels[0]}: nothing to compare")
    found = Compositions(over, labels, _sets(dataset, over, labels))
    if len(set(found.sets)) < len(labels):
        same = [label for label, each in zip(labels, found.sets, strict=True)
                if found.sets.count(each) > 1]  # fmt: skip
        raise DdspecError(
            f"compositions along `{over}` have the same terms: {', '.join(same)}",
            f'keep one of them: dataset.drop_sel({over}="{same[-1]}")',
        )
    return found


def along(dataset: xr.Dataset, over: str, name: str) -> np.ndarray | None:
    """A coordinate along a composition axis (`terms`, `has_l2`, `model_dependent`), if it is there.

    Where the name was taken in the experiment, the coordinate's has the axis's before it.
    """
    for each in (f"{over}_{name}", name):
        if each in dataset.coords and dataset[each].dims == (over,):
            return dataset[each].values
    return None


def _sets(dataset: xr.Dataset, over: str, labels: Sequence[str]) -> tuple[frozenset[str], ...]:
    flags = _flags(dataset, over)
    parts = [_parts(label) for label in labels]
    counts = along(dataset, over, "terms")
    if counts is None and flags:
        counts = np.sum(list(flags.values()), axis=0)
    if counts is not None and [len(found) for found in parts] != counts.tolist():
        if not flags or np.sum(list(flags.values()), axis=0).tolist() != counts.tolist():
            raise DdspecError(
                f"the labels of `{over}` do not tell the terms of its compositions",
                "write the compositions as sums of named terms: `decay + drop`",
            )
        places = range(len(labels))
        return tuple(frozenset(n for n, has in flags.items() if has[p]) for p in places)
    if counts is None and not any("+" in each or each in NOTHING for each in labels):
        raise DdspecError(
            f"`{over}` is no axis of compositions",
            "compositions are sums of named terms: `none`, `decay`, `decay + drop`",
        )
    return tuple(frozenset(found) for found in parts)


def _flags(dataset: xr.Dataset, over: str) -> dict[str, np.ndarray]:
    found = {}
    for each in map(str, dataset.coords):
        name = each.removeprefix(f"{over}_")
        if name.startswith("has_") and dataset[each].dims == (over,):
            found[name.removeprefix("has_")] = dataset[each].values.astype(bool)
    return found


def _parts(label: str) -> tuple[str, ...]:
    """The terms of a label: what stands between the `+` outside parentheses."""
    if label.strip() in NOTHING:
        return ()
    found, depth = [""], 0
    for character in label:
        depth += (character in "([") - (character in ")]")
        if character == "+" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return tuple(part.strip() for part in found)


def _axes(dataset: xr.Dataset) -> str:
    return f"it has {', '.join(map(str, dataset.dims))}"
