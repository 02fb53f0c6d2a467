"""Modules of torch's own, made fit to train side by side, and counted."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.utils.flop_counter import FlopCounterMode

from ddspec.errors import DdspecError
from ddspec.vocabulary.layers import BatchNorm, Dropout

FIRST = 1000  # the number of a module's first dropout layer: those of compositions have lower ones
NORMALIZED = ("weight", "bias", "running_mean", "running_var")


def stackable(module: nn.Module) -> nn.Module:
    """The module with its dropout and batch normalization replaced by ddspec's, which compute the
    same, but draw a mask for every model from its own key, and know rows that are padding.

    Raises DdspecError for layers that draw and have no counterpart.
    """
    for path, layer in list(module.named_modules()):
        made = _counterpart(layer, path)
        if made is None:
            continue
        if not path:
            return made
        parent, _, name = path.rpartition(".")
        setattr(module.get_submodule(parent), name, made)
    return _numbered(module)


def _numbered(module: nn.Module) -> nn.Module:
    """The module, its dropout layers told apart."""
    found = [layer for layer in module.modules() if isinstance(layer, Dropout)]
    for number, layer in enumerate(found):
        layer.layer = FIRST + number
    return module


def _counterpart(layer: nn.Module, path: str) -> nn.Module | None:
    """What stands in for a layer of torch's; None for one that can stay."""
    if isinstance(layer, nn.Dropout):
        return Dropout(layer.p, FIRST) if layer.p else nn.Identity()
    recurrent = isinstance(layer, nn.RNNBase) and layer.dropout > 0
    if recurrent or isinstance(layer, (_DropoutNd, nn.RReLU)):
        raise DdspecError(
            f"`{path or type(layer).__name__}`, a {type(layer).__name__}, draws random numbers that"
            " no seed of a cell decides",
            "use nn.Dropout, or leave it to a regularizer",
        )
    if isinstance(layer, _BatchNorm) and _is_plain(layer):
        return _normalization(layer)
    return None


def _is_plain(layer: _BatchNorm) -> bool:
    """Whether it has all that ddspec's batch normalization has, and nothing else."""
    return layer.affine and layer.track_running_stats and layer.momentum is not None


def _normalization(layer: _BatchNorm) -> BatchNorm:
    made = BatchNorm(layer.num_features, layer.momentum or 0.0, layer.eps)
    given = layer.state_dict()
    made.load_state_dict({name: given[name] for name in NORMALIZED}, strict=False, assign=True)
    return made


def counts(build: Callable[[], nn.Module], shape: tuple[int, ...]) -> tuple[int, int]:
    """The trained parameters of the network that `build` makes, and the multiplications of a pass
    of one sample; as many as parameters where they cannot be counted.

    Nothing is drawn, and no numbers are kept, unless the module cannot be made without.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                network = build()
        except (RuntimeError, NotImplementedError, TypeError):  # it looks at numbers
            network = build().to("meta")
    parameters = sum(each.numel() for each in network.parameters() if each.requires_grad)
    return parameters, _multiplications(network, math.prod(shape)) or parameters


def _multiplications(network: nn.Module, inputs: int) -> int:
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter:
            network.eval()(torch.zeros(1, inputs, device="meta"))
    except Exception:  # noqa: BLE001 - training would say what is wrong with it
        return 0
    return int(counter.get_total_flops()) // 2
