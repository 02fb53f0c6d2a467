"""A cluster that `ray start` made, with a token to get in, is joined by its address."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

from ddspec.errors import DdspecError
from ddspec.execution.ray_session import present_token, reach

RAY = Path(sys.executable).with_name("ray")
SPEC = """dd 1
experiment joined {
  dataset: linear_gaussian(samples: 10, features: 4, noise_std: 1)
  architecture: linear(features: p)
  train: least_squares()
  sweep {
    p in 1..3
    seed in 0..<2
  }
}
"""


@pytest.fixture
def home(tmp_path):
    """An environment whose home holds a token, as `ray start` leaves one."""
    token = tmp_path / ".ray" / "auth_token"
    token.parent.mkdir()
    token.write_text("5" * 64)
    return {n: v for n, v in os.environ.items() if not n.startswith("RAY_")} | {
        "HOME": str(tmp_path)
    }


@pytest.fixture
def address(home):
    """The address of a head node of its own, which ends with the test."""
    words = [RAY, "start", "--head", "--block", "--port=0", "--num-cpus=1", "--disable-usage-stats"]
    with subprocess.Popen(
        [*words, "--include-dashboard=false"], env=home, stdout=subprocess.PIPE, text=True
    ) as head:
        try:
            yield next(
                found[1] for line in head.stdout if (found := re.search(r"--address='(.+?)'", line))
            )
        finally:
            head.terminate()
            head.communicate()


def test_a_run_joins_the_cluster_that_ray_start_made(address, home, tmp_path):
    (tmp_path / "joined.dd").write_text(SPEC)
    time.sleep(1)  # the node registers just after the address is printed
    words = [sys.executable, "-m", "ddspec", "run", "joined.dd", "--out", "out", "--address"]
    done = subprocess.run(
        [*words, address], cwd=tmp_path, env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "6 done" in done.stdout
    assert "gcs_client" not in done.stderr
    with xr.open_dataset(tmp_path / "out" / "joined.nc") as risk:
        assert (risk.status == 1).all()


def test_a_mode_that_the_user_has_set_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "abc")
    present_token("auto")
    assert os.environ["RAY_AUTH_MODE"] == "disabled"


def test_a_cluster_without_tokens_is_joined_by_who_has_one(two_nodes, tmp_path):
    (tmp_path / "token").write_text("0123456789" * 4)
    (tmp_path / "joined.dd").write_text(SPEC)
    words = [sys.executable, "-m", "ddspec", "run", "joined.dd", "--out", "out", "--address"]
    environ = {name: v for name, v in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [*words, two_nodes],
        cwd=tmp_path,
        env=environ | {"RAY_AUTH_TOKEN_PATH": str(tmp_path / "token")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_where_nothing_listens_is_said_at_once():
    with pytest.raises(DdspecError, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        reach("127.0.0.1:9")
