"""Damaged run folders through every command that reads one: words, and never wrong readings."""

import faulthandler
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import xarray as xr
from click.testing import CliRunner

from ddspec import pipeline
from ddspec.commands.group import ddspec
from ddspec.errors import DdspecError
from ddspec.results.held import Stored
from ddspec.results.store import Store, open_store
from tests.fuzz import stubs
from tests.fuzz.damage import HOSTILE, copy, damage
from tests.fuzz.limits import Hang, cap_memory, limited
from tests.fuzz.specs import require

SPEC = """dd 1

# Is <b>this</b> text?
train fit {
  optimizer: sgd(lr: 0.1)
  loss:      cross_entropy
  batch:     50 samples
  for:       4 epochs
}

experiment curve {
  dataset:      mnist1d(samples: 100, test: 20)
  architecture: mlp(hidden: [width])
  train:        fit
  measure {
    norm: weight_norm()
    told: predictions(samples: 5)
  }
  sweep {
    width  in {2, 4, 8}
    epochs in {1, 2, 4}
    seed   in 0..<3
  }
  report { peak: argmax(test_error, along: width) }
}

experiment chosen {
  dataset:      linear_gaussian(samples: 12, features: 6, validation: 20, test: 20)
  architecture: linear(features: p)
  regularizer:  l2(tune({1e-3, 1e-2}, minimise: validation_loss))
  train:        least_squares()
  sweep {
    p    in {2, 4}
    seed in 0..<2
  }
}
"""
LIMIT = 240.0  # seconds of the clock, of one case
Truth = dict[str, xr.Dataset]


def make(folder: Path) -> tuple[Path, Truth]:
    """A sound run folder, and its datasets in memory."""
    file, out = folder / "study.dd", folder / "truth"
    file.write_text(SPEC)
    with stubs.pretended():
        outcome = pipeline.run(str(file), out, local=True, workers=1)
    require(not outcome.failures, f"{outcome.failures}")
    truth = {name: xr.load_dataset(path) for name, path in outcome.files.items()}
    for look in (_status, _plan, _open, _plot, _report, _verify):
        look(file, out, truth, False)  # a sound folder passes, and what all cases need is loaded
    return file, truth


def stores(
    count: int, seed: str, first: int = 0, tell: Callable[[str], object] = str
) -> tuple[Counter[str], list[str]]:
    """Outcomes by name of `count` cases, and what went wrong, with the seeds that repeat it.

    tell: is told of each as it is found.
    """
    outcomes: Counter[str] = Counter()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        file, truth = make(folder)
        for number in range(first, first + count):
            what, problem = _apart(lambda n=number: one(folder, file, truth, f"{seed}-{n}"))
            outcomes[what] += 1
            if problem:
                again = f"python -m tests.fuzz stores 1 --seed {seed} --first {number}"
                wrong.append(f"{again}\n{problem}")
                tell(wrong[-1])
    return outcomes, wrong


def _apart(case: Callable[[], str]) -> tuple[str, str]:
    """What a case comes to in a process of its own, which a damaged file may kill."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(case, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    steps = [line for line in told if line.startswith("step ")]
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return "WRONG", f"killed by {name} in {steps[-2:]}"
    if status:
        return "WRONG", "\n".join(["hangs", *told])
    what, problem = json.loads(told[-1])
    return what, problem and f"{problem}\n{steps}"


def _answer(case: Callable[[], str], writer: int) -> None:
    """In the child: tell what the case comes to, and end."""
    code = 0
    with os.fdopen(writer, "w", buffering=1) as pipe:
        STEPS.append(lambda words: pipe.write(f"step {words}\n"))
        try:
            cap_memory()
            faulthandler.dump_traceback_later(LIMIT, exit=True, file=pipe)
            told = case(), ""
        except (Exception, Hang) as problem:  # noqa: BLE001 - that is what is looked for
            told = "WRONG", "".join(traceback.format_exception(problem)[-8:])
        pipe.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    os._exit(code)


STEPS: list[Callable[[str], Any]] = []


def step(words: str) -> None:
    """Note what a case does next."""
    for tell in STEPS:
        tell(words.replace("\n", " "))


def one(folder: Path, file: Path, truth: Truth, seed: str) -> str:
    """What comes of one damaged folder; raises for what must not."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        out = Path(name) / "out"
        copy(folder / "truth", out)
        step(told := "; ".join(damage(out, dice) for _ in range(dice.choice((1, 1, 1, 2)))))
        edited = "attributes" in told or "swap" in told
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 2)  # the netCDF library writes there
        looks = [_status, _plan, _open, _plot if dice.random() < 0.3 else _status, _verify]
        if dice.random() < 0.3:
            looks.append(_report)
        dice.shuffle(looks)
        for look in looks:
            step(look.__name__)
            with limited(5.0 if look not in (_report, _plot) else 30.0):
                look(file, out, truth, edited)
        step("run")
        with limited(30.0), stubs.pretended(), mock.patch("ddspec.publication.draw_all", _none):
            return _run(file, out, truth)


