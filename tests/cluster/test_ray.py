"""A local Ray cluster of two nodes: the contract, and the loss of a node."""

import os
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
from service_contract import (
    Contract,
    PidOf,
    Workers,
    saved_step,
    service_with,
    started,
    wait_for_state,
)

from ssl_core.service import Service, Settings
from ssl_core.service.connection import WorkerConnection
from ssl_core.service.worker_factory import worker_factory
from ssl_core.train import RunConfig
from tests.polling import START_LIMIT_S, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("ray") is None,
        reason="Ray is not installed: pip install -r requirements-cluster.txt",
    ),
]
SMALL = RunConfig(batch_size=8)
OBJECT_STORE_BYTES = 80 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores for work, and two nodes with one core each."""
    # Before Ray is imported: a key that only these tests have.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        node = {"object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **node})
        made.add_node(num_cpus=1, **node)
        made.add_node(num_cpus=1, **node)
        yield made
        made.shutdown()


@pytest.fixture(scope="module")
def settings(cluster: Any) -> Settings:
    return Settings(workers=1, backend="ray", ray_address=cluster.address)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def workers(settings: Settings, root: Path) -> Workers:
    return Workers(worker_factory(root, settings))


@pytest.fixture(scope="module")
def service(settings: Settings, root: Path, workers: Workers) -> Iterator[Service]:
    made = service_with(workers, root, settings)
    yield made
    made.close()


def raylets(cluster: Any) -> dict[int, Any]:
    """The nodes by the process id of their raylet."""
    return {
        n.all_processes["raylet"][0].process.pid: n for n in cluster.list_all_nodes()
    }


def actors(cluster: Any) -> list[psutil.Process]:
    """The processes of workers on all nodes."""
    found = [c for pid in raylets(cluster) for c in psutil.Process(pid).children(True)]
    return [p for p in found if "RayWorker" in "".join(p.cmdline())]


@pytest.fixture
def pid_of(cluster: Any) -> PidOf:
    def pid(worker: WorkerConnection) -> int:
        (only,) = actors(cluster)
        return only.pid

    return pid


class TestRay(Contract):
    """Workers that are actors of a cluster."""

    @pytest.fixture
    def killed(self) -> str:
        return "its process or node is gone"


def test_the_memory_of_a_worker_is_reported(
    service: Service, workers: Workers, pid_of: PidOf
) -> None:
    run = started(service, SMALL, "leo")
    worker = workers.newest
    wait_until(lambda: worker.memory_mb() > 0, "its memory")
    resident = psutil.Process(pid_of(worker)).memory_info().rss / 1e6
    assert worker.memory_mb() == pytest.approx(resident, rel=0.3)
    service.stop(run)
    wait_for_state(service, run, "stopped")


def assert_goes_on(service: Service, run: str) -> None:
    """After a loss: from the last checkpoint, with no step missing or repeated."""
    wait_until(lambda: service.status(run).notice, "the notice", START_LIMIT_S)
    saved = saved_step(service, run)
    wait_until(
        lambda: service.status(run).state == "running", "a new worker", START_LIMIT_S
    )
    wait_until(lambda: service.status(run).step > saved, "steps after the checkpoint")
    steps = [t["step"] for t in service.history(run)]
    assert steps == sorted(steps) and steps[0] == 0


def test_a_worker_saves_its_run_when_its_server_ends(
    service: Service, workers: Workers
) -> None:
    """Closing its standard input is what the proxy sees when its server is killed."""
    run = started(service, SMALL, "mia")
    proxy = workers.newest
    proxy.close()
    assert proxy.process.wait(60) == 0
    wait_for_state(service, run, "interrupted")
    assert saved_step(service, run) == service.status(run).step >= 1
    assert not list(service.root.glob(".shared-*"))
    # The next test's run must not go to the proxy that has just ended.
    wait_until(lambda: workers.newest is not proxy, "another proxy", START_LIMIT_S)
    wait_until(service.ready, "its worker", START_LIMIT_S)


def test_a_run_goes_on_when_its_proxy_is_killed(
    service: Service, workers: Workers, cluster: Any
) -> None:
    run = started(service, SMALL, "lee")
    wait_until(lambda: service.checkpoint(run), "a checkpoint")
    (worker,) = actors(cluster)
    assert not service.status(run).notice
    os.kill(workers.newest.process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs([worker], 60)
    assert not alive, "it would write where another one writes"
    assert_goes_on(service, run)
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_a_run_goes_on_when_its_node_is_lost(service: Service, cluster: Any) -> None:
    run = started(service, SMALL, "noa")
    wait_until(lambda: service.checkpoint(run), "a checkpoint")
    (worker,) = actors(cluster)
    assert not service.status(run).notice
    node = raylets(cluster)[worker.ppid()]
    cluster.remove_node(node, allow_graceful=False)
    _, alive = psutil.wait_procs([worker], 60)
    assert not alive, "it would write where another one writes"
    assert_goes_on(service, run)
    (other,) = actors(cluster)
    assert raylets(cluster)[other.ppid()] is not node
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_a_run_waits_when_the_cluster_is_full(service: Service) -> None:
    """Pages do not block: no call of the service waits for the cluster."""
    other = Service(service.root.parent / "other", service.settings, umap=False)
    try:
        before = time.monotonic()
        run = other.submit(SMALL, owner="pia")
        assert other.status(run).state == "queued" and not other.ready()
        assert time.monotonic() - before < 5
        other.stop(run)
        assert other.status(run).state == "stopped"
    finally:
        other.close()


def test_a_node_that_does_not_share_the_folder_gets_no_run(
    service: Service, workers: Workers
) -> None:
    """A worker tells by a file whether it sees the server's folder."""
    shared = threading.Event()

    def hide() -> None:
        while not shared.wait(0.005):
            for token in service.root.glob(".shared-*"):
                token.unlink(missing_ok=True)

    hiding = threading.Thread(target=hide)
    hiding.start()
    try:
        workers.newest.kill()
        wait_until(
            lambda: service.report().failed_starts, "a failed start", START_LIMIT_S
        )
        log = (service.root / "ray.log").read_text()
        assert "does not see the server's folder" in log
        assert service.report().status == "degraded"
        run = service.submit(SMALL, owner="ron")
        assert service.status(run).state == "queued"
    finally:
        shared.set()
        hiding.join()
    wait_until(lambda: service.status(run).step >= 1, "the first step", START_LIMIT_S)
    assert service.report().status == "ok"
    service.stop(run)
    wait_for_state(service, run, "stopped")


def test_workers_share_the_gpus_of_two_nodes(cluster: Any, tmp_path: Path) -> None:
    """Ray counts GPUs by what a node says it has: there need be none for this."""
    node = {"object_store_memory": OBJECT_STORE_BYTES, "include_dashboard": False}
    nodes = [cluster.add_node(num_cpus=2, num_gpus=1, **node) for _ in range(2)]
    settings = Settings(workers=3, backend="ray", ray_address=cluster.address)
    service = Service(tmp_path, settings, umap=False)
    try:
        wait_until(
            lambda: service.report().warm == 3, "three workers", 2 * START_LIMIT_S
        )
        hosts = Counter(process.ppid() for process in actors(cluster))
        on_gpus = {n.all_processes["raylet"][0].process.pid for n in nodes}
        assert {pid for pid in hosts if pid in on_gpus} == on_gpus
        assert sum(hosts[pid] for pid in on_gpus) == 3
        assert max(hosts[pid] for pid in on_gpus) == 2, "half a GPU each"
    finally:
        service.close()
        for node in nodes:
            cluster.remove_node(node, allow_graceful=False)
