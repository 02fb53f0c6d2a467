"""Who keeps checkpoints for a worker: itself on the driver's machine, an actor there elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import attrs

from ddspec.execution.capacity import Resources
from ddspec.execution.events import Noted
from ddspec.execution.options import Options
from ddspec.execution.ray_session import quiet_ray
from ddspec.execution.task import Fit
from ddspec.training.checkpoint import Checkpoint, Keeper, Keeping

ASK_SECONDS: Final = 2.0  # between two questions to another machine whether to save now


def with_keeper(fit: Fit, keeper: Keeper | None, options: Options) -> Fit:
    """What a worker does, with checkpoints if somebody keeps them."""
    if keeper is None:
        return fit
    keeping = Keeping(keeper, options.checkpoint_every or None, options.keep_checkpoints)
    kept: Any = partial(fit, keeping=keeping)  # type: ignore[call-arg]  # one that takes it
    return kept  # type: ignore[no-any-return]


@contextmanager
def keeper_of(
    home: Keeper | None, options: Options, have: Resources
) -> Iterator[tuple[Keeper | None, list[Noted]]]:
    """The keeper for all workers of the connected cluster, and what to tell of it.

    home: keeps on this machine; have: the cluster's machines. Through `ray://` there is none: the
    driver's own machine is no part of the cluster then.
    """
    ray, joined = quiet_ray(), options.address or os.environ.get("RAY_ADDRESS")
    if home is None:
        yield None, []
    elif ray.util.client.ray.is_connected():
        yield None, [Noted("no checkpoints are kept through ray://: run it on the cluster instead")]
    else:
        node = ray.get_runtime_context().get_node_id()
        actor = _actor(ray, home, node) if joined or len(have.nodes) > 1 else None
        try:
            yield Courier(home, node, actor), []
        finally:
            if actor is not None:
                ray.kill(actor)


def _actor(ray: Any, home: Keeper, node: str) -> Any:
    """A process on this machine that keeps for workers on others; it claims no processor."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(node, soft=False)
    kind = ray.remote(KeeperActor).options(
        num_cpus=0, scheduling_strategy=here, max_restarts=-1, max_concurrency=4
    )
    return kind.remote(home)


class KeeperActor:
    """Keeps checkpoints where the driver runs."""

    def __init__(self, home: Keeper) -> None:
        self._home = home

    def load(self, cells: Sequence[str]) -> dict[str, Checkpoint]:
        """As the keeper at home."""
        return self._home.load(cells)

    def save(self, checkpoints: Sequence[Checkpoint], kept: bool) -> None:
        """As the keeper at home."""
        self._home.save(checkpoints, kept=kept)

    def asked(self) -> float:
        """As the keeper at home."""
        return self._home.asked()


@attrs.define(eq=False)
class Courier:
    """The keeper of a worker, made on the driver's machine, `node` as Ray has it.

    home: keeps there; actor: does so for workers elsewhere; None: there are none.
    """

    home: Keeper
    node: str
    actor: Any
    _next: float = attrs.field(default=0.0, init=False)
    _asked: float = attrs.field(default=0.0, init=False)

    def load(self, cells: Sequence[str]) -> dict[str, Checkpoint]:
        """The checkpoints that cells may continue from; none when nobody answers."""
        if self._at_home():
            return self.home.load(cells)
        found: dict[str, Checkpoint] = self._answer("load", list(cells)) or {}
        return found

    def save(self, checkpoints: Sequence[Checkpoint], *, kept: bool) -> None:
        """Keep checkpoints; when this returns they are kept, or standard error says otherwise."""
        if self._at_home():
            self.home.save(checkpoints, kept=kept)
        else:
            self._answer("save", list(checkpoints), kept)

    def asked(self) -> float:
        """When it was last asked for that everything is saved, as seen a moment ago."""
        if self._at_home():
            return self.home.asked()
        if time.monotonic() >= self._next:
            self._asked = self._answer("asked") or 0.0
            self._next = time.monotonic() + ASK_SECONDS
        return self._asked

    def _at_home(self) -> bool:
        return bool(quiet_ray().get_runtime_context().get_node_id() == self.node)

    def _answer(self, what: str, *given: Any) -> Any:
        ray = quiet_ray()
        if self.actor is None:
            return None
        try:
            return ray.get(getattr(self.actor, what).remote(*given))
        except ray.exceptions.RayError as error:
            first = str(error).strip().partition("\n")[0]
            sys.stderr.write(f"checkpoints are out of reach from {os.uname().nodename}: {first}\n")
            return None
