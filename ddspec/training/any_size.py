"""Two recordings of a step, for two and three models, to one for any number of models."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

aten = torch.ops.aten
SMALL, LARGE = 2, 3  # models in the recordings


def generalized(small: GraphModule, large: GraphModule) -> GraphModule:
    """The step for as many models as its first argument has; `small` is changed into it.

    `small` and `large` record it for SMALL and LARGE models. What differs between them are sizes
    that are multiples of the number of models, and constants that repeat one model's. Raises
    ValueError when something else does. torch's own symbolic recording gives no such step: its
    vmap fixes the number of models in some operations.
    """
    before, after = list(small.graph.nodes), list(large.graph.nodes)
    if len(before) != len(after):
        raise ValueError("which operations there are depends on the number of models")
    arguments = [node for node in before if node.op == "placeholder"]
    with small.graph.inserting_after(arguments[-1]):
        size = small.graph.call_function(aten.sym_size.int, (arguments[0], 0))
    merge = _Merge(size, dict(zip(after, before, strict=True)))
    for one, other in zip(before, after, strict=True):
        if one.op != other.op or (one.op == "call_function" and one.target != other.target):
            raise ValueError("an operation depends on the number of models")
        with small.graph.inserting_before(one):
            one.args, one.kwargs = merge(one.args, other.args), merge(one.kwargs, other.kwargs)
        if one.op == "get_attr":
            merge.same[other] = _constant(small, one, getattr(large, str(other.target)), size)
    small.recompile()
    return small


def _constant(module: GraphModule, node: Node, other: Tensor, size: Node) -> Node:
    """The node of a constant for any number of models."""
    name = str(node.target)
    one = getattr(module, name)
    if one.shape == other.shape and torch.equal(one, other):
        return node
    first = one[:1]
    if not all(
        torch.equal(c, first.expand(n, *c.shape[1:])) for c, n in ((one, SMALL), (other, LARGE))
    ):
        raise ValueError("a constant depends on the number of models")
    module.register_buffer(name, first.clone())
    with module.graph.inserting_after(node):
        repeated = module.graph.call_function(aten.expand.default, (node, [size, *one.shape[1:]]))
    node.replace_all_uses_with(repeated, delete_user_cb=lambda user: user is not repeated)
    return repeated


class _Merge:
    """The arguments of the recording for any size, from those of the two.

    size: the node of the number of models; same: nodes of the one by those of the other.
    """

    def __init__(self, size: Node, same: dict[Node, Node]) -> None:
        self.size, self.same = size, same

    def __call__(self, one: Any, other: Any) -> Any:
        if isinstance(one, Node) and self.same.get(other) is one:
            return one
        if isinstance(one, (list, tuple)) and len(one) == len(other):
            return type(one)(self(*pair) for pair in zip(one, other, strict=True))
        if isinstance(one, Mapping):
            return {name: self(value, other[name]) for name, value in one.items()}
        if type(one) is type(other) and not isinstance(one, Node) and one == other:
            return one
        if isinstance(one, int) and isinstance(other, int) and one * LARGE == other * SMALL:
            return self._multiple(one // SMALL)
        raise ValueError("a number depends on the number of models")

    def _multiple(self, factor: int) -> Node:
        if factor == 1:
            return self.size
        return self.size.graph.call_function(operator.mul, (self.size, factor))
