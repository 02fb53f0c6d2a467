"""Models as they are read: with the weights that their terms show instead of those that train."""

from __future__ import annotations

import functools

import attrs
import torch
from torch import Tensor
from torch.func import vmap

from ddspec.training.models import Kind, Models, Tensors, held_of, overrides, parts, with_values
from ddspec.training.step import Values
from ddspec.vocabulary.kinds import Regularizer


def shown(kind: Kind, values: Values, models: Models) -> Models:
    """The models as they are read; values: of all models, of which these are the first."""
    acting = [(p, t) for p, t in enumerate(kind.cell.regularizer) if overrides(t, "shown")]
    for place, term in sorted(acting, key=lambda pair: (pair[1].rank, pair[1].name(), pair[0])):
        own = {name: tensor[: len(models)] for name, tensor in values.terms[place].items()}
        held = held_of(models.held, place)
        one = vmap(functools.partial(_shown, kind, term))
        weights, buffers = one(own, models.weights, models.buffers, held)
        models = attrs.evolve(models, weights=weights, buffers=buffers)
    return models


def _shown(
    kind: Kind, term: Regularizer, own: Tensors, vector: Tensor, buffers: Tensors, held: Tensors
) -> tuple[Tensor, Tensors]:
    """One model's weights, as a vector, and buffers as a term shows them."""
    word = with_values(term, own)
    named, buffers = word.shown(parts(kind, word, vector), buffers, held)
    return torch.cat([weight.flatten() for weight in named.values()]), buffers
