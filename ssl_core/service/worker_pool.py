"""The workers: as many as there should be, whatever ends one of them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from ssl_core.service.connection import Message, WorkerConnection
from ssl_core.service.worker_factory import WorkerFactory

MAX_ERRORS = 20
FIRST_DELAY_S, MAX_DELAY_S = 0.5, 60.0
log = logging.getLogger("ssl_core.service")


class WorkerPool:
    """Starts workers and replaces those that end.

    After a failed start the next one waits, twice as long each time, up to a minute. It
    never gives up: what was missing (memory, a node of the cluster) may come back.

    Args:
        factory: starts one worker.
        size: how many there should be.
        lock: guards the list of workers; not held while a process starts.
        clock: seconds, as ``time.monotonic`` tells them.
        on_message: called with a worker and each message of it but ``ready``.
        on_lost: called with a worker that has ended; hold no lock.
    """

    def __init__(
        self,
        factory: WorkerFactory,
        size: int,
        lock: threading.RLock,
        clock: Callable[[], float],
        on_message: Callable[[WorkerConnection, Message], None],
        on_lost: Callable[[WorkerConnection], None],
    ) -> None:
        self.size, self.failed_starts, self.closed = size, 0, False
        self.workers: list[WorkerConnection] = []
        self.errors: deque[tuple[float, str]] = deque(maxlen=MAX_ERRORS)
        self._factory, self._lock, self._clock = factory, lock, clock
        self._on_message, self._on_lost = on_message, on_lost
        self._next_start = -float("inf")

    @property
    def ready(self) -> list[WorkerConnection]:
        """The workers that can take a run; hold the lock."""
        return [worker for worker in self.workers if worker.ready]

    def sweep(self) -> None:
        """Bring the pool back to its size. Called by one thread, which holds no lock."""
        with self._lock:
            # Its listener could not report the end: a handler has raised.
            unreported = [worker for worker in self.workers if worker.exited]
        for worker in unreported:
            self._lost(worker)
        while self._may_start():
            self._start()

    def report_error(self, what: str) -> None:
        """Note a problem for the operator."""
        self.errors.append((time.time(), what))
        log.warning(what, extra={"event": "trouble"})

    def close(self) -> list[WorkerConnection]:
        """Start no more workers; returns those there are, for the caller to end."""
        with self._lock:
            self.closed = True
            return list(self.workers)

    def _may_start(self) -> bool:
        with self._lock:
            missing = len(self.workers) < self.size and not self.closed
            return missing and self._clock() >= self._next_start

    def _start(self) -> None:
        try:
            worker = self._factory(self._heard, self._lost)
        except (OSError, ValueError) as problem:
            with self._lock:
                self._start_failed(f"a worker could not be started ({problem})")
            return
        with self._lock:
            closed = self.closed
            self.workers.append(worker)
        worker.listen()
        if closed:
            worker.kill()

    def _start_failed(self, what: str) -> None:
        self.report_error(what)
        self.failed_starts += 1
        delay = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0**self.failed_starts)
        self._next_start = self._clock() + delay

    def _heard(self, worker: WorkerConnection, message: Message) -> None:
        if "ready" in message:
            with self._lock:
                self.failed_starts = 0
        self._on_message(worker, message)

    def _lost(self, worker: WorkerConnection) -> None:
        with self._lock:
            if worker not in self.workers:
                return
            self.workers.remove(worker)
            what = f"a worker ended ({worker.exit_reason()})"
            if self.closed:
                pass
            elif worker.was_ready:
                self.report_error(what)
            else:
                self._start_failed(f"{what} before it was ready")
        self._on_lost(worker)
