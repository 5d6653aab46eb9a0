"""A service with stub workers, without threads, and with a clock that the test sets."""

from pathlib import Path
from typing import Any

from stub_worker import StubWorker

from ssl_core.service import Service, Settings
from ssl_core.service.connection import OnExit, OnMessage
from ssl_core.train import RunConfig

SMALL = RunConfig(batch_size=8, seed=1)


class SchedulerDriver:
    """A service that does nothing between two calls of :meth:`settle`.

    Args:
        root: where the runs are.
        settings: an operator's settings by field name; one worker if not given.
    """

    def __init__(self, root: Path, **settings: Any) -> None:
        self.root, self.now = root, 1_000.0
        self.settings = Settings(**{"workers": 1} | settings)
        self.workers: list[StubWorker] = []
        self.starts_fail = False
        self.service = self.open()

    def open(self) -> Service:
        """Start a server on the root."""
        self.workers.clear()
        self.service = Service(
            self.root,
            self.settings,
            umap=False,
            factory=self._start_worker,
            clock=lambda: self.now,
            threads=False,
        )
        return self.service

    def _start_worker(self, on_message: OnMessage, on_exit: OnExit) -> StubWorker:
        if self.starts_fail:
            raise OSError(11, "Resource temporarily unavailable")
        self.workers.append(StubWorker(on_message, on_exit))
        return self.workers[-1]

    @property
    def living(self) -> list[StubWorker]:
        """The workers that have not ended."""
        return [worker for worker in self.workers if not worker.exited]

    def settle(self) -> None:
        """Let everybody do what they have been told, until nothing changes."""
        for _ in range(8):
            self.service.sweep()
            for worker in self.living:
                if worker.killed:
                    worker.lose()
                    continue
                if not worker.was_ready:
                    worker.get_ready()
                worker.take_all()
                worker.train()
        self.service.sweep()

    def worker_of(self, run: str) -> StubWorker:
        """The worker that has a run."""
        (worker,) = [worker for worker in self.living if worker.run == run]
        return worker

    def submit(self, owner: str, config: RunConfig = SMALL) -> str:
        """Submit a run and let it start if it can."""
        run = self.service.submit(config, owner=owner)
        self.settle()
        return run

    def state(self, run: str) -> str:
        """The state, without looking at the run: that would keep it from being idle."""
        return str(self.service._runs[run].state)
