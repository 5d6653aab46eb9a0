"""The client of the UMAP worker outlives any worker, and no page waits for it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ssl_core.service import umap_client
from ssl_core.service.run_files import RunFiles
from ssl_core.service.umap_client import UmapClient
from tests.polling import wait_until

Start = Callable[[], UmapClient]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a client whose worker has the fault that a run's id names."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(umap_client, "FIRST_BACKOFF_S", 0.01)
    monkeypatch.setattr(umap_client, "MAX_BACKOFF_S", 0.05)
    made: list[UmapClient] = []

    def start() -> UmapClient:
        made.append(UmapClient(tmp_path, "faulty_umap_worker"))
        return made[-1]

    yield start
    for client in made:
        client.close()


def run_named(root: Path, name: str) -> RunFiles:
    """A run that has one snapshot."""
    folder = RunFiles(root, name.ljust(16, "_"))
    folder.path.mkdir()
    folder.latest.touch()
    return folder


def worker_pid(root: Path) -> int:
    wait_until(
        lambda: (root / "pid").exists() and (root / "pid").read_text(), "its pid"
    )
    return int((root / "pid").read_text())


def count_of(root: Path, folder: RunFiles) -> int:
    """How often the worker was asked for a layout of this run."""
    received = root / "received"
    lines = received.read_text().split() if received.exists() else []
    return lines.count(folder.run_id)


def wait_for_layout(client: UmapClient, folder: RunFiles) -> None:
    """Ask as a page does, several times a second, until nothing is left to do."""
    wait_until(lambda: not client.request(folder), "the answer of the worker")


def test_one_layout_is_computed_for_each_snapshot(start: Start, tmp_path: Path) -> None:
    client, run = start(), run_named(tmp_path, "fine")
    assert client.request(run)
    wait_for_layout(client, run)
    assert count_of(tmp_path, run) == 1
    os.utime(run.latest, ns=(1, 1))
    assert client.request(run)
    wait_for_layout(client, run)
    assert count_of(tmp_path, run) == 2


def test_a_run_without_a_tick_has_no_layout(start: Start, tmp_path: Path) -> None:
    run = run_named(tmp_path, "fine")
    run.latest.unlink()
    assert not start().request(run)


def test_a_worker_that_fails_to_start_is_started_again(
    start: Start, tmp_path: Path
) -> None:
    for i in range(6):
        (tmp_path / f"fail-start-{i}").touch()
    client, run = start(), run_named(tmp_path, "fine")
    wait_for_layout(client, run)
    assert count_of(tmp_path, run) == 1


def test_the_time_between_failed_starts_doubles_up_to_a_limit(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[float] = []

    def fail(*args: object) -> None:
        starts.append(time.monotonic())
        raise OSError("no process can be made")

    monkeypatch.setattr(umap_client, "start_module", fail)
    monkeypatch.setattr(umap_client, "FIRST_BACKOFF_S", 0.02)
    monkeypatch.setattr(umap_client, "MAX_BACKOFF_S", 0.08)
    client, run = start(), run_named(tmp_path, "fine")
    # Without the limit these starts would take 40 seconds.
    wait_until(lambda: client.request(run) and len(starts) > 12, "13 starts")
    pauses = np.diff(starts)[1:]  # the first start is made before any request
    assert (pauses >= [0.02, 0.04, *[0.08] * (len(pauses) - 2)]).all()


def test_a_worker_that_is_killed_is_replaced(start: Start, tmp_path: Path) -> None:
    client = start()
    first = worker_pid(tmp_path)
    for name in ("fine", "again"):
        os.kill(worker_pid(tmp_path), signal.SIGKILL)
        wait_for_layout(client, run := run_named(tmp_path, name))
        assert count_of(tmp_path, run) == 1
    assert worker_pid(tmp_path) != first


def test_a_layout_that_was_lost_with_its_worker_is_computed_again(
    start: Start, tmp_path: Path
) -> None:
    client, run = start(), run_named(tmp_path, "crash")
    wait_for_layout(client, run)
    assert count_of(tmp_path, run) == 2


@pytest.mark.parametrize("fault", ["junk", "crash"])
def test_a_fault_costs_no_other_run_its_layout(
    start: Start, tmp_path: Path, fault: str
) -> None:
    client = start()
    bad, good = run_named(tmp_path, fault), run_named(tmp_path, "fine")
    client.request(bad)
    client.request(good)
    wait_for_layout(client, good)
    wait_for_layout(client, bad)


@pytest.mark.parametrize("fault", ["hang", "close"])
def test_a_worker_that_stops_answering_is_replaced(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(umap_client, "LAYOUT_TIMEOUT_S", 1.0)
    client, bad = start(), run_named(tmp_path, fault)
    worker = worker_pid(tmp_path)
    client.request(bad)
    wait_until(lambda: not psutil.pid_exists(worker), "its end")
    wait_for_layout(client, good := run_named(tmp_path, "fine"))
    assert count_of(tmp_path, good) == 1


def test_a_request_does_not_wait_for_a_stopped_worker(
    start: Start, tmp_path: Path
) -> None:
    """3,000 requests are more than its pipe holds."""
    client = start()
    worker = worker_pid(tmp_path)
    os.kill(worker, signal.SIGSTOP)
    runs = [run_named(tmp_path, f"run{i}") for i in range(3_000)]
    page = threading.Thread(
        target=lambda: [client.request(run) for run in runs], daemon=True
    )
    page.start()
    page.join(10)
    blocked = page.is_alive()
    os.kill(worker, signal.SIGCONT)
    assert not blocked
    wait_for_layout(client, runs[-1])


def test_closing_ends_the_worker_while_it_computes(
    start: Start, tmp_path: Path
) -> None:
    client, run = start(), run_named(tmp_path, "hang")
    worker = worker_pid(tmp_path)
    client.request(run)
    client.request(run_named(tmp_path, "next"))
    wait_until(lambda: count_of(tmp_path, run), "the request")
    client.close()
    wait_until(lambda: not psutil.pid_exists(worker), "the end of the worker")
    assert not client.request(run_named(tmp_path, "late"))
