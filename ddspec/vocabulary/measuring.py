"""What measures compute with: labels met and missed, the matrices of layers, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor
from torch.func import grad, jvp

from ddspec.vocabulary.seen import Observed

Tensors = dict[str, Tensor]

# Numbers in the inputs of samples that a network is differentiated at at once.
NUMBERS = 400_000


def missed(outputs: Tensor, targets: Tensor) -> Tensor:
    """The share of each sample's labels that outputs (n, k) do not meet, (n,) float64.

    Targets are classes, distributions over classes, whose largest share is the label, or a class a
    token, -1 where there is none.
    """
    if targets.dim() == 1:
        return (outputs.argmax(dim=-1) != targets).double()
    if targets.is_floating_point():
        return (outputs.argmax(dim=-1) != targets.argmax(dim=-1)).double()
    said = outputs.reshape(*targets.shape, -1).argmax(dim=-1)
    there = targets >= 0
    return ((said != targets) & there).sum(dim=-1).double() / there.sum(dim=-1).clamp(min=1)


def labels(targets: Tensor) -> Tensor:
    """Classes, (n,) int64, of classes or of distributions over classes."""
    return targets if targets.dim() == 1 else targets.argmax(dim=-1)


def shares(model: Observed, outputs: Tensor) -> Tensor:
    """What outputs (n, k) say of the targets, on their scale: the softmax of a loss over classes,
    otherwise the outputs themselves.
    """
    return outputs.softmax(dim=-1) if model.logits else outputs


def wanted(outputs: Tensor, targets: Tensor) -> Tensor:
    """Targets as what outputs (n, k) should be, of their shape: classes are one-hot."""
    if targets.is_floating_point():
        return targets.view(outputs.shape).to(outputs.dtype)
    hot = targets[:, None] == torch.arange(outputs.shape[-1], device=outputs.device)
    return hot.to(outputs.dtype)


def matrices(weights: Mapping[str, Tensor]) -> list[Tensor]:
    """The layers' weights as matrices (outputs, inputs) in order; a convolution's inputs are the
    channels and places of its kernel. Biases and scales are left out.
    """
    return [w.flatten(1) for w in weights.values() if w.dim() > 1]


def affine(weights: Mapping[str, Tensor]) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The layers of a chain in order: weight (outputs, inputs) and bias (outputs,) or None."""
    for name, weight in weights.items():
        if weight.dim() > 1:
            yield weight, weights.get(f"{name.removesuffix('weight')}bias")


def spectral_norms(weights: Mapping[str, Tensor]) -> Tensor:
    """The largest singular value of each layer's matrix, (layers,)."""
    return torch.stack([torch.linalg.matrix_norm(w, ord=2) for w in matrices(weights)])


def entropy_rank(values: Tensor) -> Tensor:
    """How many numbers matter: exp of the entropy of them scaled to sum 1; 0 of zeros."""
    shares = values / values.sum().clamp(min=torch.finfo(values.dtype).tiny)
    rank: Tensor = torch.special.entr(shares).sum().exp() * (values.sum() > 0)
    return rank


def percentile(values: Tensor, share: float) -> Tensor:
    """The number below which a share of values (n,) lies, between neighbors linearly."""
    ordered = values.sort().values
    place = share * (len(values) - 1)
    below = min(int(place), len(values) - 1)
    above = min(below + 1, len(values) - 1)
    return torch.lerp(ordered[below], ordered[above], place - below)


def features(model: Observed) -> Tensor:
    """What enters the last affine layer at the samples, (n, p)."""
    assert model.through is not None
    found = [
        list(model.through(model.weights, model.inputs[part], {})[1].values())[-1].flatten(1)
        for part in parts(model.inputs)
    ]
    return torch.cat(found)


def parts(inputs: Tensor) -> list[slice]:
    """Samples (n, d) in parts whose passes memory has room for."""
    rows = max(1, NUMBERS // max(1, inputs.shape[1]))
    return [slice(start, start + rows) for start in range(0, len(inputs), rows)]


def mean_loss(model: Observed, part: slice) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """Of weights: the share that some samples have in the mean loss of all."""
    inputs, targets = model.inputs[part], model.targets[part]
    counts = (model.counts / model.counts.sum())[part]

    def loss(weights: Mapping[str, Tensor]) -> Tensor:
        outputs = model.passed(weights, inputs)
        return (model.loss(outputs, targets) * counts.to(outputs.dtype)).sum()

    return loss


def loss_slope(model: Observed, weights: Mapping[str, Tensor]) -> Tensors:
    """The gradient of the mean loss of the samples, by name."""
    slopes = [grad(mean_loss(model, part))(dict(weights)) for part in parts(model.inputs)]
    return {name: torch.stack([s[name] for s in slopes]).sum(0) for name in weights}


def curvature(model: Observed, along: Tensor) -> Tensor:
    """The Hessian of the mean loss of the samples times a vector of all weights, (parameters,)."""
    direction = named(along, model.weights)
    total = torch.zeros_like(along)
    for part in parts(model.inputs):
        slope = grad(mean_loss(model, part))
        total = total + joined(jvp(slope, (dict(model.weights),), (direction,))[1])
    return total


def joined(tensors: Mapping[str, Tensor]) -> Tensor:
    """Tensors as one vector."""
    return torch.cat([tensor.flatten() for tensor in tensors.values()])


def named(vector: Tensor, like: Mapping[str, Tensor]) -> Tensors:
    """A vector as tensors of the names and shapes of others."""
    pieces = torch.split(vector, [tensor.numel() for tensor in like.values()])
    return {
        name: piece.view(tensor.shape)
        for (name, tensor), piece in zip(like.items(), pieces, strict=True)
    }
