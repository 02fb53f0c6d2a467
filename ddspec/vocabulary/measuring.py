"""What measures compute with: labels met and missed, the matrices of layers, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor
from torch.func import grad, vjp, vmap

from ddspec.vocabulary.seen import Observed

Tensors = dict[str, Tensor]

# Numbers in the inputs of samples that a network is differentiated at at once.
NUMBERS = 400_000
AT_ONCE = 16  # rows of Jacobians


def missed(outputs: Tensor, targets: Tensor) -> Tensor:
    """The share of each sample's labels that outputs (n, k) do not meet, (n,) float64.

    Targets are classes, distributions over classes, of which any with the largest share is met, or
    a class a token, -1 where there is none.
    """
    if targets.dim() == 1:
        return (outputs.argmax(dim=-1) != targets).double()
    if targets.is_floating_point():
        said = targets.gather(-1, outputs.argmax(dim=-1, keepdim=True)).squeeze(-1)
        return (said < targets.amax(dim=-1)).double()
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


def unit_norms(
    weights: Mapping[str, Tensor], first: Mapping[str, Tensor] | None = None
) -> list[Tensor]:
    """The sum over each layer's units of the norms of their incoming weights, less `first`."""
    zero = matrices(weights) if first is None else matrices(first)
    return [
        torch.linalg.vector_norm(w - (0 if first is None else m), dim=1).sum()
        for w, m in zip(matrices(weights), zero, strict=True)
    ]


def of_layers(
    weights: Mapping[str, Tensor], layer: int | None, number: Callable[[Tensor], Tensor]
) -> Tensor:
    """A number of one layer's matrix, from 1, or its mean over all; NaN without such a layer."""
    found = matrices(weights)
    if layer is None:
        return torch.stack([number(w) for w in found]).mean()
    return number(found[layer - 1]) if layer <= len(found) else found[0].new_full((), torch.nan)


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


def class_means(model: Observed, found: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of features (n, p) over each class, (classes, p), zero for one without samples, and
    which classes there are, (classes,) 1 or 0.
    """
    classes = torch.arange(model.classes or 0, device=found.device)
    inside = (labels(model.targets)[:, None] == classes).to(found.dtype)
    counts = inside.sum(0)
    return inside.mT @ found / counts.clamp(min=1)[:, None], (counts > 0).to(found.dtype)


def jacobian_norms(
    model: Observed, inputs: Tensor, start: int | None = None, end: int | None = None
) -> Tensor:
    """The Frobenius norms of the Jacobians at samples (n, d), (n,): of the outputs, or what enters
    the layer `end`, in the inputs, or what enters the layer `start`; NaN without such a layer.
    """
    assert model.through is not None
    outputs, entered = model.through(model.weights, inputs, {})
    names = list(entered)
    if max(start or 0, end or 0) > len(names):
        return inputs.new_full((len(inputs),), torch.nan)
    moved = torch.zeros_like(inputs if start is None else entered[names[start - 1]])

    def reached(shift: Tensor) -> Tensor:
        assert model.through is not None
        x = inputs + shift if start is None else inputs
        shifts = {} if start is None else {names[start - 1]: shift}
        outputs, entered = model.through(model.weights, x, shifts)
        return (outputs if end is None else entered[names[end - 1]]).flatten(1)

    count = (outputs if end is None else entered[names[end - 1]]).flatten(1).shape[1]
    slope = vjp(reached, moved)[1]
    directions = torch.eye(count, dtype=outputs.dtype, device=inputs.device)

    def squares(direction: Tensor) -> Tensor:
        found: Tensor = slope(direction.expand(len(inputs), count))[0]
        return found.flatten(1).square().sum(dim=1)

    total: Tensor = vmap(squares, chunk_size=AT_ONCE)(directions).sum(0)
    return total.sqrt()


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
    total = torch.zeros_like(along)
    for part in parts(model.inputs):
        slope = grad(mean_loss(model, part))
        moved = grad(lambda weights, slope=slope: joined(slope(weights)) @ along)
        total = total + joined(moved(dict(model.weights)))
    return total


def largest_eigenvalue(times: Callable[[Tensor], Tensor], start: Tensor, steps: int) -> Tensor:
    """Of a symmetric matrix, given its product with a vector: by Lanczos' method."""
    basis = [start / length(start)]
    diagonal, beside = [], []
    tiny = torch.finfo(start.dtype).tiny
    for _ in range(steps):
        made = times(basis[-1])
        diagonal.append(made @ basis[-1])
        spanned = torch.stack(basis)
        for _ in range(2):  # once is not enough against rounding
            made = made - spanned.mT @ (spanned @ made)
        beside.append(length(made))
        basis.append(made / beside[-1].clamp(min=tiny))
    off = torch.diag(torch.stack(beside[:-1]), 1)
    values: Tensor = torch.linalg.eigvalsh(torch.diag(torch.stack(diagonal)) + off + off.mT)
    return values[-1]


def noisy_error(model: Observed, noise: Tensor) -> Tensor:
    """The error on the samples with noise (draws, parameters) added to the weights, its mean."""
    weights, found = joined(model.weights), []
    for draw in noise:
        given = named(weights + draw, model.weights)
        wrong = [missed(model.passed(given, model.inputs[p]), model.targets[p])
                 for p in parts(model.inputs)]  # fmt: skip
        found.append((torch.cat(wrong) * model.counts).sum() / model.counts.sum())
    return torch.stack(found).mean()


def length(tensor: Tensor) -> Tensor:
    """The Euclidean norm of all numbers of a tensor."""
    found: Tensor = torch.linalg.vector_norm(tensor)
    return found


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
