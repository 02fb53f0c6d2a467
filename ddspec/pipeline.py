"""The table of contents: a spec in; cells, records, datasets and figures out.

    source -> check -> Spec -> expand -> Plan -> foresee -> Outlook -> group -> split -> Batch
           -> execute -> Record -> store -> assemble -> Dataset -> file, figure

Each stage is imported where it is called, so that checking a spec loads no torch, ray or xarray.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ddspec.errors import DdspecError, Diagnostic, SpecError
from ddspec.outcome import Outcome
from ddspec.spec.model import Spec

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.execution.advance import Advance
    from ddspec.execution.ending import Ending
    from ddspec.execution.events import Event
    from ddspec.execution.options import Options
    from ddspec.plan.batch import Batch
    from ddspec.plan.machine import Machine
    from ddspec.plan.outlook import Outlook
    from ddspec.plan.plan import Plan
    from ddspec.plan.ways import Step
    from ddspec.results.checkpoints import Folder
    from ddspec.results.heartbeat import Heart
    from ddspec.results.store import Store

NO_OVERRIDES: Mapping[str, str] = {}


def check(
    path: str,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    plugins: Sequence[str] = (),
    text: str | None = None,
) -> tuple[Spec | None, tuple[Diagnostic, ...], dict[str, str]]:
    """All problems of a spec file: the checked spec (None with errors), diagnostics, sources.

    `overrides` replace axes and lets by name (`--set`); `plugins` are loaded first, see
    `ddspec.vocabulary.plugins`. text: of a spec that is in no file; `path` is then its name alone.
    Raises DdspecError when the file cannot be read, or a plug-in cannot be loaded; nothing else is
    executed, nothing is trained.
    """
    from ddspec.spec.check import check as check_text
    from ddspec.vocabulary.plugins import load as load_plugins

    load_plugins(plugins)
    return check_text(_read(path) if text is None else text, path, overrides=overrides)


def load(
    path: str,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    plugins: Sequence[str] = (),
    text: str | None = None,
) -> Spec:
    """The checked spec of a file, or of `text`, as `check` takes them.

    Raises SpecError, with every diagnostic, when it has errors.
    """
    from ddspec.language.render import render

    spec, diagnostics, sources = check(path, overrides, plugins, text)
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
    reuse: Sequence[Path] = (),
) -> tuple[Outlook, ...]:
    """What running the spec here would train, by experiment, given what `folder` holds already and
    what would be carried over from the run folders `reuse`.
    """
    from ddspec.plan.machine import here
    from ddspec.plan.room import check_room
    from ddspec.results.reuse import checked
    from ddspec.results.rounds import next_rounds
    from ddspec.results.store import open_store
    from ddspec.resuming import resumed
    from ddspec.upkeep import foresee_all, trains

    plans, machine = expand_all(spec, experiment), here(workers)
    check_room(plans, here=False)
    others = checked(reuse, folder)
    if folder is None or not (folder / "cells.sqlite").exists():
        return foresee_all(next_rounds(plans, None), None, machine, step, others)
    with open_store(folder, readonly=True) as store:
        now = next_rounds(plans, store, partial(trains, store))
        outlooks = foresee_all(now, store, machine, step, others)
        return resumed(outlooks, store, folder, step)[0]


def run(
    path: str,
    out: str | Path | None = None,
    *,
    overrides: Mapping[str, str] = NO_OVERRIDES,
    plugins: Sequence[str] = (),
    text: str | None = None,
    experiment: str | None = None,
    step: Step = "auto",
    on_outlook: Callable[[Sequence[Outlook]], None] = lambda _: None,
    on_event: Callable[[Event], None] = lambda _: None,
    advance: Advance | None = None,
    **options: Any,
) -> Outcome:
    """Train what is missing of a spec's grid and leave one dataset and figure an experiment.

    out: by default `runs/<spec>`. text: as for `check`. step: how training steps are taken, `auto`:
    as each shape likes. options: the fields of `ddspec.execution.options.Options`, of `profile` the
    file; `data` is by default $DDSPEC_DATA. advance: counts the run. Records are committed as
    batches finish; datasets and figures are replaced atomically about once a minute and at the end,
    whatever ends it. `on_outlook` is called before each round of candidates.
    Raises SpecError for a spec with errors and DdspecError for an unusable folder or cluster.
    """
    from ddspec.execution.advance import Advance
    from ddspec.execution.ending import listening
    from ddspec.execution.options import options_of
    from ddspec.results.heartbeat import beating
    from ddspec.results.reuse import checked
    from ddspec.results.rounds import rounds
    from ddspec.results.store import open_store
    from ddspec.resuming import asking, forget, resumed
    from ddspec.running import keep
    from ddspec.upkeep import carry, foresee_all, origins

    spec = load(path, overrides, plugins, text)
    folder = Path(out) if out is not None else default_folder(path)
    how = options_of({**options, "data": options.get("data") or os.environ.get("DDSPEC_DATA")})
    plans, machine = _planned(spec, experiment, how)
    advance, others = Advance() if advance is None else advance, checked(how.reuse, folder)
    ending = asking(folder, note := partial(_note, on_event), how)
    with open_store(folder) as store, listening(ending), beating(folder, advance) as heart:
        keep_spec(spec, folder)
        refresh, trained = partial(_refresh, plans, store, spec, folder, heart), 0
        tell = (forget(folder), advance.see, heart.see, on_event)
        note(store.notice)
        with ending.followed_by(refresh):
            for now in rounds(plans, store):
                carry(now, store, others, tell)
                outlooks = foresee_all(now, store, machine, step, retry=how.retry)
                outlooks, keeper = resumed(outlooks, store, folder, step, note)
                advance.begin(outlooks)
                on_outlook(outlooks)
                events = _events(outlooks, store, machine, step, how, ending, keeper)
                about = origins(outlooks)
                trained += keep(events, store, refresh, tell, ending, how.patience, about)
                if ending.asked:
                    break
        datasets, figures = refresh()
        ending.conclude()
        return _outcome(folder, datasets, figures, store, plans, trained, ending.asked)


def _planned(spec: Spec, experiment: str | None, how: Options) -> tuple[tuple[Plan, ...], Machine]:
    """What is to be trained, and where; no cell of it is too large for any memory."""
    from ddspec.plan.machine import here
    from ddspec.plan.room import check_room

    plans = expand_all(spec, experiment)
    check_room(plans, here=how.local)
    return plans, here(how.workers, local=how.local)


def _events(
    outlooks: Sequence[Outlook],
    store: Store,
    machine: Machine,
    step: Step,
    how: Options,
    ending: Ending,
    keeper: Folder,
) -> Generator[Event, None, None]:
    """Train what is pending."""
    from ddspec.execution.execute import execute
    from ddspec.resuming import sweep
    from ddspec.upkeep import groups_of

    sweep(keeper, store, outlooks)
    cut = partial(cut_for, machine, step, max(outlook.scale for outlook in outlooks))
    return execute(groups_of(outlooks, store), how, cut=cut, ending=ending, keeper=keeper)


def _note(on_event: Callable[[Event], None], line: str) -> None:
    from ddspec.execution.events import Noted

    if line:
        on_event(Noted(line))


def _refresh(
    plans: Sequence[Plan], store: Store, spec: Spec, folder: Path, heart: Heart
) -> tuple[Mapping[str, xr.Dataset], Mapping[str, Path]]:
    """Replace the datasets, the figures and the log of failures by those of what is stored now."""
    from ddspec.publication import draw_all, publish
    from ddspec.results.failures import failures_of, keep_failures

    keep_failures(failures_of(_walked(plans, store), store).values(), folder)
    datasets = publish(plans, store, spec, folder)
    figures = draw_all(datasets, folder)
    heart.refreshed()
    return datasets, figures


def _walked(plans: Sequence[Plan], store: Store) -> list[Plan]:
    """The stages of every plan, as far as they are known."""
    from ddspec.results.rounds import stages

    return [stage for plan in plans for stage in stages(plan, store)]


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
    """Leave the spec as run in the run directory, with its overrides as comments.

    Raises DdspecError when it cannot be written.
    """
    overrides = "".join(f"# --set {name}={value}\n" for name, value in spec.overrides.items())
    try:
        (folder / "spec.dd").write_text(spec.text + overrides, encoding="utf-8")
    except OSError as error:
        raise DdspecError(
            f"cannot write {folder / 'spec.dd'}: {error.strerror}",
            "free some space or check the folder, then run again: finished cells are kept",
        ) from error


def _read(path: str) -> str:
    from ddspec.spec.reading import RefusedError, read_text

    try:
        return read_text(path)
    except RefusedError as why:
        raise DdspecError(
            f"{path} {why}: that is no spec", "name its parts in files of their own, and `use` them"
        ) from None
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
    ended: str,
) -> Outcome:
    from ddspec.publication import told
    from ddspec.results.failures import failures_of

    walked = _walked(plans, store)
    wanted = {cell for stage in walked for cell in stage.ids}
    counts = Counter(store.statuses(wanted).values())
    counts["missing"] = len(wanted) - counts.total()
    failures = failures_of(walked, store) if counts["failed"] else {}
    files = {name: folder / f"{name}.nc" for name in datasets}
    findings = {name: told(each) for name, each in datasets.items()}
    counted = dict(counts), failures, trained, ended
    return Outcome(folder, datasets, files, figures, findings, *counted)
