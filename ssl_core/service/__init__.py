"""Runs outside the web server's process: a pool of warm workers, and folders on disk.

A page talks to :class:`Service` alone. Nothing here imports torch until a run is
submitted or adjusted.
"""

from ssl_core.sandbox import SandboxBusy
from ssl_core.service.health import ServiceHealth
from ssl_core.service.run_files import RootInUse, UnknownRun
from ssl_core.service.service import Service
from ssl_core.service.snapshot import (
    UMAP_MIN_POINTS,
    MapFactor,
    MapSet,
    Snapshot,
    UmapFrame,
)
from ssl_core.service.states import ACTIVE, ENDED, RESUMABLE, State
from ssl_core.service.status import RunStatus
from ssl_core.settings import Settings

__all__ = [
    "ACTIVE",
    "ENDED",
    "RESUMABLE",
    "UMAP_MIN_POINTS",
    "MapFactor",
    "MapSet",
    "RootInUse",
    "RunStatus",
    "SandboxBusy",
    "Service",
    "ServiceHealth",
    "Settings",
    "Snapshot",
    "State",
    "UmapFrame",
    "UnknownRun",
]
