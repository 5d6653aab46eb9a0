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
from ssl_core.service.pool import RunStatus, Service
from ssl_core.service.store import ACTIVE, ENDED, RootInUse, UnknownRun

__all__ = [
    "ACTIVE",
    "ENDED",
    "FEWEST_POINTS",
    "MapFactor",
    "MapSet",
    "RootInUse",
    "RunStatus",
    "Service",
    "Snapshot",
    "UmapFrame",
    "UnknownRun",
]
