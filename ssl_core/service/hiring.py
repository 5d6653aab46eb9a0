"""Where workers come from: processes of this machine, or actors of a Ray cluster."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ssl_core.service.link import Heard, Link, Lost, ProcessLink
from ssl_core.service.settings import Settings

Hire = Callable[[Heard, Lost], Link]


QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds, of so many


def cores() -> int:
    """Processor cores that this process may use, a container's share rounded down."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    try:
        share, of = map(int, QUOTA.read_text(encoding="ascii").split())
    except (OSError, ValueError):  # no container, or "max": all of them
        return found
    return max(1, min(found, share // of))


def hiring(root: Path, settings: Settings, count: int) -> Hire:
    """How one of ``count`` workers is started where an operator wants them."""
    threads = max(1, (cores() - 1) // count)
    if settings.backend == "ray":  # optional: requirements-cluster.txt
        ray_link = import_module("ssl_core.service.ray_link")
        made: Hire = ray_link.hire(root, settings, count)
        return made
    arguments = ["--root", str(root), "--threads", str(threads)]

    def hire(heard: Heard, lost: Lost) -> Link:
        log = root / "worker.log"
        return ProcessLink("ssl_core.service.worker", arguments, log, heard, lost)

    return hire
