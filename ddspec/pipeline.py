"""The table of contents: a spec in; cells, records, datasets and figures out.

    source -> check -> Spec -> expand -> Plan -> foresee -> Outlook -> group -> split -> Batch
           -> execute -> Record -> store -> assemble -> Dataset -> file, figure

Each stage is imported where it is called, so that checking a spec loads no torch, ray or xarray.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ddspec.errors import DdspecError, Diagnostic, SpecError
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.execution.advance import Advance
    from ddspec.execution.events import Event
    from ddspec.plan.batch import Batch
    from ddspec.plan.grouping import Reading
    from ddspec.plan.machine import Machine
    from ddspec.plan.outlook import Outlook
    from ddspec.plan.plan import Plan
    from ddspec.plan.ways import Step
    from ddspec.results.heartbeat import Heart
    from ddspec.results.rounds import Round
    from ddspec.results.store import Store

NO_OVERRIDES: Mapping[str, str] = {}
REFRESH_SECONDS = 60.0  # at least, between two replacements of the datasets
REFRESH_SHARE = 0.02  # at most, of the time of a run


@attrs.frozen(eq=False)
class Outcome:
    """What a run left behind.

    `datasets`, `files`, `figures` and `findings` (lines of text, from `report`) by experiment;
    `counts` of cells by status over all experiments; `failures`: the error of each failed cell by
    id; `trained`: cells of this run.
    """

    folder: Path
    datasets: Mapping[str, xr.Dataset]
    files: Mapping[str, Path]
    figures: Mapping[str, Path]
    findings: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
    failures: Mapping[str, str]
    trained: int


def check(
    path: str, overrides: Mapping[str, str] = NO_OVERRIDES
) -> tuple[Spec | None, tuple[Diagnostic, ...], dict[str, str]]:
    """All problems of a spec file: the checked spec (None with errors), diagnostics, sources.

    `overrides` replace axes and lets by name (`--set`). Raises DdspecError when the file cannot be
    read; nothing is executed or trained.
    """
    from ddspec.spec.check import check as check_text

    return check_text(_read(path), path, overrides=overrides)


def load(path: str, overrides: Mapping[str, str] = NO_OVERRIDES) -> Spec:
    """The checked spec of a file. Raises SpecError, with every diagnostic, when it has errors."""
    from ddspec.language.render import render

    spec, diagnostics, sources = check(path, overrides)
    if spec is None:
        texts = [render(problem, sources) for problem in diagnostics]
        raise SpecError("\n\n".join([f"{path} has errors", *texts]), diagnostics, sources)
    return spec


def plan(
    spec: Spec,
    folder: Path | None = None,
    experiment: str | None = None,
    *,
    workers: int | None = None,
    step: Step = "auto",
) -> tuple[Outlook, ...]:
    """What running the spec here would train, by experiment, given what `folder` holds already."""
    from ddspec.plan.machine import here
    from ddspec.results.rounds import next_rounds
    from ddspec.results.store import open_store

    plans, machine = expand_all(spec, experiment), here(workers)
    if folder is None or not (folder / "cells.sqlite").exists():
        return foresee_all(next_rounds(plans, None), None, machine, step)
    with open_store(folder, readonly=True) as store:
        return foresee_all(next_rounds(plans, store), store, machine, step)


def run(
    path: str,
    out: str | Path | None = None,
    *,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    experiment: str | None = None,
    step: Step = "auto",
    on_outlook: Callable[[Sequence[Outlook]], None] = lambda _: None,
    on_event: Callable[[Event], None] = lambda _: None,
    advance: Advance | None = None,
    **options: Any,
) -> Outcome:
    """Train what is missing of a spec's grid and leave one dataset and figure an experiment.

    out: the run directory, `runs/<spec>` by default. step: how training steps are taken, chosen for
    each shape unless said. options: `data`, `local`, `address`, `workers`, `retries` and the other
    fields of `ddspec.execution.options.Options`; `data` is by default the environment's
    DDSPEC_DATA. advance: what to count the run in, for who wants to look. Records are committed as
    batches finish; datasets and figures are replaced atomically about once a minute and at the end,
    also when the run is interrupted or fails. Where candidates are tuned in rounds `on_outlook` is
    called before each.
    Raises SpecError for a spec with errors and DdspecError for an unusable folder or cluster.
    """
    from ddspec.execution.advance import Advance
    from ddspec.execution.execute import execute
    from ddspec.execution.options import Options
    from ddspec.plan.machine import here
    from ddspec.results.heartbeat import beating
    from ddspec.results.rounds import rounds
    from ddspec.results.store import open_store

    spec = load(path, overrides)
    folder = Path(out) if out is not None else default_folder(path)
    how = Options(**{"data": os.environ.get("DDSPEC_DATA"), **_given(options)})
    plans, machine = expand_all(spec, experiment), here(how.workers, local=how.local)
    advance = Advance() if advance is None else advance
    with open_store(folder) as store, beating(folder, advance) as heart:
        keep_spec(spec, folder)
        refresh, trained = partial(_refresh, plans, store, spec, folder, heart), 0
        try:
            for now in rounds(plans, store):
                outlooks = foresee_all(now, store, machine, step)
                advance.begin(outlooks)
                on_outlook(outlooks)
                scale = max(outlook.scale for outlook in outlooks)
                cut = partial(cut_for, machine, step, scale)
                events = execute(groups_of(outlooks, store), how, cut=cut)
                trained += _keep(events, store, refresh, (advance.see, heart.see, on_event))
        finally:
            datasets, figures = refresh()
        return _outcome(folder, datasets, figures, store, plans, trained)


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given a value."""
    return {name: value for name, value in options.items() if value is not None}


