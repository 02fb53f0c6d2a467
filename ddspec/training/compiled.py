"""The compiled stepper: a recorded step, its operations fused by torch's own compiler."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import attrs
import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from ddspec.cache import private_folder
from ddspec.compilers import cpp_compiler
from ddspec.errors import DdspecError
from ddspec.training.any_size import LARGE, SMALL, generalized
from ddspec.training.block import Block, Minibatch
from ddspec.training.eager import Eager
from ddspec.training.models import Models
from ddspec.training.recording import once, record
from ddspec.training.simplify import simplify
from ddspec.training.step import Step, key_of

aten = torch.ops.aten
CONVERTED = aten._to_copy.default  # noqa: SLF001 - what `to` is recorded as
FOLDER = "TORCHINDUCTOR_CACHE_DIR"
# In this process and for one thread: a worker has one, and many workers compile at a time.
OPTIONS: dict[str, str | int | bool | Callable[..., object]] = {
    "compile_threads": 1,
    "cpp.threads": 1,
}


@attrs.frozen(eq=False)
class Attempt:
    """What came of compiling a step: something to run, or the reason why there is none."""

    run: Callable[..., list[Tensor]] | None
    reason: str = ""


class Compiled:
    """A stepper for what torch can compile; it agrees with `Eager`, which it is made of, to
    rounding, and steps as `Eager` does where compiling fails; `only`: it raises DdspecError there.

    One compilation serves every size of stack from two models on, so that models may leave it; a
    model that is left alone is trained twice over. What was compiled is kept in this process and
    on disk, where other processes find it.
    """

    def __init__(self, eager: Eager, *, only: bool = False) -> None:
        self.eager, self.only = eager, only
        self._alone = len(eager.cells) == 1
        self._values: list[Tensor] = []
        self._size = -1  # of the stack that the values are for
        self._attempt: Attempt | None = None

    @property
    def failed(self) -> bool:
        """Whether it steps as `Eager` does."""
        return self._attempt is not None and self._attempt.run is None

    def advance(self, models: Models, block: Block) -> Models:
        """The models after the steps of a block."""
        for minibatch in block.minibatches(self.eager.resident.inputs):
            models = self.step(models, minibatch)
        return models

    def outputs(self, models: Models, rows: Tensor) -> Tensor:
        """What the models say in evaluation, (k, n, outputs), to resident samples rows (k, n)."""
        return self.eager.outputs(models, rows)

    def step(self, models: Models, minibatch: Minibatch) -> Models:
        """The models after one step on their minibatches."""
        if len(models) == 1 and not self._alone:
            return self.step(models.each(_twice), minibatch.each(_twice)).first(1)
        if self._attempt is None:
            self._compile(models, minibatch)
        if self._attempt is None or self._attempt.run is None:
            return self.eager.step(models, minibatch)
        if self._size != len(models):
            self._size, self._values = len(models), self.eager.values_of(len(models)).tensors
        given = (*models.tensors, *self._values, *minibatch.tensors)
        return models.refilled(self._attempt.run(*given))

    def _compile(self, models: Models, minibatch: Minibatch) -> None:
        values = self.eager.values_of(len(models))
        step = Step(self.eager.kind, models, values)
        given = [*models.tensors, *values.tensors, *minibatch.tensors]
        key = ("compiled", self._alone, key_of(step, given))
        self._attempt = once(key, lambda: _attempt(step, given, alone=self._alone))
        if self.only and self._attempt.run is None:
            raise DdspecError(
                f"the step of this network cannot be compiled: {self._attempt.reason}",
                "leave the choice to ddspec, or ask for eager steps",
            )


def _attempt(step: Step, given: Sequence[Tensor], *, alone: bool) -> Attempt:
    """Compile a step by running it once on copies of what is given."""
    if not cpp_compiler():
        return Attempt(None, "torch needs a C++ compiler for that, g++ by name or named by CXX")
    copies = [tensor.clone() for tensor in given]
    try:
        with _quietly():
            from torch._dynamo import mark_dynamic  # takes a second or two

            recorded = simplify(record(step, given)) if alone else _recorded(step, given)
            run = torch.compile(_lean(recorded), fullgraph=True, dynamic=None, options=OPTIONS)
            for copy in copies if not alone else ():
                mark_dynamic(copy, 0)
            run(*copies)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the step can be taken without
        return Attempt(None, _reason(error))
    return Attempt(run)


def _reason(error: Exception) -> str:
    """Why compiling failed, in a line."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if first.startswith("Constraints violated"):  # as it does for convolutions
        return "torch's compiler makes it for one number of models only"
    return first


def _recorded(step: Step, given: Sequence[Tensor]) -> GraphModule:
    """The step of any number of models."""
    small, large = (
        simplify(record(step, [_repeated(tensor, size) for tensor in given]))
        for size in (SMALL, LARGE)
    )
    return generalized(small, large)


def _lean(recorded: GraphModule) -> GraphModule:
    """The step without views of truth values as bytes: they make operation by operation faster,
    compiled code much slower.
    """
    for node in list(recorded.graph.nodes):
        bytes_wanted = node.target == aten.view.dtype and node.args[1] == torch.uint8
        if bytes_wanted and node.args[0].meta["val"].dtype == torch.bool and _is_converted(node):
            node.replace_all_uses_with(node.args[0])
            recorded.graph.erase_node(node)
    recorded.recompile()
    return recorded


def _is_converted(node: Node) -> bool:
    """Whether all that is made of a value is its conversion to another type."""
    return all(
        user.target == CONVERTED or (user.target == aten.detach.default and _is_converted(user))
        for user in node.users
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """No word of torch's meanwhile, and compiled code is kept in the user's own cache."""
    before, level = os.environ.get(FOLDER), logging.root.manager.disable
    folder = private_folder("compiled") if _is_torchs_own(before) else None
    if folder:
        os.environ[FOLDER] = str(folder)
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        if folder and before is None:
            del os.environ[FOLDER]
        elif folder and before:
            os.environ[FOLDER] = before


def _is_torchs_own(folder: str | None) -> bool:
    """Whether a folder is none that the user asked for: torch notes its own choice there too."""
    own = os.path.join(tempfile.gettempdir(), "torchinductor_")  # noqa: PTH118 - a name begins so
    return folder is None or folder.startswith(own)


def _repeated(tensor: Tensor, count: int) -> Tensor:
    return tensor[:1].expand(count, *tensor.shape[1:]).clone()


def _twice(tensor: Tensor) -> Tensor:
    return torch.cat([tensor, tensor])
