"""What a run left behind, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from ddspec.markup import folded, lines, table

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.results.failures import Failure

SHOWN: Final = 5  # causes of failure, and failed cells, that are named


@attrs.frozen(eq=False)
class Outcome:
    """What a run left behind.

    `datasets`, `files`, `figures` and `findings` (lines of text, from `report`) by experiment;
    `counts` of cells by status over all experiments; `failures`: the failed cells by id; `trained`:
    cells of this run; `ended`: why it ended early, `3 cells failed`, empty when it did not.
    """

    folder: Path
    datasets: Mapping[str, xr.Dataset]
    files: Mapping[str, Path]
    figures: Mapping[str, Path]
    findings: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
    failures: Mapping[str, Failure]
    trained: int
    ended: str = ""

    def __repr__(self) -> str:
        return f"<Outcome of {self.folder}: {counted(self)}>"

    def _repr_html_(self) -> str:
        """The counts, failures, findings and files, for a notebook."""
        parts = [lines([f"{counted(self)}, in {self.folder}"])]
        if self.failures:
            failed = list(self.failures.values())
            rows = [(each.short, each.cause, each.settings, each.seed) for each in failed[:SHOWN]]
            more = [f"and {len(failed) - SHOWN:,} other cells"] if failed[SHOWN:] else []
            log = f"tracebacks: {self.folder / 'failures.log'}"
            parts += [table(("failed", "cause", "settings", "seed"), rows), lines([*more, log])]
        parts += [
            folded(f"findings of {name}", lines(texts), open=True)
            for name, texts in self.findings.items()
            if texts
        ]
        files = [(name, file, self.figures.get(name, "")) for name, file in self.files.items()]
        return "".join([*parts, table(("experiment", "dataset", "figure"), files)])


def counted(outcome: Outcome) -> str:
    """`9 cells: 8 done, 1 failed (3 trained now)`."""
    counts = ", ".join(f"{count:,} {status}" for status, count in outcome.counts.items() if count)
    return f"{sum(outcome.counts.values()):,} cells: {counts} ({outcome.trained:,} trained now)"


def summary(outcome: Outcome) -> Iterator[str]:
    """The counts, failures by cause, and where the datasets and figures are."""
    from ddspec.execution.advance import by_cause

    yield counted(outcome)
    causes = by_cause(each.error for each in outcome.failures.values())
    for reason, count in causes[:SHOWN]:
        yield f"  failed {count:,} x {reason}"
    if causes[SHOWN:]:
        yield f"  and {len(causes) - SHOWN} other causes"
    if outcome.failures:
        yield from _failed(outcome)
    for texts in outcome.findings.values():
        yield from texts
    for name, file in outcome.files.items():
        yield f"dataset  {file}"
        if name in outcome.figures:
            yield f"figure   {outcome.figures[name]}"
    first = next(iter(outcome.files.values()), "<dataset>")
    yield f'open     ddspec.open("{outcome.folder}") or xarray.open_dataset("{first}")'


def _failed(outcome: Outcome) -> Iterator[str]:
    """The failed cells, how to run one by itself, and what helps where memory ran out."""
    failures = list(outcome.failures.values())
    for each in failures[:SHOWN]:
        yield f"  {each.short}  {each.cause:9}  {each.settings}  ({each.seed})"
    if len(failures) > SHOWN:
        yield f"  and {len(failures) - SHOWN:,} other cells"
    if any(each.cause == "oom" for each in failures):
        yield "  out of memory: train fewer at once (--workers), or on a larger machine or card"
    yield f"  one alone: {failures[0].repro(outcome.folder)}"
    yield f"  tracebacks: {outcome.folder / 'failures.log'}"
