"""Workers that misbehave, as processes and as stubs: the pool comes back to its size."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scheduler_driver import SMALL, SchedulerDriver
from stub_worker import StubWorker

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
    for _ in range(8):
        driver.workers[-1].lose()
        count, waited = len(driver.workers), 0.0
        while len(driver.workers) == count:
            driver.now += 0.25
            waited += 0.25
            driver.service.sweep()
        delays.append(waited)
    assert delays[0] == FIRST_DELAY_S and delays == sorted(delays)
    assert delays[-1] == MAX_DELAY_S
    driver.worker_of(driver.submit("ann")).lose()  # it has trained before
    driver.service.sweep()
    assert len(driver.living) == 1, "one that works is replaced at once"
    driver.service.close()


def test_workers_that_end_at_their_first_order_do_not_use_up_the_queue(
    tmp_path: Path,
) -> None:
    driver = SchedulerDriver(tmp_path, workers=1, idle_timeout_s=1e5)
    runs = [driver.service.submit(SMALL, owner=owner) for owner in "abcdef"]
    for _ in range(20):
        driver.service.sweep()
        for worker in driver.living:
            worker.get_ready()
            if worker.inbox:
                worker.lose()
        driver.now += 0.5
    assert len(driver.workers) < 8, "the pool waits longer after each"
    assert driver.service.report().status == "degraded"
    assert driver.state(runs[-1]) == "queued"
    driver.service.close()


@pytest.mark.parametrize("problem", [RuntimeError("can't start new thread"), OSError()])
def test_a_worker_that_cannot_be_listened_to_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """At the limit of processes there may be room for a process, and none for a thread."""

    def fail(worker: StubWorker) -> None:
        raise problem

    with monkeypatch.context() as full:
        full.setattr(StubWorker, "listen", fail)
        driver = SchedulerDriver(tmp_path, workers=2)
        driver.now += 5
        driver.service.sweep()
    assert all(worker.killed for worker in driver.workers)
    assert driver.service.report().status == "degraded"
    driver.now += MAX_DELAY_S
    driver.settle()
    assert driver.service.report().warm == 2
    driver.service.close()


def test_a_worker_that_does_not_get_ready_in_time_is_ended(tmp_path: Path) -> None:
    exits: list[WorkerConnection] = []
    worker = ProcessConnection(
        "faulty_worker",
        ["never ready"],
        tmp_path / "log",
        lambda *_: None,
        exits.append,
        ready_seconds=0.2,
    )
    worker.listen()

    def ended() -> bool:
        worker.check()
        return exits == [worker]

    wait_until(ended, "its end")
    assert worker.exit_reason() == "signal 9"


def test_a_worker_whose_child_holds_its_pipe_is_gone_with_it(tmp_path: Path) -> None:
    exits: list[WorkerConnection] = []
    worker = faulty("leaves a child", tmp_path / "log", lambda *_: None, exits.append)
    worker.listen()

    def ended() -> bool:
        worker.check()
        return exits == [worker]

    wait_until(ended, "its end")


@pytest.mark.parametrize(
    "report",
    [
        {"ended": "boom"},
        {"ended": ["finished"]},
        {"config": "x", "reply_to": 3},
        {"rejection": 5, "reply_to": 3},
        {"step": -1, "tick": 1},
        {"seconds": float("nan"), "tick": 1},
        {"loaded": "half"},
    ],
)
def test_a_report_of_the_wrong_form_changes_nothing(
    tmp_path: Path, report: dict[str, object]
) -> None:
    driver = SchedulerDriver(tmp_path, workers=1)
    run = driver.submit("ann")
    before = driver.service.status(run)
    with pytest.raises(ValueError, match="WorkerReport"):
        driver.worker_of(run).tell(**report)
    assert driver.service.status(run) == before
    driver.worker_of(run).lose()  # the connection ends such a worker
    driver.settle()
    assert driver.state(run) == "running"
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
