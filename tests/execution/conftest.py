"""A Ray cluster of two nodes on this machine, started once for all tests that want one."""

import pytest

from ddspec.execution.ray_session import quiet_ray


@pytest.fixture(scope="session")
def cluster():
    """A cluster of two nodes with one processor each, this process connected."""
    ray = quiet_ray()
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    ray.init(made.address, log_to_driver=False, logging_level="ERROR")
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture(scope="session")
def two_nodes(cluster):
    """The address of that cluster."""
    return cluster.address
