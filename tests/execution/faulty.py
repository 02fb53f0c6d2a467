"""Runs whose cells misbehave as asked: in this process, or `ddspec` as a process of its own.

A fault is words like `slow=0.5` (seconds for each batch), `raise=4`, `oom=4`, `kill=4` (batches
that hold a cell of so many samples), `card=2` (larger batches do not fit on a graphics card),
`size=2` (cells in a batch).
"""

import os
import signal
import sys
import time
from functools import partial

import attrs
import torch

from ddspec.commands.group import ddspec
from ddspec.execution.execute import execute
from ddspec.plan import splitting
from ddspec.training import fit as fitting

SPEC = """dd 1
experiment grid {
  dataset:      linear_gaussian(features: 6, samples: n, noise_std: 0.5, test: 20)
  architecture: linear()
  train:        least_squares()
  sweep {
    n    in 4..9 samples
    seed in 0..<2
  }
}
"""
CELLS = 12
REAL = fitting.fit


def faults(text):
    """The words of a fault by name."""
    return {name: float(value) for name, value in (word.split("=") for word in text.split())}


def misbehave(batch, *rest, text, **more):
    """What `fit` does, after the fault that is asked for."""
    fault = faults(text)
    samples = {cell.dataset.samples for cell in batch.cells}
    end = time.monotonic() + fault.get("slow", 0.0)
    while time.monotonic() < end:
        time.sleep(0.01)
    if fault.get("raise") in samples:
        raise ValueError(f"{fault['raise']:.0f} samples are poison")
    if fault.get("oom") in samples:
        torch.empty(2**60, dtype=torch.uint8)  # more than any machine has: torch itself fails
    if fault.get("kill") in samples:
        os.kill(os.getpid(), signal.SIGKILL)
    if len(batch) > fault.get("card", len(batch)):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    return REAL(batch, *rest, **more)


def in_parts(groups, *rest, size):
    """Batches of so many cells, whatever would be best."""
    return tuple(
        attrs.evolve(group, cells=group.cells[at : at + size])
        for group in groups
        for at in range(0, len(group), size)
    )


def install(text, replace=setattr):
    """Have all runs of this process misbehave; replace(object, name, value) sets attributes."""
    fit = partial(misbehave, text=text)
    replace(execute, "__kwdefaults__", execute.__kwdefaults__ | {"fit": fit})
    if size := int(faults(text).get("size", 0)):
        replace(splitting, "split", partial(in_parts, size=size))


if __name__ == "__main__":
    # a shell lets what runs in its background ignore Ctrl-C, and that is inherited
    ignored = os.environ.get("IGNORED")
    signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    install(os.environ.get("FAULT", ""))
    ddspec(sys.argv[1:], prog_name="ddspec")
