"""The package in `examples/plugin/`, installed: its words are right, and train everywhere."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "examples" / "plugin"
FILE = '''"""A measure in a file."""

from ddspec.vocabulary.kinds import Measure, word


@word
class Heaviest(Measure):
    """The largest magnitude of a weight.

    Example: heaviest()
    """

    def value(self, model):
        import torch

        return torch.cat([weight.flatten() for weight in model.weights.values()]).abs().max()
'''
FEW = ("--set", "width=2", "--set", "reg=none", "--plugin", "./lib/heavy.py")
BROUGHT = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    pickle.load(file)
import heavy
print(heavy.__file__, open(heavy.__file__).read(), sep="\\n", end="")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The environment of a process that has the package."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--target", str(site), str(PLUGIN)], check=True)
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a spec that uses its words, and one of a file."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "lib").mkdir()  # workers of a cluster find what lies in the folder one is in
    (folder / "lib" / "heavy.py").write_text(FILE)
    text = (PLUGIN / "spirals.dd").read_text()
    (folder / "s.dd").write_text(text.replace("sure:", "heavy: heaviest()\n  sure:"))
    return folder


def call(installed, here, *words):
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=here, env=installed, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run(installed, here, name, *how):
    call(installed, here, "ddspec", "run", "s.dd", "--out", name, *FEW, *how)
    with xr.open_dataset(here / name / "spirals.nc") as risk:
        return risk.load()


def test_ray_workers_know_the_words_and_train_the_same_bits(installed, here):
    ray = run(installed, here, "ray", "--workers", "1")
    local = run(installed, here, "local", "--local")
    assert (ray.status == 1).all()
    for name in ("train_loss", "test_error", "sure", "heavy"):
        assert np.isfinite(ray[name]).all()
        assert ray[name].values.tobytes() == local[name].values.tobytes()
    about = {each["module"]: each for each in json.loads(ray.attrs["plugins"])}
    assert about["dd_spirals.words"]["version"] == "0.1.0"
    assert "dataset spirals" in about["dd_spirals.words"]["words"]
    assert about["heavy"] == {"module": "heavy", "words": ["measure heaviest"]}


def test_its_words_pass_their_own_test(installed, here):
    words = ["pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(PLUGIN)]
    assert "4 passed" in call(installed, here, *words, str(PLUGIN / "test_words.py"))


@pytest.mark.slow
def test_a_file_goes_to_machines_that_lack_it(here, tmp_path):
    program = (
        "import pickle, sys\n"
        "from ddspec.vocabulary.plugins import load\n"
        "from ddspec.execution.carrying import with_words\n"
        "load(['./heavy.py'])\n"
        "with open(sys.argv[1], 'wb') as file:\n"
        "    pickle.dump(with_words(print), file)\n"
    )
    (tmp_path / "heavy.py").write_text(FILE)
    packed = tmp_path / "packed"
    subprocess.run([sys.executable, "-c", program, packed], cwd=tmp_path, check=True)

    def unpacked():
        return subprocess.run(
            [sys.executable, "-c", BROUGHT, packed],
            cwd=here.parent, capture_output=True, text=True, check=True,
        ).stdout.partition("\n")[::2]  # fmt: skip

    assert unpacked() == (str(tmp_path / "heavy.py"), FILE)
    (tmp_path / "heavy.py").write_text("an older one")
    place, text = unpacked()
    assert place != str(tmp_path / "heavy.py")
    assert text == FILE
    assert not Path(place).exists()
