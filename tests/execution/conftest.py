"""A Ray cluster of two nodes on this machine, started once for all tests that want one."""

import pytest

from ddspec.execution.ray_session import quiet_ray


@pytest.fixture(scope="session")
def two_nodes():
    """The address of a cluster of two nodes with one processor each, this process connected."""
    ray = quiet_ray()
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    cluster.add_node(num_cpus=1)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()
