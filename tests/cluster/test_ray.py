"""A real Ray cluster of two nodes on this machine: the contract, and a node that dies."""

import json
import secrets
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import psutil
import pytest
from service_contract import (
    PATIENCE,
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


def goes_on(service: Service, run: str) -> None:
    """After a loss: from the last checkpoint, with nothing twice and nothing lost."""
    wait_for(lambda: service.status(run).notice, "the notice")
    saved = json.loads((service.checkpoint(run) / "card.json").read_text())["step"]
    wait_for(lambda: service.status(run).state == "running", "the new worker")
    wait_for(lambda: service.status(run).step > saved, "steps after the checkpoint")
    steps = [t["step"] for t in service.history(run)]
    assert steps == sorted(steps) and steps[0] == 0


def test_the_end_of_the_server_saves_the_run(service: Service) -> None:
    """The bridge's standard input ends when the server is killed; so it does here."""
    run = started(service, SMALL, "mia")
    bridge = worker_of(service, run)._bridge
    bridge.close()
    assert bridge.process.wait(PATIENCE) == 0
    wait_for_state(service, run, "interrupted")
    card = json.loads((service.checkpoint(run) / "card.json").read_text())
    assert card["step"] == service.status(run).step >= 1
    assert not list(service.root.glob(".shared-*"))
    wait_for(service.ready, "another bridge, and a worker")


def test_a_run_goes_on_when_the_bridge_is_killed(service: Service) -> None:
    run = started(service, SMALL, "lee")
    wait_for(lambda: service.checkpoint(run), "a checkpoint")
    worker_of(service, run)._bridge.kill()
    goes_on(service, run)
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_a_run_goes_on_when_its_node_is_lost(service: Service, cluster: Any) -> None:
    run = started(service, SMALL, "noa")
    wait_for(lambda: service.checkpoint(run), "a checkpoint")
    (worker,) = actors(cluster)
    node = raylets(cluster)[worker.ppid()]
    cluster.remove_node(node, allow_graceful=False)
    _, alive = psutil.wait_procs([worker], PATIENCE)
    assert not alive, "it would write where another one writes"
    goes_on(service, run)
    (other,) = actors(cluster)
    assert raylets(cluster)[other.ppid()] is not node
    service.stop(run)
    wait_for_state(service, run, "stopped")


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


def test_a_node_that_does_not_share_the_folder_gets_no_run(service: Service) -> None:
    (token,) = service.root.glob(".shared-*")
    token.unlink()  # by this file a worker tells that it sees the server's folder
    link = service._crew.links[0]
    link.kill()
    wait_for(lambda: not service._crew.links, "the server to give up")
    assert "does not see the server's folder" in (service.root / "ray.log").read_text()
    run = service.submit(SMALL, owner="ron")
    wait_for_state(service, run, "failed")
    assert "No worker starts" in (service.status(run).error or "")
