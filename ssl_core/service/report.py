"""How the service fares, for its operator: counts and sizes, nobody's name."""

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssl_core.service.crew import Crew
    from ssl_core.service.run import Run

MB = 1e6


@dataclass(frozen=True)
class Report:
    """One look at the service.

    Args:
        workers: how many there should be.
        warm: how many are ready.
        training: runs that have a worker.
        waiting: runs in the line.
        runs: runs that are kept.
        memory_mb: resident memory of each worker.
        disk_free_mb: free space where the runs are.
        writable: whether the folder of runs can be written.
        errors: the last problems, one sentence each with its time in UTC.
        uptime_seconds: since the service began.
        typical_seconds: for how long a run has its worker.
        root: the folder of runs.
        backend: where runs train, "local" or "ray".
    """

    workers: int
    warm: int
    training: int
    waiting: int
    runs: int
    memory_mb: list[float]
    disk_free_mb: float
    writable: bool
    errors: list[str]
    uptime_seconds: float
    typical_seconds: float
    root: str
    backend: str

    @property
    def status(self) -> str:
        """ok, starting (no worker is warm yet), or degraded."""
        if not self.writable or not self.memory_mb:
            return "degraded"
        return "ok" if self.warm else "starting"

    @classmethod
    def of(
        cls,
        root: Path,
        backend: str,
        crew: "Crew",
        runs: "Mapping[str, Run]",
        started: float,
    ) -> "Report":
        """Look at a crew; hold its lock."""
        return cls(
            workers=crew.count,
            warm=sum(link.ready for link in crew.links),
            training=len(crew.busy),
            waiting=len(crew.line),
            runs=len(runs),
            memory_mb=[round(link.memory_mb(), 1) for link in crew.links],
            disk_free_mb=round(shutil.disk_usage(root).free / MB),
            writable=os.access(root, os.W_OK),
            errors=[
                f"{datetime.fromtimestamp(when, UTC):%Y-%m-%dT%H:%M:%SZ} {what}"
                for when, what in crew.errors
            ],
            uptime_seconds=round(time.monotonic() - started, 1),
            typical_seconds=round(crew.line.typical_seconds, 1),
            root=str(root),
            backend=backend,
        )
