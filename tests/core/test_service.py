"""The service with real worker processes and real files."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scheduler_driver import SchedulerDriver
from service_contract import (
    Contract,
    PidOf,
    Workers,
    saved_step,
    service_with,
    started,
    wait_for_state,
)

from ssl_core.service import RootInUse, Service, UnknownRun
from ssl_core.service.retention import expired_runs
from ssl_core.service.run_files import (
    RunFiles,
    RunRecord,
    RunSpec,
    list_runs,
    new_id,
)
from ssl_core.service.snapshot import read_snapshot
from ssl_core.service.states import State
from ssl_core.service.worker_factory import worker_factory
from ssl_core.settings import Settings
from ssl_core.train import RunConfig
from tests.polling import START_LIMIT_S, wait_until


class TestProcesses(Contract):
    """Workers that are processes of this machine."""

    @pytest.fixture(scope="class")
    def root(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return tmp_path_factory.mktemp("runs")

    @pytest.fixture(scope="class")
    def workers(self, root: Path) -> Workers:
        return Workers(worker_factory(root, Settings(workers=1)))

    @pytest.fixture(scope="class")
    def service(self, root: Path, workers: Workers) -> Iterator[Service]:
        made = service_with(workers, root, Settings(workers=1), umap=True)
        yield made
        made.close()

    @pytest.fixture
    def pid_of(self) -> PidOf:
        return lambda worker: worker.process.pid

    @pytest.fixture
    def killed(self) -> str:
        return "signal 9"

    @pytest.mark.parametrize(
        "name", ["../x", "", "a" * 16, "..%2f", "x/../../etc/passwd", None]
    )
    def test_unknown_runs_are_refused(self, service: Service, name: str) -> None:
        methods = [service.status, service.latest, service.history, service.stop]
        methods += [service.request_umap, service.checkpoint, service.resume]
        for method in methods:
            with pytest.raises(UnknownRun, match="is not known here"):
                method(name)

    @pytest.mark.slow
    def test_umap_is_computed_during_training(
        self, service: Service, config: RunConfig
    ) -> None:
        run = started(service, config, "jan")
        assert service.umap(run) is None
        service.request_umap(run)
        wait_until(lambda: service.umap(run), "a layout", START_LIMIT_S)
        frame, images = service.umap(run), service.map_set(run)
        assert frame is not None and images is not None
        assert frame.xy.shape == (len(images.images), 2)
        assert np.isfinite(frame.xy).all() and frame.xy.std() > 0.5
        service.stop(run)
        wait_for_state(service, run, "stopped")

    @pytest.mark.slow
    def test_a_worker_saves_its_run_when_its_server_ends(
        self, service: Service, workers: Workers, config: RunConfig
    ) -> None:
        """Closing its standard input is what a worker sees when its server is killed."""
        run = started(service, config, "lee")
        worker = workers.newest
        worker.close()
        assert worker.process.wait(30) == 0
        assert service.status(run).state == "interrupted"
        assert saved_step(service, run) == service.status(run).step >= 1


def test_runs_of_an_earlier_server_are_found(tmp_path: Path) -> None:
    about = RunSpec({"seed": 1}, "mia", {}, 5.0)
    left, damaged = RunFiles(tmp_path, new_id()), RunFiles(tmp_path, new_id())
    for folder in (left, damaged):
        folder.write_spec(about)
        folder.write_record(RunRecord(State.RUNNING, step=7))
    (damaged.path / "state.json").write_text('{"state": ')
    damaged.latest.write_bytes(b"PK\x03\x04 torn")
    damaged.ticks.write_text('{"step": 0}\nnonsense\n')
    service = Service(tmp_path, Settings(workers=1), umap=False)
    try:
        assert service.status(left.run_id).state == "interrupted"
        assert service.status(left.run_id).step == 7
        now = service.status(damaged.run_id)
        assert now.state == "interrupted" and "is missing or damaged" in now.end_reason
        for method in (service.latest, service.history):
            with pytest.raises(ValueError, match=r"damaged; start a new run"):
                method(damaged.run_id)
    finally:
        service.close()


def test_two_services_cannot_share_a_folder_of_runs(tmp_path: Path) -> None:
    """A second service would mark the runs of the first as interrupted."""
    first = Service(tmp_path, Settings(workers=1), umap=False)
    left = RunFiles(tmp_path, new_id())
    left.write_spec(RunSpec({}, "mia", {}, 5.0))
    left.write_record(RunRecord(State.QUEUED))
    try:
        with pytest.raises(RootInUse, match="another server keeps its runs in"):
            Service(tmp_path, Settings(workers=1), umap=False)
        assert left.record().state == "queued"
    finally:
        first.close()
    Service(tmp_path, Settings(workers=1), umap=False).close()
    assert left.record().state == "interrupted"


def test_old_and_excess_runs_are_found(tmp_path: Path) -> None:
    made, day = [], 86_400
    for i in range(6):
        files = RunFiles(tmp_path, new_id())
        files.write_spec(RunSpec({}, "nan", {}, float(i)))
        files.write_record(RunRecord(State.FINISHED))
        os.utime(files.path / "config.json", (i, i))
        made.append(files.run_id)
    (tmp_path / "not a run").mkdir()
    found = expired_runs(tmp_path, 3, 7)
    assert sorted(f.run_id for f in found) == sorted(made[:3])
    for files in found:
        files.delete()
    assert [f.run_id for f in list_runs(tmp_path)] == [*reversed(made[3:])]
    then = time.time() - 8 * day
    os.utime(tmp_path / made[4] / "state.json", (then, then))
    assert [f.run_id for f in expired_runs(tmp_path, 100, 7)] == [made[4]]
    assert (tmp_path / "not a run").is_dir()


def test_old_runs_are_deleted_but_none_that_somebody_needs(tmp_path: Path) -> None:
    driver = SchedulerDriver(tmp_path, retention_runs=1)
    ended, paused, queued = (driver.submit(owner) for owner in ("ann", "bob", "cid"))
    service = driver.service
    service.stop(ended)
    driver.settle()
    service.pause(paused)
    driver.settle()
    newest = driver.submit("dan")
    service.delete_old()
    kept = [run for run in (ended, paused, queued, newest) if service.knows(run)]
    assert kept == [paused, queued, newest]
    assert sorted(f.run_id for f in list_runs(tmp_path)) == sorted(kept)
    driver.now += driver.settings.idle_timeout_s + 1
    service.status(queued)
    service.delete_old()
    assert not service.knows(paused), "nobody has looked at it for long"
    service.close()


def test_arrays_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "latest.npz"
    np.savez(path, map_xy=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="damaged"):
        read_snapshot(path)


def test_importing_the_service_does_not_import_torch() -> None:
    code = "import sys, ssl_core.service; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
