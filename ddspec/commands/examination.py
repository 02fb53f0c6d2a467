"""What `ddspec doctor` looks at: versions, compilers, cards, folders, and a run of a few cells."""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import attrs

from ddspec import __version__

State = Literal["ok", "warning", "problem"]
OLDEST: Final = (3, 11)
REQUIREMENT: Final = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?\s*>=\s*([\d.]+)(?!.*extra)")
SHOWN: Final = ("torch", "ray", "numpy", "xarray", "netcdf4")
LITTLE: Final = 2_000_000_000  # bytes: less than this is soon full
SECONDS: Final = {"here": 25.0, "ray": 30.0}  # longer than that is a problem
TINY: Final = """\
dd 1

train fit {
  optimizer: sgd(lr: 0.1)
  loss:      mse
  batch:     10 samples
  for:       5 epochs
}

experiment doctor {
  dataset:      linear_gaussian(samples: 20, features: 5, noise_std: 0.5, test: 20)
  architecture: mlp(hidden: [width])
  train:        fit

  sweep {
    width in {2, 4}
    seed  in 0..<2
  }
}
"""


@attrs.frozen
class Finding:
    """What was looked at, how it is, and what to do where that is not well."""

    what: str
    state: State
    text: str
    advice: tuple[str, ...] = ()


def examine(data: Path | None, *, runs: bool) -> Iterator[Finding]:
    """Everything, one after the other. data: the data folder. runs: whether cells are trained."""
    yield python()
    yield from packages()
    for look in (torch, kernel, processors, cache, here):
        yield _guarded(look)
    yield corpora(data)
    if runs:
        yield run("here", "--local")
        yield run("ray")


def _guarded(look: Callable[[], Finding]) -> Finding:
    """A package that cannot even be loaded is a finding, not the end."""
    try:
        return look()
    except (ImportError, OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return Finding(look.__name__, "problem", reason[0], ("install ddspec anew",))


# --- what is installed ------------------------------------------------------------------------


def python() -> Finding:
    """The Python that runs this."""
    said = f"{platform.python_version()} at {sys.executable}; ddspec {__version__}"
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return Finding("python", "problem", said, (f"use Python {wanted} or later",))
    return Finding("python", "ok", said)


def packages() -> Iterator[Finding]:
    """What ddspec needs: those that are missing or too old, and some versions."""
    versions: dict[str, str] = {}
    for line in metadata.requires("ddspec") or ():
        match = REQUIREMENT.match(line)
        if match is None:
            continue
        name, least = match[1], match[2]
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
        there = versions.get(name)
        if there is None or _numbers(there) < _numbers(least):
            said = "is not there" if there is None else f"is of version {there}"
            advice = f"pip install '{name}>={least}'"
            yield Finding("packages", "problem", f"{name} {said}, {least} is needed", (advice,))
    shown = [f"{name} {versions[name]}" for name in SHOWN if name in versions]
    yield Finding("packages", "ok", ", ".join(shown))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0]))


def torch() -> Finding:
    """torch, and the graphics cards that it sees."""
    from ddspec.plan.machine import here as machine
    from ddspec.training.cards import build, cards

    found, built = cards(), build()
    if found:
        listed = (f"{c.name}, {c.free / 1e9:.3g} of {c.memory / 1e9:.3g} GB free" for c in found)
        return Finding("cards", "ok", f"torch for {built}: {'; '.join(listed)}")
    if machine().device == "cuda":
        said = f"torch for {built} sees no graphics card, and this machine has one"
        advice = "install a torch for its CUDA driver: https://pytorch.org/get-started/locally"
        return Finding("cards", "problem", said, (advice, "`nvidia-smi` shows the driver"))
    return Finding("cards", "ok", f"torch for {built}, no graphics card: processors train")


def kernel() -> Finding:
    """The compilers, and the package's own step."""
    from ddspec.compilers import c_compiler, cpp_compiler
    from ddspec.training.kernel.toolchain import kernel as compiled

    c, cpp = c_compiler(), cpp_compiler()
    if not c:
        advice = "dense networks train several times as fast with one: install gcc or clang"
        return Finding("compiler", "warning", "no C compiler", (advice,))
    if compiled() is None:
        advice = f"see whether `{c}` compiles a program, and whether the cache folder is writable"
        return Finding("compiler", "warning", f"{c} does not compile the native step", (advice,))
    more = f", C++ {cpp}" if cpp else "; no C++ compiler, so that torch compiles nothing"
    return Finding("compiler", "ok", f"native step compiled by {c}{more}")


# --- the machine ------------------------------------------------------------------------------


