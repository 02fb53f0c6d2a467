"""A grid by one Ray task per cell, each with the good tensor loop.

python -m tests.benchmarks.rivals.cell_tasks WIDTHS CELLS_A_WIDTH EPOCHS READINGS
"""

from __future__ import annotations

import os
import sys

from ddspec.execution.ray_session import quiet_ray
from tests.benchmarks.rivals.loops import Samples, samples, tensor_loop


def train(held: Samples, width: int, epochs: int, readings: int) -> tuple[float, float]:
    """Train one cell on one thread."""
    import torch

    torch.set_num_threads(1)
    writable = tuple(tensor.clone() for tensor in held)
    return tensor_loop(writable, width, epochs, readings)


def main(widths: str, each: str, epochs: str, readings: str) -> None:
    """Train every cell as a task of its own, the widest first, and wait for all."""
    ray = quiet_ray()
    ray.init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False)
    held, task = ray.put(samples(1_000)), ray.remote(train)
    order = sorted(map(int, widths.split(",")), reverse=True)
    cells = [
        task.remote(held, width, int(epochs), int(readings))
        for width in order
        for _ in range(int(each))
    ]
    assert len(ray.get(cells)) == len(cells)
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
