"""Sections to one HTML file that needs no network: the report of a run folder."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import attrs
import jinja2
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddspec.figures.sheets import paper, sheet_of
from ddspec.figures.style import SIZES
from ddspec.page.facts import AxisFact
from ddspec.page.verdicts import VerdictTable


@attrs.frozen
class Picture:
    """A figure as the page carries it: its caption, and the picture itself as a `data:` address.

    wide: made for the width of a page, not of a column.
    """

    title: str
    source: str
    wide: bool


@attrs.frozen
class Told:
    """A finding in words. open: whether its sentences show before they are asked for."""

    name: str
    title: str
    lines: tuple[str, ...]
    open: bool = False


@attrs.frozen(eq=False)
class Section:
    """What the page says of one experiment. answers: what was asked, and the answer in short."""

    name: str
    comment: str
    counts: str
    answers: tuple[tuple[str, str], ...]
    tables: tuple[VerdictTable, ...]
    readings: Mapping[str, Any]
    figures: tuple[Picture, ...]
    findings: tuple[Told, ...]
    axes: Sequence[AxisFact]


@attrs.frozen(eq=False)
class Page:
    """What the page says of a whole run.

    spec: pieces of its text with their classes. sources: words with the papers they come from.
    rerun: commands. failures: the log of failed cells.
    """

    title: str
    question: str
    experiments: tuple[Section, ...]
    spec: Sequence[tuple[str, str]]
    provenance: Sequence[tuple[str, str]]
    sources: Sequence[tuple[str, str]]
    rerun: Sequence[str]
    failures: str


def html(page: Page) -> str:
    """The page as one HTML document; whatever it shows is escaped, and it asks for nothing."""
    folder = files("ddspec.page")
    style, script, template = (
        (folder / f"page.{end}").read_text(encoding="utf-8") for end in ("css", "js", "html")
    )
    made = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(template)
    values = attrs.asdict(page, recurse=False)
    return made.render(**values, style=style, script=script)


def picture(title: str, drawn: Figure | Axes) -> Picture:
    """A figure as a picture of lines and letters inside the page."""
    figure = sheet_of(drawn) if isinstance(drawn, Axes) else drawn
    data = io.BytesIO()
    with paper(), mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "ddspec"}):
        figure.savefig(data, format="svg", metadata={"Date": None})
    text = base64.b64encode(data.getvalue()).decode("ascii")
    return Picture(
        title, f"data:image/svg+xml;base64,{text}", figure.get_figwidth() > SIZES["column"]
    )
