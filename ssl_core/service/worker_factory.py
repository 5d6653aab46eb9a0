"""How a worker is started: as a process of this machine, or on a Ray cluster."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from ssl_core.service.connection import (
    OnExit,
    OnMessage,
    ProcessConnection,
    WorkerConnection,
)
from ssl_core.settings import Settings, variable

WorkerFactory = Callable[[OnMessage, OnExit], WorkerConnection]
MAX_DEFAULT_WORKERS = 4
# To import PyTorch and draw a data set on a busy machine, or to wait for a place in a
# cluster; then another start is tried.
READY_SECONDS = 300.0
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds, of so many


def available_cores() -> int:
    """Processor cores that this process may use, a container's share rounded down."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    try:
        share, of = map(int, CPU_QUOTA.read_text(encoding="ascii").split())
    except (OSError, ValueError):  # no container, or "max": all of them
        return found
    return max(1, min(found, share // of))


def pool_size(settings: Settings) -> int:
    """How many workers there should be."""
    default = max(1, min(MAX_DEFAULT_WORKERS, available_cores() - 1))
    return settings.workers or default


def worker_factory(root: Path, settings: Settings) -> WorkerFactory:
    """A function that starts one worker where an operator wants it.

    On a cluster the child process is a proxy for an actor
    (:mod:`ssl_core.service.ray_worker`); the connection is the same.

    Raises:
        ValueError: if the cluster's package or address is missing.
    """
    size = pool_size(settings)
    arguments = ["--root", str(root)]
    if settings.backend == "ray":
        _require_ray(settings)
        module, log_path = "ssl_core.service.ray_worker", root / "ray.log"
        arguments += ["--address", settings.ray_address, "--workers", str(size)]
    else:
        module, log_path = "ssl_core.service.worker", root / "worker.log"
        threads = max(1, (available_cores() - 1) // size)
        arguments += ["--threads", str(threads)]

    def start(on_message: OnMessage, on_exit: OnExit) -> WorkerConnection:
        return ProcessConnection(
            module, arguments, log_path, on_message, on_exit, READY_SECONDS
        )

    return start


def _require_ray(settings: Settings) -> None:
    if find_spec("ray") is None:  # optional: requirements-cluster.txt
        raise ValueError(
            f"{variable('backend')} is ray, but Ray is not installed; pip install -r "
            "requirements-cluster.txt brings it"
        )
    if not settings.ray_address:
        raise ValueError(
            f"{variable('ray_address')} is empty; {variable('backend')} is ray and needs "
            "the address of a cluster, such as 10.0.0.5:6379 (ray start --head prints it)"
        )
