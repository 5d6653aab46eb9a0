"""Workers that misbehave, as processes and as stubs: the pool comes back to its size."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scheduler_driver import SMALL, SchedulerDriver

from ssl_core.service import Service, Settings, connection
from ssl_core.service.connection import (
    Message,
    OnExit,
    OnMessage,
    ProcessConnection,
    WorkerConnection,
)
from ssl_core.service.worker_pool import FIRST_DELAY_S, MAX_DELAY_S
from tests.polling import wait_until

Start = Callable[..., ProcessConnection]


@pytest.fixture(autouse=True)
def import_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def faulty(how: str, log: Path, heard: OnMessage, exited: OnExit) -> ProcessConnection:
    return ProcessConnection("faulty_worker", [how], log, heard, exited)


# --- the connection --------------------------------------------------------------------


def test_lines_that_are_no_messages_are_passed_over(tmp_path: Path) -> None:
    heard: list[Message] = []
    worker = faulty(
        "garbage", tmp_path / "log", lambda _, m: heard.append(m), lambda _: None
    )
    worker.listen()
    worker.send({"do": "hello"})
    wait_until(lambda: len(heard) == 2, "both messages")
    assert heard == [{"ready": True}, {"run": None, "heard": "hello"}]
    worker.kill()
    worker.wait(5)


def test_a_handler_that_raises_ends_its_worker_and_says_so(tmp_path: Path) -> None:
    def fail(worker: WorkerConnection, message: Message) -> None:
        raise RuntimeError("a bug of the server")

    exits: list[WorkerConnection] = []
    worker = faulty("well", tmp_path / "log", fail, exits.append)
    worker.listen()
    wait_until(lambda: exits == [worker], "the report of its end")
    assert worker.exit_reason() == "signal 9" and not worker.ready


def test_a_worker_that_closes_its_output_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could say nothing any more, and would be busy for ever."""
    monkeypatch.setattr(connection, "EXIT_SECONDS", 0.2)
    exits: list[WorkerConnection] = []
    worker = faulty(
        "closes its output", tmp_path / "log", lambda *_: None, exits.append
    )
    worker.listen()
    wait_until(lambda: exits == [worker], "the report of its end")
    assert worker.process.returncode == -signal.SIGKILL


def test_a_stopped_worker_whose_pipe_is_full_holds_up_no_page(tmp_path: Path) -> None:
    def start(on_message: OnMessage, on_exit: OnExit) -> WorkerConnection:
        return faulty("well", tmp_path / "log", on_message, on_exit)

    service = Service(tmp_path, Settings(workers=1), umap=False, factory=start)
    try:
        wait_until(service.ready, "the worker")
        run = service.submit(SMALL, owner="ann")
        wait_until(lambda: service.status(run).state == "starting", "its start")
        (worker,) = service._scheduler.busy
        assert isinstance(worker, ProcessConnection)
        os.kill(worker.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        for i in range(3_000):  # a pipe holds 64 KB
            service.adjust(run, {"temperature": 0.1 + 0.1 * (i % 2)})
        service.status(run)
        assert time.monotonic() - began < 20, "a page waited for the worker"
        service.stop(run)
        assert service.status(run).state == "stopping"
        worker.kill()
        wait_until(lambda: service.status(run).state == "stopped", "the end")
    finally:
        service.close()


# --- the pool --------------------------------------------------------------------------


@pytest.fixture
def four(tmp_path: Path) -> SchedulerDriver:
    return SchedulerDriver(tmp_path, workers=4)


def test_the_pool_grows_back_after_failed_starts(four: SchedulerDriver) -> None:
    four.settle()
    four.starts_fail = True
    for worker in list(four.living)[1:]:
        worker.lose()
    for _ in range(10):
        four.now += MAX_DELAY_S
        four.settle()
    report = four.service.report()
    assert (report.warm, report.status, report.can_train) == (1, "degraded", True)
    four.starts_fail = False
    four.now += MAX_DELAY_S
    four.settle()
    report = four.service.report()
    assert (report.warm, report.status) == (4, "ok")
    four.service.close()


def test_a_worker_that_ends_before_it_is_ready_is_replaced_more_and_more_slowly(
    tmp_path: Path,
) -> None:
    driver = SchedulerDriver(tmp_path, workers=1)
    delays = []
    for _ in range(9):
        driver.workers[-1].lose()
        count, waited = len(driver.workers), 0.0
        while len(driver.workers) == count:
            driver.now += 0.25
            waited += 0.25
            driver.service.sweep()
        delays.append(waited)
    assert delays[0] == 2 * FIRST_DELAY_S and delays == sorted(delays)
    assert delays[-1] == MAX_DELAY_S
    driver.settle()  # it gets ready now
    driver.workers[-1].lose()
    driver.service.sweep()
    assert len(driver.living) == 1, "one that was ready is replaced at once"
    driver.service.close()


def test_a_worker_whose_end_could_not_be_handled_is_replaced(
    four: SchedulerDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = four.submit("ann")
    worker = four.worker_of(run)
    with monkeypatch.context() as broken:
        broken.setattr(four.service._scheduler, "_lose", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            worker.lose()
    four.settle()
    assert len(four.living) == 4
    four.service.close()
