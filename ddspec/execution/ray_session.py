"""A Ray cluster to work on: joined when an address is given, started here otherwise."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from ddspec.errors import DdspecError
from ddspec.execution.capacity import Node, Resources

# Read by Ray when it is imported or started; a value the user has set stays.
QUIET = {
    # Ray prints a paragraph for every worker that dies, even with log_to_driver off; here such a
    # death is an event, shown once and in our words.
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # Otherwise a FutureWarning about workers without a graphics card; this is what it announces.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's own 15 leaves workers a thirtieth of a processor that anything else computes on; whoever
    # wants that starts the run with `nice`, which workers inherit.
    "RAY_worker_niceness": "0",
}
ASKED = 7  # how the next line ends when a token is asked for
ASK = f"""
import sys
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError
try:
    GcsClient(address=sys.argv[1]).get_all_node_info(timeout=5)
except AuthenticationError:
    sys.exit({ASKED})
except Exception:
    pass
"""
REACH_SECONDS = 5.0  # how long an address may take to accept a connection
RAY_PORT = 6379
NOTHING: Final[Mapping[str, Any]] = {}

CHECK_SECONDS = 5.0  # between two looks at whether the cluster lives
SILENT_SECONDS = 1.0  # between two looks at one that did not answer
SILENCES = 3  # looks in a row at which nothing answers: a head node may be restarted meanwhile


class ClusterLostError(DdspecError):
    """The cluster is gone and every worker with it; `ours`: it was started for this run."""

    def __init__(self, what: str) -> None:
        super().__init__(what, "finished cells are kept: run the same command when it is back")
        self.ours = False


@contextmanager
def session(
    address: str | None, workers: int | None, environment: Mapping[str, Any] = NOTHING
) -> Iterator[Resources]:
    """Ray, connected, for the time of a `with`; a cluster started here ends with it.

    address: `host:port`, `auto` or `ray://host:port`; without it the environment's RAY_ADDRESS
    (set by `ray job submit`), and without that a cluster on this machine with a processor for
    every worker. environment: what Ray prepares on the nodes, its `runtime_env`. A connection the
    calling program has made already is used and left as it is.
    Raises DdspecError at once when the cluster cannot be reached or started.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    if address is not None and not _is_connected():
        reach(address)
        present_token(address)
    ray = quiet_ray()
    ours = not ray.is_initialized()
    try:
        if ours:
            _connect(ray, address, workers, environment)
        elif environment:
            raise DdspecError(
                "Ray is connected already, so the profile's runtime_env comes too late",
                "leave the connection to ddspec, or give it to ray.init(runtime_env=...)",
            )
        yield resources(ray)
    except ClusterLostError as lost:
        lost.ours = ours and address is None
        raise
    finally:
        if ours:
            ray.shutdown()


@attrs.define(eq=False)
class Pulse:
    """Looks now and then at whether the connected cluster lives: Ray itself waits, and after a
    minute without its head node it ends the whole process.
    """

    _ray: Any
    _silences: int = attrs.field(default=0, init=False)
    _next: float = attrs.field(default=0.0, init=False)

    def check(self) -> None:
        """Raise ClusterLostError when the cluster is gone."""
        if dead := _dead_parts():
            raise ClusterLostError(f"the Ray cluster on this machine died ({dead})")
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + CHECK_SECONDS
        if self.answers():
            self._silences = 0
            self._check_node()
            return
        self._silences += 1
        self._next = time.monotonic() + SILENT_SECONDS
        if self._silences >= SILENCES:
            where = _head_address(self._ray)
            raise ClusterLostError(f"the Ray cluster at {where} does not answer")

    def answers(self) -> bool:
        """True when the head node accepts connections."""
        return _answers(_head_address(self._ray))

    def confirm(self) -> None:
        """Return when the cluster answers; raise ClusterLostError when it is gone."""
        while True:
            self._next = 0.0
            self.check()
            if not self._silences:
                return
            time.sleep(SILENT_SECONDS)

    def _check_node(self) -> None:
        here = self._ray.get_runtime_context().get_node_id()
        alive = {node["NodeID"]: node["Alive"] for node in self._ray.nodes()}
        if not alive.get(here, True):
            raise ClusterLostError("the Ray node on this machine died")


