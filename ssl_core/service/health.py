"""State of the service for its operator: counts and sizes, no names."""

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl_core.service.scheduler import Scheduler
    from ssl_core.settings import Settings

MB = 1e6
STALLED_SECONDS = 30.0  # supervision sweeps twice a second


@dataclass(frozen=True)
class ServiceHealth:
    """One look at the service.

    Args:
        workers: how many there should be.
        warm: how many are ready.
        failed_starts: of workers, one after the other; 0 after one that was ready.
        supervised: whether lost workers are noticed and replaced.
        training: runs that have a worker.
        waiting: runs in the queue.
        runs: runs that are kept.
        memory_mb: resident memory of each worker.
        disk_free_mb: free space where the runs are.
        writable: whether the folder of runs can be written.
        errors: the last problems, one sentence each with its time in UTC.
        uptime_seconds: since the service began.
        median_duration_s: for how long a run has its worker.
        root: the folder of runs.
        backend: where runs train, "local" or "ray".
    """

    workers: int
    warm: int
    failed_starts: int
    supervised: bool
    training: int
    waiting: int
    runs: int
    memory_mb: list[float]
    disk_free_mb: float
    writable: bool
    errors: list[str]
    uptime_seconds: float
    median_duration_s: float
    root: str
    backend: str

    @property
    def status(self) -> str:
        """ok; starting: no worker is warm yet; degraded: workers are missing that do not
        start, nothing can be written, or nobody supervises the workers."""
        missing = self.failed_starts > 0 and self.warm < self.workers
        if missing or not self.writable or not self.supervised:
            return "degraded"
        return "ok" if self.warm else "starting"

    @property
    def can_train(self) -> bool:
        """Whether a run that is started now would be trained and kept."""
        stuck = self.failed_starts > 0 and not self.warm
        return self.writable and self.supervised and not stuck

    @classmethod
    def of(
        cls,
        scheduler: "Scheduler",
        root: Path,
        settings: "Settings",
        runs: int,
        started: float,
        last_sweep: float,
    ) -> "ServiceHealth":
        """Look at a scheduler and its disk; hold no lock."""
        pool = scheduler.pool
        with scheduler.lock:
            workers, warm = list(pool.workers), len(pool.ready)
            failed_starts, errors = pool.failed_starts, list(pool.errors)
            training, waiting = len(scheduler.busy), len(scheduler.queue)
            median_duration = scheduler.queue.median_duration
        now = time.monotonic()
        return cls(
            workers=pool.size,
            warm=warm,
            failed_starts=failed_starts,
            supervised=now - last_sweep < STALLED_SECONDS,
            training=training,
            waiting=waiting,
            runs=runs,
            memory_mb=[round(worker.memory_mb(), 1) for worker in workers],
            disk_free_mb=round(shutil.disk_usage(root).free / MB),
            writable=os.access(root, os.W_OK) and not scheduler.disk_full,
            errors=[
                f"{datetime.fromtimestamp(when, UTC):%Y-%m-%dT%H:%M:%SZ} {what}"
                for when, what in errors
            ],
            uptime_seconds=round(now - started, 1),
            median_duration_s=round(median_duration, 1),
            root=str(root),
            backend=settings.backend,
        )
