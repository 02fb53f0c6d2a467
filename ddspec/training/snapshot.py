"""A stack's state to checkpoints, one a cell, and back: every tensor, on the host as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from ddspec.errors import DdspecError
from ddspec.training.checkpoint import SERIES, Checkpoint
from ddspec.training.models import Models, Tensors
from ddspec.training.watching import Watching

NAMED = ("buffers", "state", "held")


@attrs.frozen(eq=False)
class State:
    """What changes of k models while they train: the models, which of them have been found lost,
    (k,) bool, and what is known by whoever watches.
    """

    models: Models
    lost: Tensor
    watching: Watching | None

    @property
    def tensors(self) -> Tensors:
        """All of it by name, the models as first dimension."""
        found = {"weights": self.models.weights, "lost": self.lost}
        for part in NAMED:
            named: Tensors = getattr(self.models, part)
            found |= {f"{part}/{name}": tensor for name, tensor in named.items()}
        if self.watching is not None:
            watched = self.watching.state(len(self.models))
            found |= {f"watching/{name}": tensor for name, tensor in watched.items()}
        return found

    def arrays(self, numbers: Sequence[int]) -> list[dict[str, np.ndarray]]:
        """The state of each of the models of those numbers, on the host."""
        found = {name: _array(tensor) for name, tensor in self.tensors.items()}
        return [{name: array[number, ...] for name, array in found.items()} for number in numbers]

    def resumed(self, checkpoints: Sequence[Checkpoint]) -> State:
        """The state that checkpoints hold, of models like these ones; theirs do not change.

        Raises DdspecError where they are of other models.
        """
        like = self.tensors
        for each in checkpoints:
            _check(each, like)
        names = [name for name in checkpoints[0].arrays if not name.startswith(SERIES)]
        given = {
            name: _tensor([each.arrays[name] for each in checkpoints], like.get(name, self.lost))
            for name in names
        }
        if self.watching is not None:
            prefix = "watching/"
            watched = {n.removeprefix(prefix): t for n, t in given.items() if n.startswith(prefix)}
            self.watching.recall(watched)
        named = (
            {name: given[f"{part}/{name}"] for name in getattr(self.models, part)} for part in NAMED
        )
        return State(Models(given["weights"], *named), given["lost"], self.watching)


def _array(tensor: Tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:  # numpy has none
        tensor = tensor.view(torch.int16)
    return tensor.detach().cpu().numpy()


def _tensor(arrays: Sequence[np.ndarray], like: Tensor) -> Tensor:
    stacked = torch.from_numpy(np.stack(arrays))
    found = stacked.view(torch.bfloat16) if like.dtype == torch.bfloat16 else stacked
    return found.to(like.device)


def _check(checkpoint: Checkpoint, like: Mapping[str, Tensor]) -> None:
    """Raise DdspecError unless a checkpoint has what models have; notes differ in time."""
    have = {n: _form(a) for n, a in checkpoint.arrays.items() if not n.startswith(SERIES)}
    want = {name: _form(_array(tensor[:1])[0]) for name, tensor in like.items()}
    strange = {n for n in have.keys() ^ want.keys() if not n.startswith("watching/noted/")}
    if strange or any(have[name] != want[name] for name in have.keys() & want.keys()):
        raise DdspecError(f"the checkpoint of cell {checkpoint.cell} is of another network")


def _form(array: np.ndarray) -> tuple[object, ...]:
    return array.dtype, array.shape
