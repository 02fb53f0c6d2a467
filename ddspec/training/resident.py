"""The samples of a stack's cells, on the device once: minibatches are gathered from there."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from ddspec.training.block import Block
from ddspec.training.course import Course
from ddspec.training.models import Kind
from ddspec.training.selection import Part, Selection

USES = ("train", "validation", "test")


@attrs.frozen(eq=False)
class Place:
    """Where the samples of one use of one cell lie, rows of the resident inputs, and what else is
    known of them, as in `Part`.
    """

    rows: np.ndarray
    targets: np.ndarray
    clean: np.ndarray | None = None
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)


@attrs.frozen(eq=False)
class Resident:
    """Inputs (samples, features) on the device; `places[cell][use]` says whose they are."""

    inputs: Tensor
    places: tuple[dict[str, Place], ...]
    device: str
    _indices: dict[str, tuple[tuple[int, ...], Tensor, Tensor]] = attrs.field(factory=dict)

    @classmethod
    def of(cls, selections: Sequence[Selection], kind: Kind, device: str) -> Resident:
        """Only rows in use are moved, each once, whichever cells and pools use them."""
        wanted: dict[int, list[np.ndarray]] = {}
        arrays: dict[int, np.ndarray] = {}
        for part in (p for s in selections for p in _parts(s).values()):
            arrays[id(part.inputs)] = part.inputs
            wanted.setdefault(id(part.inputs), []).append(part.rows.ravel())
        chosen = {key: np.unique(np.concatenate(rows)) for key, rows in wanted.items()}
        starts = dict(zip(chosen, np.cumsum([0, *map(len, chosen.values())]), strict=False))
        wide = torch.promote_types(kind.arithmetic, torch.float32)  # holds any token's number
        kept = wide if kind.cell.dataset.tokens else kind.arithmetic
        moved = [
            torch.from_numpy(arrays[key][rows]).to(device, kept) for key, rows in chosen.items()
        ]

        def place(part: Part) -> Place:
            key = id(part.inputs)
            found = np.searchsorted(chosen[key], part.rows) + starts[key]
            return Place(found, part.targets, part.clean, part.weights, part.groups)

        places = tuple(
            {use: place(part) for use, part in _parts(selection).items()}
            for selection in selections
        )
        return cls(torch.cat(moved), places, device)

    def index(self, cells: Sequence[int], use: str) -> tuple[Tensor, Tensor]:
        """Rows and targets, (k, n) each, of one use of cells that have equally many samples.

        The last ones of each use stay on the device: most readings are of the same cells.
        """
        kept = self._indices.get(use)
        if kept is None or kept[0] != tuple(cells):
            places = [self.places[cell][use] for cell in cells]
            rows = np.stack([place.rows for place in places])
            targets = np.stack([place.targets for place in places])
            kept = (tuple(cells), self._move(rows), self._move(targets))
            self._indices[use] = kept
        return kept[1:]

    def counts(self, cells: Sequence[int], use: str) -> Tensor | None:
        """What each sample of a use of cells counts, (k, n) float64; None where all count alike."""
        weights = [self.places[cell][use].weights for cell in cells]
        found = [weight for weight in weights if weight is not None]
        return self._move(np.stack(found)) if len(found) == len(weights) else None

    def block(self, courses: Sequence[Course], first: int, last: int, wide: torch.dtype) -> Block:
        """The minibatches of steps [first, last) of the first cells, those of `courses`."""
        optimizer = courses[0].train.optimizer
        rows, targets, weights, samples = [], [], [], []
        drawn: dict[object, np.ndarray] = {}
        for course, places in zip(courses, self.places, strict=False):
            key = (course.order.seed, course.samples, course.rows)  # cells of a seed share order
            if key not in drawn:
                drawn[key] = course.places(first, last)
            chosen = drawn[key]
            rows.append(places["train"].rows[chosen])
            targets.append(places["train"].targets[chosen])
            weights.append(_weights(chosen, places["train"].weights))
            if optimizer.samplewise:
                samples.append(np.maximum(chosen, 0))
        stacked = [self._move(np.stack(part, axis=1)) for part in (rows, targets, weights)]
        rates = self._move(np.stack([c.rates(first, last) for c in courses], axis=1))
        keys = self._move(np.stack([c.keys(first, last) for c in courses], axis=1))
        seen = stacked[2].to(wide)
        wanted = stacked[1].to(wide) if stacked[1].is_floating_point() else stacked[1]
        paces = numbers = None
        if optimizer.paces or samples:
            paces = self._move(np.stack([c.paces(first, last) for c in courses], axis=1))
        if samples:
            numbers = self._move(np.stack(samples, axis=1))
        return Block(stacked[0], wanted, seen, rates, keys, paces, numbers)

    def _move(self, array: np.ndarray) -> Tensor:
        """The array on the device; for a graphics card nobody waits for its arrival."""
        tensor = torch.from_numpy(array)
        if self.device.startswith("cuda"):
            tensor = tensor.pin_memory()
        return tensor.to(self.device, non_blocking=True)


def _weights(chosen: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """What each place of a minibatch counts, 0 where there is no sample."""
    there = chosen >= 0
    return there if weights is None else there * weights[chosen]


def _parts(selection: Selection) -> dict[str, Part]:
    return {use: getattr(selection, use) for use in USES if len(getattr(selection, use))}