def _refresh(
    plans: Sequence[Plan], store: Store, spec: Spec, folder: Path, heart: Heart
) -> tuple[Mapping[str, xr.Dataset], Mapping[str, Path]]:
    """Replace the datasets and figures by those of what is stored now."""
    from ddspec.publication import draw_all, publish

    datasets = publish(plans, store, spec, folder)
    figures = draw_all(datasets, folder)
    heart.refreshed()
    return datasets, figures


def _keep(
    events: Generator[Event, None, None],
    store: Store,
    refresh: Callable[[], object],
    tell: Sequence[Callable[[Event], object]],
) -> int:
    """Commit the records of every event, refresh the datasets now and then; how many came."""
    from ddspec.execution.events import Finished

    trained, due = 0, time.monotonic() + REFRESH_SECONDS
    with closing(events):
        for event in events:
            if isinstance(event, Finished):
                store.write(event.records)
                trained += len(event.records)
            for listener in tell:
                listener(event)
            if (began := time.monotonic()) > due:
                refresh()
                took = time.monotonic() - began
                due = began + took + max(REFRESH_SECONDS, took / REFRESH_SHARE)
    return trained


def expand_all(spec: Spec, experiment: str | None = None) -> tuple[Plan, ...]:
    """The plan of every experiment of a spec, or of the one named."""
    from ddspec.plan.expand import expand

    names = [each.name for each in spec.experiments]
    if experiment is not None and experiment not in names:
        raise DdspecError(
            f"{spec.path} has no experiment `{experiment}`",
            f"its experiments are {', '.join(f'`{name}`' for name in names)}",
        )
    chosen = [each for each in spec.experiments if experiment in (None, each.name)]
    if not chosen:
        raise DdspecError(
            f"{spec.path} declares no experiment", "add an `experiment name { ... }` block"
        )
    return tuple(expand(each) for each in chosen)


