"""Runs outside the web server's process: a pool of warm workers, and folders on disk.

A page talks to :class:`Service` alone. Nothing here imports torch until a run is
submitted or adjusted.
"""

from ssl_core.service.pictures import (
    FEWEST_POINTS,
    MapFactor,
    MapSet,
    Snapshot,
    UmapFrame,
)
from ssl_core.service.pool import Service
from ssl_core.service.records import ACTIVE, ENDED, RESUMABLE
from ssl_core.service.report import Report
from ssl_core.service.sandbox import SandboxBusy
from ssl_core.service.settings import Settings
from ssl_core.service.status import RunStatus
from ssl_core.service.store import RootInUse, UnknownRun

__all__ = [
    "ACTIVE",
    "ENDED",
    "FEWEST_POINTS",
    "RESUMABLE",
    "MapFactor",
    "MapSet",
    "Report",
    "RootInUse",
    "RunStatus",
    "SandboxBusy",
    "Service",
    "Settings",
    "Snapshot",
    "UmapFrame",
    "UnknownRun",
]
