"""Double-descent experiments from a spec to a labelled dataset of risk.

    import ddspec
    risk = ddspec.run("specs/quickstart.dd", out="runs/quickstart")  # an xarray.Dataset
    risk = ddspec.open("runs/quickstart")                            # the same, later
    tried = ddspec.candidates("runs/quickstart")                     # where numbers are tuned
    spec = ddspec.load("specs/quickstart.dd")                        # checked, not run

Importing ddspec loads neither torch nor ray nor xarray; each function loads what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from xarray import Dataset

    from ddspec.spec.model import Spec

__version__ = "0.1.0"
__all__ = ["candidates", "load", "open", "run"]


def load(
    path: str | Path,
    overrides: Mapping[str, object] | None = None,
    plugins: Iterable[str | Path] = (),
) -> Spec:
    """The checked spec in the file `path`; nothing is trained.

    `overrides` replace axes and lets by name, as `--set name=value` does: a text is read as in a
    spec (`"log 2..300 points 20"`), a list of numbers is a set. `plugins` are modules with words of
    your own, by name or path, as `--plugin` takes them.
    Raises SpecError, whose `diagnostics` hold every problem of the file, and DdspecError for a
    plug-in that cannot be loaded.
    """
    from ddspec import pipeline

    return pipeline.load(str(path), _texts(overrides), tuple(map(str, plugins)))


def run(
    path: str | Path,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    address: str | None = None,
    workers: int | None = None,
    overrides: Mapping[str, object] | None = None,
    plugins: Iterable[str | Path] = (),
    experiment: str | None = None,
    local: bool = False,
    retries: int = 1,
    most_failures: int | None = None,
    retry: Iterable[str] = ("failed",),
    reuse: Iterable[str | Path] = (),
    checkpoint_every: float = 600.0,
    keep_checkpoints: bool = False,
    step: Literal["auto", "native", "compiled", "eager"] = "auto",
) -> Dataset | dict[str, Dataset]:
    """Train what is missing in `out` (default `runs/<spec>`) and give the dataset of risk.

    One experiment gives an xarray.Dataset, several give a dict of them by name. `data` is the
    folder of downloaded datasets (default: the environment's DDSPEC_DATA), `address` a running Ray
    cluster (default: one started here), `workers` how many train at once (default: all that fit),
    `overrides` and `plugins` are as for `load`, `experiment` picks one by name, `local` trains
    in this process without Ray, `retries` is how often a failing cell is tried again,
    `most_failures` how many failed cells end the run (default: none do), `retry` which stored cells
    train again: `failed` ones, or of one cause (`exception`, `oom`, `killed`), or `diverged`;
    `reuse` names run folders from which finished cells are carried over;
    `checkpoint_every` is seconds between two checkpoints of cells in training (0: none are made),
    `keep_checkpoints` keeps the last one of every cell, for longer training and further measures;
    `step` how training steps are taken (default: chosen for each shape, as `ddspec plan` tells).
    Cells that fail are marked in the dataset's `status`. After Ctrl-C or SIGTERM cells under way
    may finish, after a second one they may not; in a thread no signal is taken.
    Raises SpecError for a wrong spec, DdspecError when folder, data or cluster cannot be used.
    """
    from ddspec import accessor, pipeline  # noqa: F401 - datasets get their `dd`

    outcome = pipeline.run(
        str(path),
        out,
        data=data,
        address=address,
        workers=workers,
        overrides=_texts(overrides),
        plugins=tuple(map(str, plugins)),
        experiment=experiment,
        local=local,
        retries=retries,
        most_failures=most_failures,
        retry=tuple(retry),
        reuse=tuple(reuse),
        checkpoint_every=checkpoint_every,
        keep_checkpoints=keep_checkpoints,
        step=step,
    )
    datasets = dict(outcome.datasets)
    return datasets.popitem()[1] if len(datasets) == 1 else datasets


def open(folder: str | Path) -> Dataset | dict[str, Dataset]:  # noqa: A001 (ddspec.open)
    """The dataset of a run folder, read lazily; a dict by experiment when there are several.

    Raises DdspecError when `folder` holds no dataset.
    """
    from ddspec import accessor, pipeline  # noqa: F401 - datasets get their `dd`

    return pipeline.open(folder)


def candidates(folder: str | Path) -> Dataset | dict[str, Dataset]:
    """The risks at the end of training of every candidate of `tune(...)`, chosen or not, of a run
    folder: the tuned numbers are dimensions. Read lazily; a dict by experiment when several tune.

    Raises DdspecError when nothing is tuned there.
    """
    from ddspec import accessor, pipeline  # noqa: F401 - datasets get their `dd`

    return pipeline.candidates(folder)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """`%load_ext ddspec`: the magics `%%dd`, a spec in a cell, and `%dd FILE`."""
    from ddspec.notebook import magic

    magic.load(ipython)


def _texts(overrides: Mapping[str, object] | None) -> dict[str, str]:
    return {name: _text(value) for name, value in (overrides or {}).items()}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return f"{{{', '.join(map(_text, value))}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
