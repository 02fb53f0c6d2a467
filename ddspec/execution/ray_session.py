"""A Ray cluster to work on: joined when an address is given, started here otherwise."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from ddspec.errors import DdspecError

# Read by Ray when it is imported or started; a value the user has set stays.
QUIET = {
    # Ray prints a paragraph for every worker that dies, even with log_to_driver off; here such a
    # death is an event, shown once and in our words.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # Otherwise a FutureWarning about workers without a graphics card; this is what it announces.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}
REACH_SECONDS = 5.0  # how long an address may take to accept a connection
RAY_PORT = 6379


@attrs.frozen
class Resources:
    """What a cluster has in all: processors as Ray counts them, graphics cards, machines."""

    cpus: int
    gpus: int
    nodes: int


@contextmanager
def session(address: str | None, workers: int | None) -> Iterator[Resources]:
    """Ray, connected, for the time of a `with`; a cluster started here ends with it.

    address: `host:port`, `auto` or `ray://host:port`; without it the environment's RAY_ADDRESS
    (set by `ray job submit`), and without that a cluster on this machine with a processor for
    every worker. A connection the calling program has made already is used and left as it is.
    Raises DdspecError at once when the cluster cannot be reached or started.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    if address is not None:
        present_token()
    ray = quiet_ray()
    ours = not ray.is_initialized()
    try:
        if ours:
            _connect(ray, address, workers)
        yield _resources(ray)
    finally:
        if ours:
            ray.shutdown()


def present_token() -> None:
    """Have Ray present the user's token, if there is one, to the cluster at an address.

    Since 2.60 `ray start` asks for a token that lies in the home directory, but a driver presents
    it unasked only to the address `auto`. A cluster that asks for none takes no offense.
    """
    default = Path.home() / ".ray" / "auth_token"
    if "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ or default.exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def quiet_ray() -> Any:
    """The module `ray`, told to keep off the terminal."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    return ray


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        options |= {"address": "local", "num_cpus": workers}
        trouble = ("cannot start Ray on this machine", "train without it: --local")
    else:
        reach(address)
        options = {"address": address, "log_to_driver": False, "logging_level": "ERROR"}
        trouble = (
            f"cannot join the Ray cluster at {address}",
            "run on one of its machines, with the Ray version it runs (`ray status` shows both)",
        )
    try:
        ray.init(**options)
    except Exception as error:
        raise DdspecError(f"{trouble[0]}: {_first_line(error)}", trouble[1]) from error


def reach(address: str) -> None:
    """Raise DdspecError unless something accepts connections at `host:port`."""
    if address in ("auto", "local"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host or port, _port(port, host)), REACH_SECONDS).close()
    except (OSError, ValueError) as error:
        raise DdspecError(
            f"no Ray cluster answers at {address}: {error}",
            "an address looks like 10.0.0.1:6379; `ray start --head` prints it",
            "without --address a cluster is started on this machine",
        ) from None


def _port(text: str, host: str) -> int:
    return int(text) if host else RAY_PORT


def _resources(ray: Any) -> Resources:
    total = ray.cluster_resources()
    nodes = sum(bool(node["Alive"]) for node in ray.nodes())
    return Resources(int(total.get("CPU", 0)), int(total.get("GPU", 0)), nodes)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
