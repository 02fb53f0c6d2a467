"""`ray job submit` runs a spec on a cluster whose address the run is told (with `ray[default]`)."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec

import pytest
import xarray as xr

from tests.execution.test_joining import SPEC

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("aiohttp", "aiohttp_cors", "prometheus_client")),
    reason="Ray's dashboard is not installed: pip install ddspec[jobs]",
)
PORT_SECONDS = 120.0  # for the dashboard to listen


@pytest.fixture
def dashboard(tmp_path):
    """An environment, and where the dashboard of a head node listens."""
    env = {n: v for n, v in os.environ.items() if not n.startswith("RAY_")} | {
        "HOME": str(tmp_path)
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--port=0"]
    where = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*words, "--num-cpus=1", "--disable-usage-stats", f"--dashboard-port={port}"],
        env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as head:  # fmt: skip
        try:
            answers(where)
            yield env, where
        finally:
            head.terminate()
            head.wait()


def answers(where):
    until = time.monotonic() + PORT_SECONDS
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{where}/api/version", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(where)


def test_a_submitted_run_finds_its_cluster(dashboard, tmp_path):
    env, where = dashboard
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "joined.dd").write_text(SPEC)
    submit = [sys.executable, "-m", "ray.scripts.scripts", "job", "submit", "--address", where]
    run = [sys.executable, "-m", "ddspec", "run", "joined.dd", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*submit, "--working-dir", ".", "--", *run],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 worker: this machine" in done.stdout
    assert "6 done" in done.stdout
    with xr.open_dataset(tmp_path / "out" / "joined.nc") as risk:
        assert (risk.status == 1).all()