def processors() -> Finding:
    """Processors that may be used, and memory."""
    there = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else there
    said = f"{allowed} of {there} processors"
    with suppress(ValueError, OSError, AttributeError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        said += f", {memory / 1e9:.3g} GB of memory"
    if allowed < there:
        advice = f"this shell may use fewer than there are: ddspec run --workers {allowed}"
        return Finding("processors", "warning", said, (advice,))
    if busy():
        advice = "runs share them: fewer at once with ddspec run --workers N"
        return Finding("processors", "warning", f"{said}; busy with other work", (advice,))
    return Finding("processors", "ok", said)


def busy() -> bool:
    """Whether others compute here, more than there are processors."""
    with suppress(OSError, AttributeError):
        return os.getloadavg()[0] > (os.cpu_count() or 1)
    return False


def cache() -> Finding:
    """The folder for what is made once."""
    from ddspec.cache import private_folder

    folder = private_folder()
    if folder is None:
        said = "no cache folder that only you can write to: the native step is not kept"
        advice = "set XDG_CACHE_HOME to a folder of your own"
        return Finding("cache", "warning", said, (advice,))
    return Finding("cache", "ok", f"{folder}")


def here() -> Finding:
    """The current folder, where run folders go unless told otherwise."""
    from ddspec.results.filesystem import kind_of, networked

    folder = Path.cwd()
    free = shutil.disk_usage(folder).free
    said = f"{folder} on {kind_of(folder) or 'an unknown file system'}, {free / 1e9:.3g} GB free"
    if not os.access(folder, os.W_OK):
        advice = "go elsewhere, or name the run folder: --out DIR"
        return Finding("folder", "problem", f"{said}; it is not writable", (advice,))
    if free < LITTLE:
        return Finding("folder", "warning", said, ("free some space: a full disk ends a run",))
    if networked(folder):
        said += "; other machines reach it: one run at a time holds a run folder"
    return Finding("folder", "ok", said)


def corpora(folder: Path | None) -> Finding:
    """The datasets that read files."""
    from ddspec.vocabulary.corpus import corpora_of, look
    from ddspec.vocabulary.glossary import words_of

    if folder is None:
        said = "no data folder is set; datasets that are generated need none"
        return Finding("data", "ok", said)
    if not folder.is_dir():
        advice = "name the right one with --data DIR, or in the environment: DDSPEC_DATA=DIR"
        return Finding("data", "problem", f"there is no data folder {folder}", (advice,))
    known = [corpus for word in words_of("dataset") for corpus in corpora_of(word)]
    states = {corpus.name: look(corpus, folder).state for corpus in known}
    whole = [name for name, state in states.items() if state == "complete"]
    partly = [name for name, state in states.items() if state == "partly"]
    said = f"{folder}: {', '.join(whole) or 'none of the known datasets'}"
    if partly:
        advice = "`ddspec data` says which files are missing"
        return Finding("data", "warning", f"{said}; in parts: {', '.join(partly)}", (advice,))
    return Finding("data", "ok", said)


# --- a run ------------------------------------------------------------------------------------


def run(where: Literal["here", "ray"], *options: str) -> Finding:
    """Train four small networks by the command that a user would type."""
    what = "run --local" if where == "here" else "run on Ray"
    with tempfile.TemporaryDirectory(prefix="ddspec-doctor-") as folder:
        (Path(folder) / "doctor.dd").write_text(TINY, encoding="utf-8")
        words = [sys.executable, "-m", "ddspec", "run", "doctor.dd", "--out", "out", *options]
        began = time.monotonic()
        code, said = _called(words, folder, SECONDS[where])
        seconds = time.monotonic() - began
        left = (Path(folder) / "out" / "doctor.nc").is_file()
    if code == 0 and left:
        return Finding(what, "ok", f"4 cells in {seconds:.1f} s, starting included")
    if code is None:
        said = f"not ended after {seconds:.0f} s"
        if busy():
            advice = ("other work keeps this machine busy: try again when it is idle",)
            return Finding(what, "warning", said, advice)
        advice = ("`ddspec run --local` needs no Ray",) if where == "ray" else ("try once more",)
        return Finding(what, "problem", said, advice)
    last = [line for line in said.splitlines() if line.strip()][-4:]
    return Finding(what, "problem", f"ended with exit code {code}", tuple(last))


def _called(words: list[str], folder: str, limit: float) -> tuple[int | None, str]:
    """The exit code of a command and what it said; None when it took longer than `limit`."""
    process = subprocess.Popen(  # noqa: S603 - this package, by this Python
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        _ended(process)
        return None, ""
    return process.returncode, said


def _ended(process: subprocess.Popen[str]) -> None:
    """End a run as Ctrl-C twice would, then at once."""
    for sign in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=3)
            return
