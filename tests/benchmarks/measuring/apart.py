"""A benchmark in a process of its own, whose threads and libraries are then its to choose."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from tests.benchmarks.measuring.machine import described
from tests.benchmarks.table import found_by


def apart(name: str, quick: bool) -> str:
    """Measure in a new process: the benchmark's part of the README."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(block, name, quick).result()


def block(name: str, quick: bool) -> str:
    """Measure, in this process."""
    load = os.getloadavg()[0]
    table = found_by(import_module(f"tests.benchmarks.{name}").measure, quick=quick)
    return table.markdown(described(load))
