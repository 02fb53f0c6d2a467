"""A simplified recording computes the same in fewer operations."""

import pytest
import torch
from torch.func import grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from ddspec.training.simplify import simplify

aten = torch.ops.aten
X, Y, Z = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0)).double()
CASES = {
    "a product added": (lambda x, y, z: x + y * z, {aten.addcmul.default}),
    "a product taken away": (lambda x, y, z: x - y * z, {aten.addcmul.default}),
    "a product less": (lambda x, y, z: y * z - x, {aten.mul.Tensor, aten.sub.Tensor}),
    "a multiple added": (lambda x, y, z: x + y * 0.5, {aten.add.Tensor}),
    "a whole multiple added": (lambda x, y, z: x + y * 2, {aten.add.Tensor}),
    "a product used twice": (lambda x, y, z: (x + (p := y * z)) * p, None),
    "the same twice": (lambda x, y, z: (x * y).exp() + (x * y).exp(), None),
    "reshapes": (lambda x, y, z: x.view(4, 5).expand(4, 5).transpose(0, 1).transpose(0, 1), set()),
    "permutations": (
        lambda x, y, z: x.permute(1, 0).permute(1, 0) * y.permute(0, -1),
        {aten.mul.Tensor},
    ),
    "half a turn": (lambda x, y, z: x[None].permute(1, 2, 0).permute(1, 2, 0) * 2.0, None),
    "a constant": (lambda x, y, z: x * torch.arange(5).double().exp(), {aten.mul.Tensor}),
    "integers": (lambda x, y, z: (x * 8).long() * 3 + (y * 8).long(), None),
    "other types": (lambda x, y, z: x + (y.float() * z.float()), None),
}


@pytest.mark.parametrize("name", CASES)
def test_values_stay_and_operations_go(name):
    function, operations = CASES[name]
    recorded = make_fx(function)(X, Y, Z)
    before = len(recorded.graph.nodes)
    made = simplify(recorded)
    assert torch.allclose(made(X, Y, Z).double(), function(X, Y, Z).double(), rtol=1e-15)
    assert len(made.graph.nodes) <= before
    found = {node.target for node in made.graph.nodes if node.op == "call_function"}
    assert operations is None or found == operations


def test_a_linear_layer_is_one_operation():
    def layer(weight, bias, x):
        return torch.nn.functional.linear(x, weight, bias)

    arguments = torch.rand(2, 3, 5), torch.rand(2, 3), torch.rand(2, 4, 5)
    made = simplify(make_fx(vmap(layer))(*arguments))
    targets = [node.target for node in made.graph.nodes if node.op == "call_function"]
    assert targets.count(aten.baddbmm.default) == 1
    assert not {aten.bmm.default, aten.add.Tensor} & set(targets)
    assert torch.allclose(made(*arguments), vmap(layer)(*arguments), rtol=1e-6)


def test_a_slope_does_not_wait_for_the_value():
    made = simplify(make_fx(grad(lambda x: x.exp().sum()))(X))
    targets = [node.target for node in made.graph.nodes if node.op == "call_function"]
    assert aten.sum.default not in targets
    assert torch.allclose(made(X), X.exp())


def test_an_operation_that_writes_is_left_alone():
    def writes(x):
        y = x.clone()
        y.add_(1.0)
        return y.clone() + x.clone()

    assert torch.allclose(simplify(make_fx(writes)(X))(X), 2 * X + 1)
