"""A worker in a thread of this process: it trains real runs, on little data."""

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue

from ssl_core.data import ImageSet, load
from ssl_core.service.connection import Message, OnExit, OnMessage, WorkerConnection
from ssl_core.service.worker import Worker

COUNT, HELD_OUT = 600, 200  # of the images or clips of a set
END = None


@lru_cache
def small(data: str) -> ImageSet:
    """A set with so few images that it is drawn, and evaluated, in no time."""
    return load(data, count=COUNT, held_out=HELD_OUT)


class _SmallDataWorker(Worker):
    def load(self, data: str, progress: Callable[[int, int], None]) -> ImageSet:
        return small(data)


class ThreadWorker(WorkerConnection):
    """Starts without a new process, which would import torch for seconds.

    Args:
        root: where the runs are.
        on_message, on_exit: as for every connection.
    """

    def __init__(self, root: Path, on_message: OnMessage, on_exit: OnExit) -> None:
        super().__init__(on_message, on_exit)
        self._worker = _SmallDataWorker(root, self._receive)
        self._inbox: SimpleQueue[Message | None] = SimpleQueue()
        commands = iter(self._inbox.get, END)
        self._threads = (
            threading.Thread(target=self._worker.listen, args=(commands,), daemon=True),
            threading.Thread(target=self._work, daemon=True),
        )

    def listen(self) -> None:
        for thread in self._threads:
            thread.start()

    def send(self, message: Message) -> None:
        self._inbox.put(message)

    def close(self) -> None:
        self._inbox.put(END)

    def check(self) -> None:
        pass

    def _kill(self) -> None:
        """A thread cannot be killed: it is asked to end."""
        self.close()

    def wait(self, seconds: float) -> None:
        for thread in self._threads:
            thread.join(seconds)

    def memory_mb(self) -> float:
        return 0.0

    def exit_reason(self) -> str:
        return "the end of its thread"

    def _work(self) -> None:
        self._receive({"ready": True})
        self._worker.work()
        self._exit()
