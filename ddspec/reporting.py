"""A run folder to the page that answers for it.

Each stage is imported where it is called, so that this file loads no xarray and no matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.analysis.evidence import Evidence, Finding
    from ddspec.page.page import Page, Picture, Section
    from ddspec.page.verdicts import VerdictTable
    from ddspec.spec.model import Spec
    from ddspec.vocabulary.kinds import Report

QUESTION = (
    "Is risk monotone in width and samples, does that need tuning, and what does each"
    " regularizer contribute?"
)


def write_report(folder: Path, path: Path) -> Path:
    """Write the page of a run folder to `path`, replacing it at once.

    Raises DdspecError when the folder holds no dataset or the page cannot be written.
    """
    from ddspec.page.page import html
    from ddspec.results.files import replace

    text = html(page(folder))
    replace(path, lambda beside: beside.write_text(text, encoding="utf-8"), len(text))
    return path


def page(folder: Path) -> Page:
    """What there is to say of a run folder."""
    from ddspec.page.facts import failures, provenance, rerun
    from ddspec.page.highlight import pieces
    from ddspec.page.page import Page
    from ddspec.page.sources import sources
    from ddspec.results.files import open_all

    datasets = open_all(folder)
    first = next(iter(datasets.values()))
    spec = _spec(folder, first)
    experiments = {} if spec is None else {each.name: each for each in spec.experiments}
    words = {word: paper for each in experiments.values() for word, paper in sources(each)}
    order = [*(name for name in experiments if name in datasets), *datasets]
    return Page(
        title=Path(str(first.attrs.get("spec_path", folder.name))).stem.replace("_", " "),
        question=QUESTION,
        experiments=tuple(
            section(
                folder,
                name,
                datasets[name],
                experiments[name].reports if name in experiments else {},
            )
            for name in dict.fromkeys(order)
        ),
        spec=pieces(str(first.attrs.get("spec", ""))),
        provenance=provenance(first),
        sources=sorted(words.items()),
        rerun=rerun(first),
        failures=failures(folder),
    )


def section(folder: Path, name: str, dataset: xr.Dataset, reports: Mapping[str, Report]) -> Section:
    """What there is to say of one experiment: what its spec asks, then what every one is asked."""
    from ddspec.analysis.evidence import Evidence
    from ddspec.analysis.findings import find
    from ddspec.analysis.questions import questions
    from ddspec.page.facts import axes, counted
    from ddspec.page.page import Section, Told
    from ddspec.page.readings import readings
    from ddspec.publication import CANDIDATES
    from ddspec.results.files import open_one

    evidence = Evidence(dataset, open_one(folder / CANDIDATES / f"{name}.nc"))
    asked = {**reports, **questions(evidence, reports)}
    found = find(evidence, asked)
    told = (Told(n, each.title, each.lines, open=n in reports) for n, each in found.items())
    answers = ((each.title, each.lines[0]) for each in found.values() if each.data.data_vars)
    return Section(
        name=name,
        comment=str(dataset.attrs.get("comment", "")),
        counts=counted(dataset),
        answers=tuple(answers),
        tables=tuple(_tables(asked, found)),
        readings=readings(dataset),
        figures=tuple(_pictures(evidence)),
        findings=tuple(told),
        axes=axes(dataset),
    )


def _spec(folder: Path, dataset: xr.Dataset) -> Spec | None:
    """The spec as run; None where it cannot be read any more, say for want of a file it uses."""
    from ddspec import pipeline

    overrides = json.loads(str(dataset.attrs.get("spec_overrides", "{}")))
    try:
        return pipeline.load(str(folder / "spec.dd"), overrides)
    except DdspecError:
        return None


def _tables(asked: Mapping[str, Report], found: Mapping[str, Finding]) -> Iterator[VerdictTable]:
    from ddspec.page.verdicts import verdict_table
    from ddspec.vocabulary.reports.monotone import Monotone

    for name, word in asked.items():
        if isinstance(word, Monotone) and found[name].data.data_vars:
            yield verdict_table(found[name].data, found[name].title)


def _pictures(evidence: Evidence) -> Iterator[Picture]:
    """Every figure that the evidence allows."""
    from ddspec.figures.catalogue import FIGURES, OF_CANDIDATES, drawer
    from ddspec.page.page import picture

    for name, title in FIGURES.items():
        shown = evidence.candidates if name in OF_CANDIDATES else evidence.risk
        if shown is not None:
            try:
                drawn = drawer(name)(shown)
            except DdspecError:
                continue  # a figure of what this experiment does not have
            yield picture(title, drawn)
