"""Inlay hints: points of axes and of grids, and how many parameters architectures train."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from lsprotocol.types import InlayHint, InlayHintKind

from ddspec.language.tree import Axis, Block, Setting, walk
from ddspec.server.positions import Places
from ddspec.server.project import Project
from ddspec.spec.axis_checks import TIMES
from ddspec.spec.model import Experiment
from ddspec.vocabulary.kinds import Architecture, Regularizer, Shape

MOST_COUNTED = 2_000  # networks whose parameters are counted for one hint
BUILT = ("low_rank",)  # counted by building them, which loads torch
OWN = Architecture.__module__.rpartition(".")[0]  # words of other packages may run anything

Sized = tuple[Architecture, Shape, int, tuple[Regularizer, ...]]


def hints(project: Project, path: str, start: int, end: int) -> list[InlayHint]:
    """The hints of a document that has no errors, between two offsets."""
    spec = project.checked(path).spec
    if spec is None:
        return []
    places = project.places(path)
    blocks = {
        each.name.text: each
        for each in project.tree(path).statements
        if isinstance(each, Block) and each.name is not None and each.kind.text == "experiment"
    }
    found = (
        (offset, text)
        for experiment in spec.experiments
        if experiment.name in blocks
        for offset, text in _of_experiment(places, blocks[experiment.name], experiment)
        if start <= offset <= end
    )
    return [
        InlayHint(places.position(offset), text, kind=InlayHintKind.Type, padding_left=True)
        for offset, text in found
    ]


def _of_experiment(
    places: Places, block: Block, experiment: Experiment
) -> Iterator[tuple[int, str]]:
    brace = places.text.find("{", block.kind.span.end)
    yield brace + 1, f"{experiment.size:,} grid points"
    sizes = {axis.spelling: len(axis) for axis in experiment.axes}
    times = len(experiment.trajectory.points)
    for part in walk(block.body):
        if isinstance(part, Axis):
            count = sizes.get(part.name.text, times if part.name.text in TIMES else None)
            if count is not None:
                yield part.span.end, f"{count:,} point{'s' * (count != 1)}"
    for statement in block.body:
        if isinstance(statement, Setting) and statement.name.text == "architecture":
            counts = counted(experiment)
            if counts:
                low, high = min(counts), max(counts)
                numbers = f"{low:,}" if low == high else f"{low:,} to {high:,}"
                yield statement.span.end, f"{numbers} parameters"


def counted(experiment: Experiment) -> set[int]:
    """The numbers of trained parameters of an experiment's networks.

    Empty for too many, and for those that must be built to be counted.
    """
    shapes = {(d.shape, d.outputs) for d in experiment.dataset.values if d is not None}
    networks = {a for a in experiment.architecture.values if a is not None}
    if not all(map(_light, networks)):
        return set()
    adding = _layers(experiment)
    if len(shapes) * len(networks) * len(adding) > MOST_COUNTED:
        return set()
    return {
        network.parameters(shape, outputs, terms)
        for network in networks
        for shape, outputs in shapes
        for terms in adding
    }


def _light(network: Architecture) -> bool:
    """Whether arithmetic alone gives the number of parameters of a network."""
    values = attrs.astuple(network, recurse=False)  # type: ignore[arg-type]
    nested = [part for part in values if isinstance(part, Architecture)]
    own = type(network).__module__.startswith(OWN)
    return own and network.name() not in BUILT and all(map(_light, nested))


def _layers(experiment: Experiment) -> list[tuple[Regularizer, ...]]:
    """One composition for each set of words: strengths change no number of parameters."""
    found = {
        tuple((term.name(), term.place) for term in terms): terms
        for terms in experiment.regularizer.values
        if terms is not None
    }
    return list(found.values()) or [()]
