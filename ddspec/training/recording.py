"""Recorded steps: flat lists of tensor operations for a whole stack, kept for later stacks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from torch import Tensor
from torch._guards import TracingContext, tracing
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import vmap
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

from ddspec.training.step import Step

T = TypeVar("T")
MOST = 64  # kept at a time: a long list of widths, some stack sizes each
_kept: OrderedDict[Hashable, object] = OrderedDict()


def record(step: Step, tensors: Sequence[Tensor]) -> GraphModule:
    """The operations of a step on a stack; `tensors`, models first, are those of any one step."""
    # torch describes the result of every operation by a tensor without data; unless it is told of
    # one mode that makes them it begins a new one each time, which takes half of the recording.
    with tracing(TracingContext(FakeTensorMode(allow_fallback_kernels=True))):
        return make_fx(vmap(step))(*tensors)


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, made once for a key in this process; a few dozen are kept.

    Recording takes 0.1 to 0.5 s and compiling seconds, and batches of one shape follow each other.
    """
    if key not in _kept:
        _kept[key] = make()
        if len(_kept) > MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]  # type: ignore[return-value]  # what the key's own `make` gave


def forget() -> None:
    """Keep nothing of what was recorded and compiled."""
    _kept.clear()
