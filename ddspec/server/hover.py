"""Hover: what the name under the pointer is."""

from __future__ import annotations

from lsprotocol.types import Hover, MarkupContent, MarkupKind

from ddspec.server.explaining import argument_text, fenced, form_page, word_page
from ddspec.server.project import Project
from ddspec.server.sites import Site
from ddspec.spec.model import Axis, Experiment

MOST_LINES = 12  # of a declaration that is shown


def hover(project: Project, path: str, offset: int) -> Hover | None:
    """The page about the name at an offset; None where there is none."""
    site = project.index.at(path, offset)
    text = None if site is None else page(project, path, site)
    if site is None or text is None:
        return None
    content = MarkupContent(MarkupKind.Markdown, text)
    return Hover(content, project.places(path).range(site.span))


def page(project: Project, path: str, site: Site) -> str | None:
    """What is said of a site, in Markdown."""
    if site.sort == "word" and site.word is not None:
        return word_page(site.word)
    if site.parameter is not None and site.parameter.name:
        of = "" if site.word is None else f"\n\nof `{site.word.name()}`"
        return argument_text(site.parameter, site.word) + of
    if site.sort in ("form", "kind"):
        return form_page(site.text)
    if site.sort == "choice" and site.taken.parameter is not None:
        return argument_text(site.taken.parameter)
    definitions = project.index.definitions(site)
    shown = [_defined(project, each) for each in definitions]
    axes = [f"- {each}" for each in _axes(project, path, site.text)] if site.sort == "axis" else []
    return "\n\n".join([*dict.fromkeys(shown), "\n".join(axes)]).strip() or None


def _defined(project: Project, site: Site) -> str:
    """The lines of a definition, with the comment above it and the file it lies in."""
    places = project.places(site.span.source)
    whole = _whole(project, site)
    first, last = places.position(whole[0]).line, places.position(whole[1]).line
    start = first
    while start > 0 and places.source.line(start).lstrip().startswith("#"):
        start -= 1
    numbers = range(start + 1, min(last, start + MOST_LINES - 1) + 2)
    lines = [places.source.line(number) for number in numbers]
    more = ["  ..."] if last >= start + MOST_LINES else []
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return fenced("\n".join([*(line[indent:] for line in lines), *more]))


def _whole(project: Project, site: Site) -> tuple[int, int]:
    """The offsets of what a definition says: a declaration, or the line of an axis or a file."""
    space = project.index.spaces[site.span.source]
    for owner in space.own:
        if owner.site is site:
            return owner.whole.start, owner.whole.end
    return site.span.start, site.span.start


def _axes(project: Project, path: str, name: str) -> list[str]:
    """How many points the axis of a name has in each experiment of a checked file."""
    spec = project.checked(path).spec
    experiments = () if spec is None else spec.experiments
    return [
        f"{len(axis)} points in `{experiment.name}`: {ends(axis)}"
        for experiment in experiments
        if (axis := _axis(experiment, name)) is not None
    ]


def _axis(experiment: Experiment, name: str) -> Axis | None:
    return next((axis for axis in experiment.axes if axis.spelling == name), None)


def ends(axis: Axis) -> str:
    """The labels of an axis, those in the middle left out where there are many."""
    labels = [f"{label:g}" if isinstance(label, float) else str(label) for label in axis.labels]
    few = labels if len(labels) < MOST_LINES else [*labels[:4], "...", *labels[-2:]]
    return ", ".join(few) + (f" {axis.unit}" if axis.unit else "")
