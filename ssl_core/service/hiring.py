"""Where workers come from: processes of this machine, or actors of a Ray cluster."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ssl_core.service.link import Heard, Link, Lost, ProcessLink
from ssl_core.service.settings import Settings

Hire = Callable[[Heard, Lost], Link]


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def hiring(root: Path, settings: Settings, count: int) -> Hire:
    """How one of ``count`` workers is started where an operator wants them."""
    threads = max(1, (cores() - 1) // count)
    if settings.backend == "ray":  # optional: requirements-cluster.txt
        ray_link = import_module("ssl_core.service.ray_link")
        made: Hire = ray_link.hire(root, settings, threads)
        return made
    arguments = ["--root", str(root), "--threads", str(threads)]

    def hire(heard: Heard, lost: Lost) -> Link:
        log = root / "worker.log"
        return ProcessLink("ssl_core.service.worker", arguments, log, heard, lost)

    return hire
