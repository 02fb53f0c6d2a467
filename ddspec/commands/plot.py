"""`ddspec plot`: figures of a run folder, for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddspec.commands.terminal import ASSIGNMENT
from ddspec.errors import DdspecError
from ddspec.figures.catalogue import FIGURES, OF_CANDIDATES, drawer, takes
from ddspec.language.near import nearest

if TYPE_CHECKING:
    import xarray as xr

FOLDER = "figures"  # of a run folder, where figures go unless told


def _figure(ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
    """The name of a figure, or wrong usage with the nearest right ones."""
    if name is not None and name not in FIGURES:
        near = " or ".join(f"`{each}`" for each in nearest(name, FIGURES))
        told = f"; did you mean {near}?" if near else f"; there are {', '.join(FIGURES)}"
        raise click.BadParameter(f"no figure `{name}`{told}", ctx, param)
    return name


def _selection(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> dict[str, str | list[str]]:
    """Labels by axis; several of one axis keep it."""
    found: dict[str, str | list[str]] = {}
    for text in given:
        match = ASSIGNMENT.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE", ctx, param)
        name, value = match[1], match[2]
        before = found.get(name)
        several = [before] if isinstance(before, str) else before
        found[name] = value if several is None else [*several, value]
    return found


@click.command("plot")
@click.argument("folder", type=Path, metavar="DIR", required=False)
@click.argument("figure", metavar="[FIGURE]", required=False, callback=_figure)
@click.option("--experiment", metavar="NAME", help="One of the run's experiments [default: all].")
@click.option("--of", metavar="QUANTITY", help="What is drawn [default: test_error or test_loss].")
@click.option("--x", metavar="AXIS", help="The axis across, or a coordinate: `parameters`.")
@click.option("--y", metavar="AXIS", help="The axis up, of a heatmap or surface.")
@click.option("--hue", metavar="AXIS", help="The axis whose values are curves.")
@click.option(
    "--sel",
    multiple=True,
    callback=_selection,
    metavar="NAME=VALUE",
    help="A value of another axis [default: its last]; several of one keep it.",
)
@click.option("--size", type=click.Choice(["column", "page"]), help="3.3 or 6.3 inches across.")
@click.option(
    "--out",
    type=Path,
    metavar="FILE",
    help="A .pdf, .svg or .png; a folder where there are several [default: DIR/figures].",
)
@click.option("--list", "listing", is_flag=True, help="Name the figures there are.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    folder: Path | None,
    figure: str | None,
    experiment: str | None,
    out: Path | None,
    *,
    listing: bool,
    **asked: Any,
) -> None:
    """Draw FIGURE of the run folder DIR for a paper, or every figure that its datasets can show.

    Axes that are neither drawn nor selected are taken at their last value, which the figure says.
    """
    if listing:
        for name, says in FIGURES.items():
            click.echo(f"{click.style(f'{name:<16}', bold=True)} {says}")
        return
    if folder is None:
        raise click.UsageError(
            "missing argument `DIR`; `ddspec plot --list` names the figures", ctx
        )
    datasets = _datasets(folder, experiment)
    single = figure is not None and len(datasets) == 1
    if out is not None and out.suffix and not single:
        one = "name one FIGURE" if figure is None else "name one --experiment"
        raise click.UsageError(f"--out {out} is one file: {one}", ctx)
    places = dict(_places(folder, datasets, figure, out))
    from ddspec.results.fitness import explained

    drawn = 0
    for (name, kind), path in places.items():
        with explained(folder):
            only = figure is not None
            drawn += _draw(folder, (name, datasets[name]), kind, path, asked, only=only)
    if not drawn:
        raise DdspecError(f"{folder} has no dataset of which a figure could be drawn")


def _datasets(folder: Path, experiment: str | None) -> dict[str, xr.Dataset]:
    """The datasets of a run folder, or the one of an experiment."""
    from ddspec.results.files import open_all

    found = open_all(folder)
    if experiment is None:
        return found
    if experiment not in found:
        near = " or ".join(f"`{name}`" for name in nearest(experiment, found))
        raise DdspecError(
            f"{folder} has no experiment `{experiment}`{near and f'; did you mean {near}?'}",
            f"it has {', '.join(found)}",
        )
    return {experiment: found[experiment]}


def _places(
    folder: Path, datasets: Mapping[str, Any], figure: str | None, out: Path | None
) -> Iterator[tuple[tuple[str, str], Path]]:
    """Where every figure of every experiment goes."""
    for name in datasets:
        for kind in FIGURES if figure is None else [figure]:
            if out is not None and out.suffix:
                yield (name, kind), out
            else:
                yield (name, kind), (out or folder / FOLDER) / f"{name}_{kind}.pdf"


def _draw(
    folder: Path,
    named: tuple[str, xr.Dataset],
    figure: str,
    path: Path,
    asked: Mapping[str, Any],
    *,
    only: bool,
) -> bool:
    """Draw a figure and tell where it is, or why there is none; the only one must be possible."""
    from ddspec.figures.saving import provenance, save

    name, dataset = named
    choice = {n: value for n, value in asked.items() if n != "sel" and value is not None}
    try:
        known = {n: value for n, value in choice.items() if n in takes(figure)}
        if only:
            _refuse(figure, choice.keys() - known.keys(), asked)
        made = drawer(figure)(_shown(folder, name, dataset, figure), **known, **asked["sel"])
    except DdspecError as problem:
        if only:
            raise
        click.echo(f"no {figure} of {name}: {problem}")
        return False
    about = provenance(dataset, figure=figure, **known, sel=asked["sel"])
    save(made, path, f"{figure} of experiment {name}", about)
    click.echo(f"figure   {path}")
    return True


def _refuse(figure: str, foreign: Iterable[str], asked: Mapping[str, Any]) -> None:
    """Raise for options that a figure has no use for."""
    if foreign:
        raise DdspecError(
            f"`{figure}` takes no --{', no --'.join(sorted(foreign))}",
            f"it takes {', '.join(f'--{n}' for n in asked if n in takes(figure))} and --sel",
        )


def _shown(folder: Path, name: str, dataset: xr.Dataset, figure: str) -> xr.Dataset:
    """The dataset that a figure is of: that of all candidates where it shows what tuning tried."""
    from ddspec.publication import CANDIDATES
    from ddspec.results.files import open_one

    if figure not in OF_CANDIDATES:
        return dataset
    tried = open_one(folder / CANDIDATES / f"{name}.nc")
    if tried is None:
        raise DdspecError(
            f"there is no {CANDIDATES}/{name}.nc: the experiment tunes nothing",
            "tune a number in the spec: l2(tune({1e-4, 1e-3}, minimise: validation_error))",
        )
    return tried
