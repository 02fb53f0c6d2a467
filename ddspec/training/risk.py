"""Risks of stacked models: mean loss and error on each cell's own samples, in evaluation mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import vmap

from ddspec.training.models import Kind, Models
from ddspec.training.resident import USES, Resident
from ddspec.training.stepper import Stepper
from ddspec.vocabulary.kinds import Dataset, Measure

# Samples evaluated at once, and numbers in their inputs on a processor: activations, which grow
# with inputs, stay in cache. Images of 3 x 32 x 32 take half the time in chunks of 130.
ROWS, NUMBERS, ROWS_CUDA = 1000, 400_000, 8192


def risks_of(data: Dataset) -> list[str]:
    """The names of the risks that are recorded of every cell on a dataset."""
    uses = [use for use in USES if use != "validation" or data.validation]
    kinds = ["loss"] if data.classes is None else ["loss", "error"]
    return [f"{use}_{kind}" for use in uses for kind in kinds]


def read(
    kind: Kind,
    stepper: Stepper,
    models: Models,
    cells: Sequence[int],
    resident: Resident,
    measures: Mapping[str, Measure],
) -> Tensor:
    """What is recorded of some models at one time, (names, k) float64, on their device: the risks
    in the order of `risks_of`, then the measures.

    `cells` are the models' numbers in the resident data; they have equally many samples of each
    use. Risks are means by the samples' weights, summed in float64 over chunks whose size does not
    depend on the stack.
    """
    found: list[Tensor] = []
    for use in resident.places[cells[0]]:
        loss, wrong = _risk(kind, stepper, models, cells, resident, use)
        found += [loss] if kind.cell.dataset.classes is None else [loss, wrong]
    for measure in measures.values():
        found.append(vmap(lambda vector, m=measure: m.value(kind.named(vector)))(models.weights))
    return torch.stack([values.double() for values in found])


def risk_of(
    kind: Kind,
    stepper: Stepper,
    models: Models,
    cells: Sequence[int],
    resident: Resident,
    quantity: str,
) -> Tensor:
    """One risk, such as `validation_error`, of models, (k,) float64; otherwise as `read`."""
    use, _, name = quantity.partition("_")
    loss, wrong = _risk(kind, stepper, models, cells, resident, use)
    return loss if name == "loss" else wrong


def misses(outputs: Tensor, targets: Tensor) -> Tensor:
    """The error of each sample, (k, n): 1 or 0, or the share of its tokens that are wrong.

    outputs (k, n, outputs); targets (k, n) int64 classes, or (k, n, length), a class a token and
    -1 where there is none.
    """
    if targets.dim() == outputs.dim():
        told = outputs.reshape(*targets.shape, -1).argmax(dim=-1)
        there = targets >= 0
        return ((told != targets) & there).sum(dim=-1) / there.sum(dim=-1).clamp(min=1)
    return outputs.argmax(dim=-1) != targets


def _risk(
    kind: Kind,
    stepper: Stepper,
    models: Models,
    cells: Sequence[int],
    resident: Resident,
    use: str,
) -> tuple[Tensor, Tensor]:
    """Mean loss and error of each model over its samples of a use, (k,) float64 each."""
    rows, targets = resident.index(cells, use)
    counts = resident.counts(cells, use)
    size = ROWS_CUDA if rows.is_cuda else max(1, min(ROWS, NUMBERS // kind.cell.dataset.inputs))
    loss = torch.zeros(len(models), dtype=torch.float64, device=rows.device)
    wrong = torch.zeros_like(loss)
    classified = kind.cell.dataset.classes is not None
    for start in range(0, rows.shape[1], size):
        part = slice(start, start + size)
        outputs, wanted = stepper.outputs(models, rows[:, part]), targets[:, part]
        weight = 1 if counts is None else counts[:, part]
        loss += (vmap(kind.train.loss.each)(outputs, wanted).double() * weight).sum(dim=1)
        if classified:
            wrong += (misses(outputs, wanted).double() * weight).sum(dim=1)
    total = rows.shape[1] if counts is None else counts.sum(dim=1)
    return loss / total, wrong / total
