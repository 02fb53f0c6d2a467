"""What is shipped: the archives hold all of it, and the wheel works far from the checkout."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from itertools import chain
from pathlib import Path

import pytest

import ddspec
from ddspec.training.kernel.toolchain import SOURCES

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CHECK_NEEDS = ("attrs", "click", "lark")  # neither torch nor ray nor numpy
SPEC = """\
dd 1
experiment far {
  dataset:      linear_gaussian(features: 9, samples: n)
  architecture: linear()
  train:        least_squares()
  sweep {
    n    in {5, 10, 20} samples
    seed in 0..<3
  }
}
"""


def call(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The sdist, and the wheel built from it, so that what the sdist lacks the wheel lacks."""
    out = tmp_path_factory.mktemp("archives")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT))
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def elsewhere(archives, tmp_path_factory):
    """An environment that holds the wheel and the three packages that `check` needs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    packages = Path(
        call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")[:-1]
    )
    for name in CHECK_NEEDS:
        copy_distribution(name, packages)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    call(*pip, "--no-deps", "--no-index", str(archives[1]))
    return folder


def copy_distribution(name, packages):
    for file in distribution(name).files:
        if ".." not in file.parts and file.suffix != ".pyc":
            target = packages / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), target)


def far_away(elsewhere, *words):
    """Run a program of that environment in a folder outside the checkout."""
    (elsewhere / "far.dd").write_text(SPEC)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    program = elsewhere / "venv" / "bin" / words[0]
    return call(str(program), *words[1:], cwd=elsewhere, env=clean)


def test_both_archives_hold_the_grammar(archives):
    with tarfile.open(archives[0]) as sdist, zipfile.ZipFile(archives[1]) as wheel:
        text = (ROOT / "grammar" / "dd.lark").read_bytes()
        inner = f"ddspec-{ddspec.__version__}/grammar/dd.lark"
        assert sdist.extractfile(inner).read() == text
        assert wheel.read("ddspec/grammar/dd.lark") == text


def test_the_sdist_holds_all_that_is_tracked(archives):
    tracked = set(call("git", "ls-files", cwd=ROOT).split())
    with tarfile.open(archives[0]) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert {name for name in tracked if not name.startswith(".ci/")} <= held


def test_the_wheel_holds_every_module_and_nothing_else(archives):
    with zipfile.ZipFile(archives[1]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "ddspec").rglob("*.py")}
    sources = {f"ddspec/training/kernel/{name}" for name in SOURCES}
    page = {f"ddspec/page/page.{end}" for end in ("css", "html", "js")}
    grammar = {f"ddspec/{path}" for path in call("git", "ls-files", "grammar", cwd=ROOT).split()}
    assert held == modules | sources | page | grammar | {"ddspec/py.typed"}
    assert "ddspec/grammar/dd.lark" in held


def test_the_metadata_names_every_dependency(archives):
    with zipfile.ZipFile(archives[1]) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        fields = message_from_bytes(wheel.read(name))
    required = {line for line in fields.get_all("Requires-Dist") if "extra ==" not in line}
    assert required == set(PROJECT["dependencies"])
    assert len(required) == 19
    assert fields["Version"] == ddspec.__version__


def test_the_wheel_checks_a_spec_far_from_the_checkout(elsewhere):
    assert "far (9 grid points)" in far_away(elsewhere, "ddspec", "check", "far.dd")


def test_the_wheel_runs_as_a_module(elsewhere):
    assert "far (9 grid points)" in far_away(elsewhere, "python", "-m", "ddspec", "check", "far.dd")


def test_that_environment_has_neither_torch_nor_ray(elsewhere):
    probe = "from importlib.util import find_spec as f; print(*map(f, ('torch', 'ray', 'numpy')))"
    assert far_away(elsewhere, "python", "-c", probe) == "None None None\n"


def test_every_constraint_is_of_a_dependency():
    extras = PROJECT["optional-dependencies"].values()
    needed = {
        line.partition(">")[0].partition("[")[0] for line in chain(PROJECT["dependencies"], *extras)
    }
    pinned = [line for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line]
    assert {line.partition("==")[0] for line in pinned} == needed
