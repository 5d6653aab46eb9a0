"""The workers: as many as there should be, whatever ends one of them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from ssl_core.service.connection import Message, WorkerConnection
from ssl_core.service.worker_factory import WorkerFactory

MAX_ERRORS = 20
FIRST_DELAY_S, MAX_DELAY_S = 1.0, 60.0
STABLE_S = 10.0  # all workers have been ready for so long: earlier failures are past
log = logging.getLogger("ssl_core.service")


class WorkerPool:
    """Starts workers and replaces those that end.

    After a worker that never trained has ended, the next start waits, longer after each
    failure, up to a minute. The pool never gives up: what was missing (memory, a node of
    the cluster) may come back.

    Args:
        factory: starts one worker.
        size: how many there should be.
        lock: guards the list of workers; not held while a process starts.
        clock: seconds, as ``time.monotonic`` tells them.
        on_message: called with a worker and each of its messages.
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
            workers = list(self.workers)
        for worker in workers:
            worker.check()
            if worker.exited:  # its listener could not report it: a handler has raised
                self._lost(worker)
        while self._may_start():
            self._start()
        with self._lock:
            lasting = self._clock() >= self._next_start + STABLE_S
            if len(self.ready) == self.size and lasting:
                self.failed_starts = 0

    def report_error(self, what: str) -> None:
        """Record a problem for the operator."""
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
        worker = None
        try:
            worker = self._factory(self._receive, self._lost)
            with self._lock:
                # Before it is known: whoever closes the pool waits for workers that listen.
                self.workers.append(worker)
                worker.listen()
                if self.closed:
                    worker.kill()
        except Exception as problem:  # no memory, no process, no thread
            with self._lock:
                if worker in self.workers:
                    self.workers.remove(worker)
                self._start_failed(f"a worker could not be started ({problem})")
            if worker:
                worker.kill()

    def _start_failed(self, what: str) -> None:
        self.report_error(what)
        self.failed_starts += 1
        doublings = min(self.failed_starts - 1, 10)
        delay = min(MAX_DELAY_S, FIRST_DELAY_S * 2.0**doublings)
        self._next_start = self._clock() + delay

    def _receive(self, worker: WorkerConnection, message: Message) -> None:
        if "tick" in message:  # it works
            worker.has_trained = True
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
            elif worker.has_trained:
                self.report_error(what)
            else:
                self._start_failed(f"{what} before its first step")
        self._on_lost(worker)