def foresee_all(
    now: Sequence[Round], store: Store | None, machine: Machine, step: Step = "auto"
) -> tuple[Outlook, ...]:
    """The outlook of every experiment's round on a machine, given what the store holds."""
    from ddspec.plan.estimate import with_estimates
    from ddspec.plan.foresee import foresee
    from ddspec.results.rounds import at_most, every_cell

    wanted = set().union(*(every_cell(each.whole) for each in now))
    held = {} if store is None else store.held(wanted)
    seconds = {cell: each.seconds for cell, each in held.items()}
    orphaned = 0 if store is None else len(store) - len(held)
    outlooks = [
        attrs.evolve(
            foresee(each.plan, held, orphaned),
            round=each.number,
            most=at_most(each.whole),
            shares=each.whole.shares,
        )
        for each in now
    ]
    return with_estimates(outlooks, seconds, machine, step)


def groups_of(outlooks: Sequence[Outlook], store: Store) -> tuple[Batch, ...]:
    """The pending cells of all experiments, each once, with every reading any of them needs."""
    from ddspec.plan.grouping import group
    from ddspec.plan.readings import readings_of

    readings: dict[str, Reading] = readings_of(outlooks, store.held)
    cells = {
        outlook.plan.ids[number]: (outlook.plan, number)
        for outlook in outlooks
        for number in outlook.pending.tolist()
    }
    return group((plan.cell(number) for plan, number in cells.values()), readings)


def cut_for(
    machine: Machine, step: Step, scale: float, groups: Sequence[Batch], device: str, workers: int
) -> tuple[Batch, ...]:
    """Groups in batches for the workers that a cluster turned out to have."""
    from ddspec.plan.splitting import split

    return split(groups, attrs.evolve(machine, device=device, workers=workers), step, scale)


def open(folder: str | Path) -> xr.Dataset | dict[str, xr.Dataset]:  # noqa: A001 - ddspec.open
    """The dataset of a run directory, lazily; a dict of them by experiment when it has several."""
    from ddspec.results.files import open_dataset

    return open_dataset(Path(folder))


def candidates(folder: str | Path) -> xr.Dataset | dict[str, xr.Dataset]:
    """The risks of every candidate of a run directory's tuned experiments, as `open` gives them."""
    from ddspec.publication import CANDIDATES
    from ddspec.results.files import open_dataset

    tried = Path(folder) / CANDIDATES
    if not any(tried.glob("*.nc")):
        raise DdspecError(
            f"{folder} holds no candidates",
            "they are kept where an experiment tunes a number: l2(tune(...))",
        )
    return open_dataset(tried)


def default_folder(path: str) -> Path:
    """Where a spec's results go when nothing else is said: `runs/<name of the file>`."""
    return Path("runs") / Path(path).stem


def keep_spec(spec: Spec, folder: Path) -> None:
    """Leave the spec as run in the run directory, with its overrides as comments."""
    overrides = "".join(f"# --set {name}={value}\n" for name, value in spec.overrides.items())
    (folder / "spec.dd").write_text(spec.text + overrides, encoding="utf-8")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DdspecError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise DdspecError(f"cannot read {path}: {error.strerror}") from None


def _outcome(
    folder: Path,
    datasets: Mapping[str, xr.Dataset],
    figures: Mapping[str, Path],
    store: Store,
    plans: Sequence[Plan],
    trained: int,
) -> Outcome:
    from ddspec.publication import told
    from ddspec.results.rounds import stages

    wanted = {cell for plan in plans for stage in stages(plan, store) for cell in stage.ids}
    counts = Counter(store.statuses(wanted).values())
    counts["missing"] = len(wanted) - counts.total()
    failures = store.failures(wanted) if counts["failed"] else {}
    keep_failures(failures, folder)
    files = {name: folder / f"{name}.nc" for name in datasets}
    findings = {name: told(each) for name, each in datasets.items()}
    return Outcome(folder, datasets, files, figures, findings, dict(counts), failures, trained)


def keep_failures(failures: Mapping[str, str], folder: Path) -> None:
    """Leave the tracebacks of failed cells in `failures.log`; no failures leave no file."""
    log = folder / "failures.log"
    if failures:
        text = "\n".join(f"--- {cell}\n{error}" for cell, error in failures.items())
        log.write_text(text, encoding="utf-8")
    else:
        log.unlink(missing_ok=True)
