"""Report words to findings: what a spec asks to be read off its finished dataset."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import xarray as xr

from ddspec.analysis.evidence import Evidence, Finding
from ddspec.errors import DdspecError
from ddspec.vocabulary.kinds import Report
from ddspec.vocabulary.word import package_of

SHOWN: Final = 40  # lines of one finding; its dataset has them all


def find(evidence: Evidence, reports: Mapping[str, Report]) -> dict[str, Finding]:
    """The findings that `reports` name, in their order.

    One that this evidence does not allow, say for want of seeds, says so and stops no other; so
    does one with a defect, since datasets of days of training are written with their findings.
    """
    return {name: _finding(evidence, report) for name, report in reports.items()}


def tell(name: str, title: str, lines: Sequence[str]) -> Iterator[str]:
    """A finding in lines: what was asked, then the answer."""
    yield f"{name}: {title}"
    for line in lines[:SHOWN]:
        yield f"  {line}"
    if len(lines) > SHOWN:
        yield f"  ... ({len(lines):,} lines in all)"


def _finding(evidence: Evidence, report: Report) -> Finding:
    owner = package_of(type(report))
    try:
        found = (_own if owner else _ours)(evidence, report)
    except DdspecError as error:
        return Finding(f"not found: {error}", xr.Dataset(), error.help)
    except Exception:  # noqa: BLE001 - a defect of ours, told in full
        ask = "" if owner else "; please report what follows"
        title = f"not found: a defect of {owner or 'ddspec'} in `{report.name()}`{ask}"
        return Finding(title, xr.Dataset(), tuple(traceback.format_exc().splitlines()))
    return found


def _ours(evidence: Evidence, report: Report) -> Finding:
    finder = importlib.import_module(f"ddspec.analysis.reports.{report.name()}")
    found: Finding = finder.find(evidence, report)
    return found


def _own(evidence: Evidence, report: Report) -> Finding:
    """The finding of a word of a plug-in, which gives sentences."""
    lines = tuple(map(str, report.find(evidence.risk, evidence.candidates)))
    title = inspect.cleandoc(type(report).__doc__ or report.name()).partition("\n")[0]
    return Finding(title, xr.Dataset(), lines)
