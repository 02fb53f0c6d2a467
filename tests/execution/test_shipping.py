"""Code goes to nodes that lack it, and what does not belong there stays here."""

import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
import torch
import xarray as xr

import ddspec
from ddspec.errors import DdspecError
from ddspec.execution.profile import Profile
from ddspec.execution.ray_session import _connect, session
from ddspec.execution.shipping import LEFT_OUT, environment_of
from tests.execution.test_joining import SPEC

PACKAGES = Path(torch.__file__).parent.parent


@pytest.fixture
def bare(tmp_path):
    """A Python that has every package but ddspec."""
    venv.create(tmp_path / "bare", with_pip=False)
    (site,) = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    (site / "others.pth").write_text(f"{PACKAGES}\n")  # editable packages are not found that way
    python = tmp_path / "bare" / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import torch, ddspec"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No module named 'ddspec'" not in found.stderr:
        pytest.skip("ddspec lies among the packages it needs")
    return python


@pytest.fixture
def node(bare, tmp_path):
    """The environment of a driver, and the address of a head node that runs that Python."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("RAY_")}
    env |= {"HOME": str(tmp_path)}
    words = [bare, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--port=0"]
    with subprocess.Popen(
        [*words, "--num-cpus=1", "--disable-usage-stats", "--include-dashboard=false"],
        env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as head:  # fmt: skip
        try:
            lines = (re.search(r"--address='(.+?)'", line) for line in head.stdout)
            address = next(found[1] for found in lines if found)
            time.sleep(1)  # the node registers just after the address is printed
            yield env, address
        finally:
            head.terminate()
            head.communicate()


@pytest.mark.slow
def test_a_node_without_ddspec_trains_when_it_is_shipped(node, tmp_path):
    env, address = node
    (tmp_path / "joined.dd").write_text(SPEC)
    (tmp_path / "ship.toml").write_text(f'address = "{address}"\nship_code = true\n')
    words = [sys.executable, "-m", "ddspec", "run", "joined.dd", "--out", "out"]

    def run(*more):
        return subprocess.run(
            [*words, *more], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    bare = run("--address", address)
    assert bare.returncode == 1
    assert "cannot be started: ModuleNotFoundError: No module named 'ddspec'" in bare.stderr
    assert "ship_code = true" in bare.stderr
    shipped = run("--profile", "ship.toml")
    assert shipped.returncode == 0, shipped.stderr
    with xr.open_dataset(tmp_path / "out" / "joined.nc") as risk:
        assert (risk.status == 1).all()


def test_a_profile_that_asks_for_nothing_ships_nothing():
    assert environment_of(Profile()) == {}


def test_results_and_data_are_left_out(tmp_path):
    (tmp_path / "sets").mkdir()
    profile = Profile(runtime_env={"working_dir": str(tmp_path), "excludes": ["*.pt"]})
    found = environment_of(profile, tmp_path / "sets")
    assert found["working_dir"] == str(tmp_path)
    assert found["excludes"] == [*LEFT_OUT, "*.pt", "/sets/"]
    assert environment_of(profile, tmp_path)["excludes"] == [*LEFT_OUT, "*.pt"]
    assert environment_of(profile, tmp_path.parent)["excludes"] == [*LEFT_OUT, "*.pt"]


def test_ddspec_is_shipped_beside_other_modules(tmp_path):
    profile = Profile(ship_code=True, runtime_env={"py_modules": [str(tmp_path), "s3://b/m.zip"]})
    mine = str(Path(ddspec.__file__).parent)
    assert environment_of(profile)["py_modules"] == [str(tmp_path), "s3://b/m.zip", mine]


@pytest.mark.parametrize("where", [{"working_dir": "nowhere"}, {"py_modules": ["nowhere"]}])
def test_a_folder_that_is_not_there_is_said(where):
    with pytest.raises(DdspecError, match="names nowhere, which is not there"):
        environment_of(Profile(runtime_env=where))


def test_code_too_large_to_ship_is_said():
    class Ray:
        def init(self, **options):
            assert options["runtime_env"] == {"working_dir": "."}
            raise ValueError("Package size (1.2GiB) exceeds the maximum size of 500.00MiB. Hm.")

    with pytest.raises(DdspecError, match=r"too large: Package size \(1.2GiB\)") as caught:
        _connect(Ray(), None, 1, {"working_dir": "."})
    assert "excludes = [...]" in caught.value.help[0]


def test_an_environment_for_a_connection_that_is_there_is_refused(two_nodes):
    with (
        pytest.raises(DdspecError, match="connected already"),
        session(None, None, {"pip": ["einops"]}),
    ):
        pass
