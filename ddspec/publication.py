"""Stored cells to what a run folder shows: datasets, findings and figures.

Each stage is imported where it is called, so that this file loads no xarray and no matplotlib.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ddspec.spec.model import Spec

if TYPE_CHECKING:
    import xarray as xr

    from ddspec.analysis.evidence import Finding
    from ddspec.plan.plan import Plan
    from ddspec.results.store import Store

FINDINGS = "findings"  # the folder of what reports found, a file for each experiment
CANDIDATES = "candidates"  # the folder of risks of every candidate, a file where something is tuned


def publish(plans: Sequence[Plan], store: Store, spec: Spec, folder: Path) -> dict[str, xr.Dataset]:
    """Assemble every experiment's dataset from the store, replace its files, and open them."""
    from ddspec.results.provenance import provenance

    about = provenance(spec)
    return {plan.experiment.name: _publish(plan, store, about, folder) for plan in plans}


def _publish(plan: Plan, store: Store, about: Mapping[str, str], folder: Path) -> xr.Dataset:
    from ddspec.results.assemble import assemble
    from ddspec.results.candidates import candidates
    from ddspec.results.files import write_assembly, write_groups

    name = plan.experiment.name
    made = assemble(plan, store, provenance=about)
    stale = stale_cells(plan, store)
    told = {"cells_stale": stale} if stale else {}
    made = attrs.evolve(made, frame=beside(plan, made.frame).assign_attrs(told))
    tried = candidates(plan, store, provenance=about)
    found: dict[str, Finding] = {}

    def finish(dataset: xr.Dataset) -> dict[str, str]:
        found.update(findings_of(plan, dataset, tried))
        for each in found.values():
            each.data.load()  # the file that it was read from is replaced
        told = {n: {"title": each.title, "lines": each.lines} for n, each in found.items()}
        return {"findings": json.dumps(told)}

    dataset = write_assembly(made, folder / f"{name}.nc", finish)
    write_groups({n: each.data for n, each in found.items()}, folder / FINDINGS / f"{name}.nc")
    _write_candidates(tried, folder / CANDIDATES / f"{name}.nc")
    return dataset


def _write_candidates(tried: xr.Dataset | None, path: Path) -> None:
    """Replace the file of an experiment's candidates; none where nothing is tuned any more."""
    from ddspec.results.files import write_dataset

    if tried is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(exist_ok=True)
    write_dataset(tried, path)


def stale_cells(plan: Plan, store: Store) -> int:
    """How many of the readings that a plan's dataset shows come from words that have changed since
    and are still to be trained again.
    """
    from ddspec.plan.origins import changes

    if not any(changes(code) for code in store.codes()):
        return 0
    held = store.held(plan.ids).values()
    return sum(bool(each.status != "failed" and changes(each.origin.code)) for each in held)


def beside(plan: Plan, dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with the curves of the experiment's `theory` words, on its own axes."""
    if not plan.experiment.theories:
        return dataset
    from ddspec.analysis.theory import theory_curves

    curves = theory_curves(plan.experiment).variables
    dims = set(dataset.dims)
    return dataset.assign({name: curves[name] for name in curves if name not in dims})


def findings_of(
    plan: Plan, dataset: xr.Dataset, tried: xr.Dataset | None = None
) -> dict[str, Finding]:
    """What the experiment's `report` words find in its dataset and in its candidates' risks."""
    from ddspec.analysis.evidence import Evidence
    from ddspec.analysis.findings import find

    if not plan.experiment.reports or not dataset.attrs["cells_done"]:
        return {}
    return find(Evidence(dataset, tried), plan.experiment.reports)


def told(dataset: xr.Dataset) -> tuple[str, ...]:
    """The findings that a dataset carries, in lines of text."""
    from ddspec.analysis.findings import tell

    found = json.loads(dataset.attrs["findings"])
    return tuple(line for name, each in found.items() for line in tell(name, **each))


def draw_all(datasets: Mapping[str, xr.Dataset], folder: Path) -> dict[str, Path]:
    """Draw the figure of every dataset that has a finished cell."""
    from ddspec.figures.risk import draw_risk

    figures = {}
    for name, dataset in datasets.items():
        if dataset.attrs["cells_done"]:
            figures[name] = folder / f"{name}.png"
            draw_risk(dataset, figures[name])
    return figures
