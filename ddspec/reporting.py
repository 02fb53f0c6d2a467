"""A run folder to the page that answers for it.

Each stage is imported where it is called, so that this file loads no xarray and no matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ddspec.errors import DdspecError

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.analysis.evidence import Evidence, Finding
    from ddspec.page.page import Page, Picture, Section, Told
    from ddspec.page.verdicts import VerdictTable
    from ddspec.spec.model import Spec
    from ddspec.vocabulary.kinds import Report
    from ddspec.vocabulary.reports.monotone import Monotone

QUESTION = (
    "Is risk monotone in width and samples, does that need tuning, and what does each"
    " regularizer contribute?"
)
ANSWERS = 8  # sentences before the tables


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
    text, spec = str(first.attrs.get("spec", "")), _spec(folder)
    experiments = () if spec is None else spec.experiments
    words = {word: source for each in experiments for word, source in sources(each)}
    return Page(
        title=Path(str(first.attrs.get("spec_path", folder.name))).stem.replace("_", " "),
        question=QUESTION,
        experiments=tuple(section(folder, name, each) for name, each in datasets.items()),
        spec=pieces(text),
        provenance=provenance(first),
        sources=sorted(words.items()),
        rerun=rerun(first),
        failures=failures(folder),
    )


def section(folder: Path, name: str, dataset: xr.Dataset) -> Section:
    """What there is to say of one experiment: what its spec asked, and what every one is asked."""
    from ddspec.analysis.evidence import Evidence
    from ddspec.analysis.findings import find
    from ddspec.analysis.questions import questions
    from ddspec.page.facts import axes, counted
    from ddspec.page.page import Section
    from ddspec.page.readings import readings
    from ddspec.page.verdicts import amount
    from ddspec.publication import CANDIDATES
    from ddspec.results.files import open_one

    evidence = Evidence(dataset, open_one(folder / CANDIDATES / f"{name}.nc"))
    asked = questions(evidence)
    found = find(evidence, asked)
    own = json.loads(str(dataset.attrs.get("findings", "{}")))
    return Section(
        name=name,
        comment=str(dataset.attrs.get("comment", "")),
        counts=counted(dataset),
        answers=_answers(own, found),
        tables=_tables(asked, found),
        delta=next((amount(word.delta, word.of) for word in _monotone(asked).values()), ""),
        readings=readings(dataset),
        figures=_pictures(evidence),
        findings=_told(own, found),
        axes=axes(dataset),
    )


def _spec(folder: Path) -> Spec | None:
    """The spec as run; None where it cannot be read any more, say for want of a file it uses."""
    from ddspec import pipeline

    try:
        return pipeline.load(str(folder / "spec.dd"))
    except DdspecError:
        return None


def _answers(
    own: Mapping[str, Mapping[str, Sequence[str]]], found: Mapping[str, Finding]
) -> tuple[str, ...]:
    """The first sentence of every finding, what the spec asked for first."""
    first = [each["lines"][0] for each in own.values() if each["lines"]]
    rest = [each.lines[0] for each in found.values() if each.lines and each.data.data_vars]
    return tuple(dict.fromkeys([*first, *rest]))[:ANSWERS]


def _tables(asked: Mapping[str, Report], found: Mapping[str, Finding]) -> tuple[VerdictTable, ...]:
    from ddspec.page.verdicts import verdict_table

    return tuple(
        verdict_table(found[name].data, word.of, word.along)
        for name, word in _monotone(asked).items()
        if found[name].data.data_vars
    )


def _monotone(asked: Mapping[str, Report]) -> dict[str, Monotone]:
    from ddspec.vocabulary.reports.monotone import Monotone

    return {name: word for name, word in asked.items() if isinstance(word, Monotone)}


def _pictures(evidence: Evidence) -> tuple[Picture, ...]:
    """Every figure that the evidence allows."""
    from ddspec.figures.risk import figure_of
    from ddspec.page.page import picture

    return (picture("Risk", figure_of(evidence.risk)),)


def _told(
    own: Mapping[str, Mapping[str, Sequence[str]]], found: Mapping[str, Finding]
) -> tuple[Told, ...]:
    from ddspec.page.page import Told

    asked = [
        Told(name, str(each["title"]), tuple(each["lines"]), open=True)
        for name, each in own.items()
    ]
    return (*asked, *(Told(name, each.title, each.lines) for name, each in found.items()))
