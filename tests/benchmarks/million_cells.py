"""How long `ddspec plan` takes for a spec of a million cells, and how much memory.

    python tests/benchmarks/million_cells.py

Prints wall seconds and peak resident memory of the whole command, Python's start included.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPEC = """dd 1

dataset digits = mnist1d(samples: n, label_noise: noise)
architecture net = mlp(hidden: [width, width])

train fit {
  optimizer: sgd(lr: lr)
  loss:      cross_entropy
  batch:     100 samples
  for:       100 epochs
}

experiment million {
  dataset:      digits
  architecture: net
  regularizer:  reg
  train:        fit
  sweep {
    width in 1..50
    n     in 200..4_000 by 200
    noise in {0%, 5%, 10%, 15%, 20%}
    reg   in subsets(l2(1e-4) + dropout(20%))
    lr    in {0.001, 0.003, 0.01, 0.03, 0.1}
    seed  in 0..<10
  }
}
"""


def main() -> None:
    """Plan the spec in a fresh process and print what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "million.dd"
        spec.write_text(SPEC)
        for command in ("check", "plan"):
            began = time.perf_counter()
            arguments = [sys.executable, "-m", "ddspec", command, str(spec)]
            output = subprocess.run(
                arguments, check=True, capture_output=True, text=True, cwd=folder, env=os.environ
            ).stdout
            seconds = time.perf_counter() - began
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            sys.stdout.write(f"{command}: {seconds:.2f} s, {peak:.2f} GiB at most\n")
        sys.stdout.write(output)


if __name__ == "__main__":
    main()
