"""Checking stays free of heavy packages."""

import subprocess
import sys

PROGRAM = """
import sys
from ddspec.spec.check import check
spec, diagnostics, _ = check(open(sys.argv[1]).read(), sys.argv[1])
assert spec is not None, diagnostics
print(*sorted({"torch", "ray", "numpy", "xarray", "mnist1d"} & set(sys.modules)))
"""


def test_a_check_loads_neither_torch_nor_ray_nor_numpy_nor_xarray(tmp_path):
    file = tmp_path / "spec.dd"
    file.write_text(
        "dd 1\n\nexperiment e {\n"
        "  dataset: linear_gaussian(samples: 40, features: 100)\n"
        "  architecture: linear(features: p)\n"
        "  train: least_squares()\n"
        "  sweep {\n    p in 10..100 by 10\n    where parameters < 90\n  }\n}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
