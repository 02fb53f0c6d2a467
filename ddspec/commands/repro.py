"""`ddspec repro`: run one cell by itself, in this process, and see what happens."""

from __future__ import annotations

import pdb  # noqa: T100 - `--pdb` asks for it
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddspec import pipeline
from ddspec.commands.kept import plans_of
from ddspec.errors import DdspecError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ddspec.plan.batch import Batch
    from ddspec.plan.plan import Plan
    from ddspec.results.store import Store
    from ddspec.training.record import Record

SHOWN = 12  # cells listed when a prefix has several


@click.command("repro")
@click.argument("cell", metavar="CELL")
@click.argument("folder", type=Path, metavar="[DIR]", default=".")
@click.option("--spec", "file", metavar="FILE", help="The spec [default: the one run in DIR].")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="DDSPEC_DATA",
    metavar="DIR",
    help="Where downloaded datasets lie [default: $DDSPEC_DATA].",
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:1.")
@click.option("--pdb", "debug", is_flag=True, help="Look around in the debugger where it fails.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    cell: str,
    folder: Path,
    file: str | None,
    data: Path | None,
    device: str,
    debug: bool,
) -> None:
    """Train the cell of the run folder DIR whose id begins with CELL, in this process.

    Says its settings and its seed, and what it comes to: the traceback of an error, or whether its
    readings are those that are stored, bit for bit. Nothing is stored. Ids are in failures.log.

    Exits with 1 when the cell fails or its readings differ.
    """
    plans = plans_of(ctx, folder, file, {})
    from ddspec.results.store import open_store

    with open_store(folder, readonly=True) as store:
        found = batch_of(cell, plans, store, folder)
        click.echo("\n".join(described(found[0], found[1])))
        record = _trained(found[1], data, device, debug=debug)
        if record is None:
            ctx.exit(1)
        same, words = compared(record, store)
    click.echo(words)
    ctx.exit(0 if same else 1)


def batch_of(prefix: str, plans: Sequence[Plan], store: Store, folder: Path) -> tuple[str, Batch]:
    """The place and the batch of the one cell whose id begins with `prefix`.

    Raises DdspecError when there is none, or more than one, naming them.
    """
    from ddspec.results.failures import SHORT, settings_of
    from ddspec.results.rounds import stages

    walked = [stage for plan in plans for stage in stages(plan, store)]
    found = {
        cell: (plan, number)
        for plan in reversed(walked)
        for number, cell in enumerate(plan.ids)
        if cell.startswith(prefix.lower())
    }
    if not found:
        raise DdspecError(
            f"no cell that {folder} is for has an id that begins with {prefix}",
            f"ids of failed cells are in {folder / 'failures.log'}",
        )
    if len(found) > 1:
        shown = [f"{cell[:SHORT]}  {settings_of(*at)}" for cell, at in list(found.items())[:SHOWN]]
        more = [f"and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
        raise DdspecError(
            f"{len(found):,} cells have ids that begin with {prefix}: write more of one",
            *(shown + more),
        )
    ((cell, at),) = found.items()
    return settings_of(*at), _batch(cell, walked, store)


def _batch(cell: str, walked: Sequence[Plan], store: Store) -> Batch:
    """The cell alone, read wherever an experiment asks for it, its steps taken as they were."""
    import attrs
    import numpy as np

    from ddspec.plan.machine import here
    from ddspec.plan.outlook import STATES, Outlook
    from ddspec.upkeep import groups_of

    outlooks = []
    for plan in walked:
        if cell in plan.ids:
            states = np.full(len(plan), STATES.index("cached"), np.int8)
            states[plan.ids.index(cell)] = STATES.index("new")
            outlooks.append(Outlook(plan, states))
    machine, groups = here(1, local=True), groups_of(outlooks, store)
    (batch,) = pipeline.cut_for(machine, "auto", 1.0, groups, "cpu", 1)
    way = next((each.way for each in store.held([cell]).values()), "")
    return attrs.evolve(batch, ways=(way,)) if way in batch.ways else batch


def described(settings: str, batch: Batch) -> list[str]:
    """What is about to run: the id, its place, its seed and all of its settings."""
    from ddspec.results.failures import seed_of

    (cell,) = batch.cells
    parts = {
        "cell": cell.id,
        "place": settings,
        "seed": seed_of(cell.seed),
        "dataset": cell.dataset,
        "architecture": cell.architecture,
        "regularizer": cell.regularizer,
        "train": cell.train,
    }
    return [f"{name:13} {value}" for name, value in parts.items()]


def _trained(batch: Batch, data: Path | None, device: str, *, debug: bool) -> Record | None:
    """The record; None when training raised, with all of its traceback on stderr."""
    from ddspec.execution.pools import load_shared, shelf
    from ddspec.execution.worker import cause_of, one_thread
    from ddspec.training.fit import fit

    pools = shelf(load_shared([batch], data), data)
    try:
        with one_thread():
            (record,) = fit(batch, pools, device)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was asked for
        traceback.print_exc()
        click.echo(f"failed ({cause_of(error)}): {error}", err=True)
        if debug:
            pdb.post_mortem(sys.exc_info()[2])
        return None
    return record


def compared(record: Record, store: Store) -> tuple[bool, str]:
    """Whether what is stored is the same, and what to say of it."""
    from ddspec.results.comparing import differences

    ends = {name: values[-1] for name, values in record.series.items() if values.ndim == 1}
    told = ", ".join(f"{name} {value:.6g}" for name, value in sorted(ends.items()))
    head = f"{record.status} after {record.seconds:.3g} s: {told}"
    stored = next(iter(store.read([record.cell])), None)
    if stored is None:
        return True, f"{head}\nnothing is stored of it yet"
    if stored.status == "failed":
        return True, f"{head}\nit failed when it was run: {stored.error.strip().splitlines()[-1]}"
    lines = list(differences(record, stored))
    if not lines:
        count = sum(values.size for values in record.series.values())
        return True, f"{head}\nequal to what is stored, bit for bit ({count:,} numbers)"
    return False, "\n".join([head, "different from what is stored:", *(f"  {x}" for x in lines)])
