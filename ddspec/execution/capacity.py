"""What a Ray cluster has, what each worker claims of it, and how many workers that makes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import attrs

from ddspec.errors import DdspecError
from ddspec.execution.options import Options
from ddspec.execution.profile import share_of_card

GRAIN: Final = 10_000  # Ray counts in ten-thousandths and rounds: three thirds must not exceed one
SHOWN: Final = 8  # nodes named in a message
NAMES: Final = {"CPU": "processor", "GPU": "graphics card", "memory": "byte of memory"}


@attrs.frozen
class Node:
    """A machine of a cluster: its resources by Ray's names (CPU, GPU, memory in bytes, others)."""

    name: str
    resources: Mapping[str, float]
    labels: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Resources:
    """The machines of a cluster."""

    nodes: tuple[Node, ...]

    @property
    def cpus(self) -> int:
        """Processors as Ray counts them."""
        return int(sum(node.resources.get("CPU", 0) for node in self.nodes))

    @property
    def gpus(self) -> int:
        """Graphics cards."""
        return int(sum(node.resources.get("GPU", 0) for node in self.nodes))

    @property
    def where(self) -> str:
        """What it is called: `this machine` or `3 nodes`."""
        return "this machine" if len(self.nodes) == 1 else f"{len(self.nodes)} nodes"


@attrs.frozen
class Share:
    """What each of some workers claims of one node.

    gpus: whole cards, or 1/k where k workers share one. memory: bytes. labels: of the nodes that
    may be used. Zero claims nothing.
    """

    workers: int
    gpus: float = 0.0
    cpus: int = 1
    memory: int = 0
    resources: Mapping[str, float] = attrs.field(factory=dict)
    labels: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """The torch device workers train on."""
        return "cuda" if self.gpus else "cpu"

    @property
    def on_a_card(self) -> int:
        """How many workers share a card; 1 for whole cards and without."""
        return share_of_card(self.gpus) if self.gpus else 1

    @property
    def bundle(self) -> dict[str, float]:
        """The claim in Ray's names. 1/k of a card is rounded down, so that k of them fit on it."""
        parts = self.on_a_card
        gpus = self.gpus if parts == 1 else GRAIN // parts / GRAIN
        claims = {"CPU": self.cpus, "GPU": gpus, "memory": self.memory, **self.resources}
        return {name: value for name, value in claims.items() if value}

    def on(self, node: Node) -> int:
        """How many workers a node has room for."""
        if any(node.labels.get(name) != value for name, value in self.labels.items()):
            return 0
        rooms = [node.resources.get(name, 0) / claim for name, claim in self.bundle.items()]
        if self.on_a_card > 1:
            rooms.append(int(node.resources.get("GPU", 0)) * self.on_a_card)
        return int(min(rooms) + 1e-6) if rooms else 0

    def of(self, nodes: Sequence[Node]) -> int:
        """How many workers some nodes have room for."""
        return sum(map(self.on, nodes))

    def __str__(self) -> str:
        return " and ".join(_amounts(self.bundle)) + _labels(self.labels)


def divide(have: Resources, options: Options, batches: int) -> tuple[Share, ...]:
    """The workers for so many batches: one share, and one more for workers beside the cards.

    As many workers as are asked for, by default as many as the cluster has room for: a processor
    each or, where there are any, a graphics card. More workers than cards share them, a whole
    number on each. Raises DdspecError when the cluster has no room for the workers that are asked
    for, and no autoscaler is asked for more: Ray would wait for ever without a word.
    """
    profile = options.profile
    growing = bool(profile.autoscale)
    asked = options.workers or profile.autoscale or None
    first = _claim(have, options, asked, batches)
    room = first.of(have.nodes)
    if not growing and (room == 0 or (asked or 0) > room):
        raise _infeasible(have, first, asked or 1, room)
    share = attrs.evolve(first, workers=max(min(asked or room, batches), 1))
    if not share.gpus or not profile.cpu_workers:
        return (share,)
    beside = attrs.evolve(share, gpus=0.0, workers=profile.cpu_workers)
    left = beside.of([*_without(have.nodes, share)])
    if not growing and left < beside.workers:
        raise _infeasible(have, beside, beside.workers, left, f" beside {share.workers} with cards")
    count = min(beside.workers, batches - share.workers)
    return (share, attrs.evolve(beside, workers=count)) if count > 0 else (share,)


def _claim(have: Resources, options: Options, asked: int | None, batches: int) -> Share:
    """What a worker claims; how many there are is not yet known."""
    profile = options.profile
    gpus = profile.gpus_per_worker
    if gpus is None:
        count = max(min(asked or have.gpus, batches), 1)
        gpus = 1 / math.ceil(count / have.gpus) if have.gpus else 0.0
    return Share(
        0, gpus, profile.cpus_per_worker, profile.memory_per_worker,
        profile.resources, profile.labels,
    )  # fmt: skip


def _without(nodes: Sequence[Node], share: Share) -> Iterator[Node]:
    """The nodes with what is left of them when a share's workers are placed, first come first."""
    left = share.workers
    for node in nodes:
        count = min(share.on(node), left)
        left -= count
        rest = {n: v - count * share.bundle.get(n, 0) for n, v in node.resources.items()}
        yield attrs.evolve(node, resources=rest)


def _infeasible(
    have: Resources, share: Share, asked: int, room: int, beside: str = ""
) -> DdspecError:
    many = "worker needs" if asked == 1 else "workers need"
    each = "" if asked == 1 else " each"
    fewer = (
        f"ask for fewer: {'--workers' if not beside else 'cpu_workers ='} {room}"
        if room
        else "ask for less in the profile: what a worker claims must lie on one node"
    )
    return DdspecError(
        f"{asked} {many} {share}{each}{beside}, and the Ray cluster has room for {room}",
        *(described(node) for node in have.nodes[:SHOWN]),
        *([f"and {len(have.nodes) - SHOWN} other nodes"] if have.nodes[SHOWN:] else []),
        fewer,
    )


def described(node: Node) -> str:
    """`node-3 has 16 processors, 2 graphics cards and 64 GB of memory`, without Ray's own marks."""
    own = ("object_store_memory", "node:", "accelerator_type:")
    kept = {n: v for n, v in node.resources.items() if v and not n.startswith(own)}
    return f"{node.name} has {' and '.join(_amounts(kept)) or 'nothing'}{_labels(node.labels)}"


def _labels(labels: Mapping[str, str]) -> str:
    """` with zone = a`, without the labels that Ray gives every node."""
    own = [f"{name} = {value}" for name, value in labels.items() if not name.startswith("ray.io/")]
    return f" with {', '.join(own)}" if own else ""


def _amounts(resources: Mapping[str, float]) -> Iterator[str]:
    order = [*(n for n in NAMES if n in resources), *sorted(resources.keys() - NAMES.keys())]
    for name in order:
        value = resources[name]
        if name == "memory":
            yield f"{value / 1e9:.3g} GB of memory"
        elif name in NAMES:
            yield f"{_figure(value)} {NAMES[name]}{'' if value <= 1 else 's'}"
        else:
            yield f"{_figure(value)} {name}"


def _figure(value: float) -> str:
    parts = round(1 / value)
    return (
        f"1/{parts}" if parts > 1 and math.isclose(value * parts, 1, rel_tol=0.01) else f"{value:g}"
    )