def _dead_parts() -> str:
    """The names of the processes that a cluster started by this one cannot do without."""
    from ray._private import worker

    node = getattr(worker, "_global_node", None)
    if node is None or not node.is_head():
        return ""
    dead = {name for name, _ in node.dead_processes()}
    return ", ".join(sorted(dead & {"gcs_server", "raylet"}))


def _head_address(ray: Any) -> str:
    """Where the head node listens; empty when only Ray itself knows (`ray://`)."""
    return "" if ray.util.client.ray.is_connected() else str(ray.get_runtime_context().gcs_address)


def _answers(address: str) -> bool:
    try:
        reach(address or "auto")
    except DdspecError:
        return False
    return True


def present_token(address: str) -> None:
    """Have Ray present the user's token, if there is one, to a cluster that asks for it.

    Since 2.60 `ray start` asks for a token that lies in the home directory, but a driver presents
    it unasked only to the address `auto`. A driver that presents one to a cluster without asks the
    cluster's nodes for theirs, and no worker can ever reach it.
    """
    default = Path.home() / ".ray" / "auth_token"
    known = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ
    if "RAY_AUTH_MODE" in os.environ or not (known or default.exists()):
        return
    if address in ("auto", "local") or address.startswith("ray://") or _asks_for_token(address):
        os.environ["RAY_AUTH_MODE"] = "token"


def _asks_for_token(address: str) -> bool:
    """Whether a cluster turns down who has no token. Asked by another process: Ray reads once, when
    it is loaded, whether to present one.
    """
    done = subprocess.run(  # noqa: S603 - fixed words, and an address that has answered
        [sys.executable, "-c", ASK, address],
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"RAY_AUTH_MODE": "disabled"},
    )
    return done.returncode == ASKED


def _is_connected() -> bool:
    ray = sys.modules.get("ray")
    return ray is not None and ray.is_initialized()


def quiet_ray() -> Any:
    """The module `ray`, told to keep off the terminal."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    return ray


def _connect(
    ray: Any, address: str | None, workers: int | None, environment: Mapping[str, Any]
) -> None:
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        options |= {"address": "local", "num_cpus": workers}
        trouble = ("cannot start Ray on this machine", "train without it: --local")
    else:
        options = {"address": address, "log_to_driver": False, "logging_level": "ERROR"}
        trouble = (
            f"cannot join the Ray cluster at {address}",
            "run on one of its machines, with the Ray version it runs (`ray status` shows both)",
        )
    if environment:
        options |= {"runtime_env": dict(environment)}
    try:
        ray.init(**options)
    except Exception as error:
        if "exceeds the maximum size" in str(error):
            raise DdspecError(
                f"what the profile ships to the nodes is too large: {_first_line(error)}",
                "leave files out of it: excludes = [...] under [runtime_env], or a .rayignore",
            ) from error
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


def resources(ray: Any) -> Resources:
    """What the machines of the connected cluster have, in use or not."""
    return Resources(
        tuple(
            Node(node["NodeManagerHostname"], node["Resources"], node.get("Labels", {}))
            for node in ray.nodes()
            if node["Alive"]
        )
    )


def unused(ray: Any) -> Resources:
    """What the machines of the connected cluster have that nobody uses just now."""
    from ray._private import state

    free = state.available_resources_per_node()  # type: ignore[no-untyped-call]
    return Resources(
        tuple(
            Node(node["NodeManagerHostname"], free.get(node["NodeID"], {}), node.get("Labels", {}))
            for node in ray.nodes()
            if node["Alive"]
        )
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
