"""A real Ray cluster of two nodes on this machine: the contract, and a node that dies."""

import json
import os
import secrets
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
from service_contract import (
    Contract,
    PidOf,
    started,
    wait_for,
    wait_for_state,
    worker_of,
)

from ssl_core.service import Service, Settings
from ssl_core.service.link import Link
from ssl_core.train import RunConfig

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None,
    reason="Ray is not installed: pip install -r requirements-cluster.txt",
)
SMALL = RunConfig(batch_size=8)
OBJECTS = 80 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without room for work, and two nodes with a core each."""
    # Before Ray is imported: a key that only these tests have.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        node = {"object_store_memory": OBJECTS, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **node})
        made.add_node(num_cpus=1, **node)
        made.add_node(num_cpus=1, **node)
        yield made
        made.shutdown()


@pytest.fixture(scope="module")
def service(
    cluster: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    settings = Settings(workers=1, backend="ray", ray_address=cluster.address)
    made = Service(tmp_path_factory.mktemp("runs"), settings, mapper=False)
    wait_for(made.ready, "a warm worker")
    yield made
    made.close()


def raylets(cluster: Any) -> dict[int, Any]:
    """The nodes by the process that leads each."""
    return {
        n.all_processes["raylet"][0].process.pid: n for n in cluster.list_all_nodes()
    }


def actors(cluster: Any) -> list[psutil.Process]:
    """The processes of workers, on whichever node."""
    found = [c for pid in raylets(cluster) for c in psutil.Process(pid).children(True)]
    return [p for p in found if "RayWorker" in "".join(p.cmdline())]


@pytest.fixture
def pid_of(cluster: Any) -> PidOf:
    def pid(link: Link) -> int:
        (only,) = actors(cluster)
        return only.pid

    return pid


class TestRay(Contract):
    """Workers that are actors of a cluster."""

    @pytest.fixture
    def killed(self) -> str:
        return "its process or node is gone"


def test_memory_of_a_worker_is_told(service: Service, pid_of: PidOf) -> None:
    run = started(service, SMALL, "leo")
    link = worker_of(service, run)
    wait_for(lambda: link.memory_mb() > 0, "its memory")
    there = psutil.Process(pid_of(link)).memory_info().rss / 1e6
    assert link.memory_mb() == pytest.approx(there, rel=0.3)
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_a_run_goes_on_when_its_node_is_lost(service: Service, cluster: Any) -> None:
    run = started(service, SMALL, "noa")
    wait_for(lambda: service.checkpoint(run), "a checkpoint")
    (worker,) = actors(cluster)
    node = raylets(cluster)[worker.ppid()]
    cluster.remove_node(node, allow_graceful=False)
    wait_for(lambda: service.status(run).notice, "the notice")
    saved = json.loads((service.checkpoint(run) / "card.json").read_text())["step"]
    wait_for(lambda: service.status(run).step > saved, "steps after the checkpoint")
    (other,) = actors(cluster)
    assert other.ppid() != worker.ppid()
    steps = [t["step"] for t in service.history(run)]
    assert steps == sorted(steps) and steps[0] == 0


def test_what_the_cluster_has_no_room_for_waits(service: Service) -> None:
    """The pages go on: nothing that a page asks for waits for the cluster."""
    other = Service(service.root.parent / "other", service.settings, mapper=False)
    try:
        before = time.monotonic()
        run = other.submit(SMALL, owner="pia")
        assert other.status(run).state == "queued" and not other.ready()
        assert time.monotonic() - before < 5
        other.stop(run)
        assert other.status(run).state == "stopped"
    finally:
        other.close()