def _none(*_: Any, **__: Any) -> dict[str, Path]:
    return {}


def called(*words: str) -> tuple[int, str]:
    """The exit code and the words of a command; raises what it raises."""
    began = time.monotonic()
    done = CliRunner().invoke(ddspec, list(words), catch_exceptions=False)
    require("Traceback" not in done.output or "failed" in done.output, "a traceback is shown")
    require(done.exit_code in (0, 1, 2, 3), f"exit code {done.exit_code}")
    del began
    return done.exit_code, done.output


def _status(_: Path, out: Path, truth: Truth, __: bool) -> None:
    code, words = called("status", str(out))
    counted = re.search(r"([\d,]+) cells", words)
    if code == 0 and counted:
        most = sum(int(each.attrs["cells_planned"]) for each in truth.values())
        require(int(counted[1].replace(",", "")) <= 2 * most, "more cells than there are")


def _plan(file: Path, out: Path, _: Truth, __: bool) -> None:
    called("plan", str(file), "--out", str(out))


def _open(_: Path, out: Path, truth: Truth, edited: bool) -> None:
    try:
        found = pipeline.open(out)
    except DdspecError:
        return
    for dataset in (found if isinstance(found, dict) else {"": found}).values():
        if not edited:
            compare(dataset, truth)


def _plot(_: Path, out: Path, __: Truth, ___: bool) -> None:
    called("plot", str(out), "model_wise", "--out", str(out.parent / "figures"))


def _report(_: Path, out: Path, __: Truth, ___: bool) -> None:
    page = out.parent / "page.html"
    code, _ = called("report", str(out), "--out", str(page))
    if code == 0:
        text = page.read_text(encoding="utf-8")
        require(HOSTILE not in text and "<script>alert(1)" not in text, "a page with a script")
        require("<b>this</b>" not in text, "a page with markup of a spec")


def _verify(_: Path, out: Path, truth: Truth, __: bool) -> None:
    code, _ = called("verify", str(out))
    if code == 0:
        stored_as_read(out, truth)


def stored_as_read(out: Path, truth: Truth) -> None:
    """Require that every cell of a store has the readings it was given."""
    del truth
    with open_store(out, readonly=True) as store:
        for each in _readable(store):
            if each.status != "done" or len(each.cell) != 64:
                continue
            for name, values in zip(each.names, each.values, strict=True):
                as_made = stubs.series(each.cell, name, each.points.tolist())
                require(
                    np.array_equal(values, as_made), f"{name} of {each.cell} is not as it was read"
                )


def _readable(store: Store) -> Iterator[Stored]:
    """The cells that a store gives; the others it refuses by name."""
    for cell in store.ids():
        with suppress(DdspecError):
            yield from store.read([cell])


def compare(dataset: xr.Dataset, truth: Truth) -> None:
    """Require that what a dataset shows of finished cells is what was read of them."""
    sound = truth.get(str(dataset.attrs.get("experiment", "")))
    if sound is None:
        return
    for name in sound.data_vars:
        if (
            name not in dataset
            or name in ("seconds", "status")
            or dataset[name].shape != sound[name].shape
        ):
            continue
        try:
            values, status = dataset[name].values, dataset["status"].values
        except (OSError, RuntimeError, ValueError, KeyError, AttributeError, IndexError):
            return  # read when used: xarray and netCDF4 say what is wrong with the file
        if values.dtype.kind != "f" or status.shape != sound["status"].shape:
            continue
        done = np.broadcast_to(
            (status == 1).reshape(status.shape + (1,) * (values.ndim - status.ndim)), values.shape
        )
        other = done & (values != sound[name].values) & np.isfinite(values)
        require(not other.any(), f"{name} of {int(other.sum())} places is not what was read")


def _run(file: Path, out: Path, truth: Truth) -> str:
    try:
        outcome = pipeline.run(str(file), out, local=True, workers=1)
    except DdspecError as why:
        require(len(str(why)) > 0 and "Traceback" not in str(why), "a mistake without words")
        return "refused"
    for name, path in outcome.files.items():
        with xr.open_dataset(path) as dataset:
            compare(dataset, truth)
            if not outcome.failures:
                require(bool((dataset["status"] == 1).all()), f"{name}: a run that lacks cells")
    stored_as_read(out, truth)
    return f"run, {'nothing' if not outcome.trained else 'some'} trained"
