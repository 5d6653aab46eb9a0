"""What is deleted, and when: ended runs that are old or too many."""

import contextlib
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from ssl_core.service.run_files import list_runs

DAY = 86_400.0


def expire_runs(
    root: Path, most: int, days: float, held: Collection[str] = ()
) -> list[str]:
    """Delete runs beyond the newest ``most``, and those older than ``days``.

    Args:
        held: ids of runs that must stay.

    Returns:
        The ids that went.
    """
    gone, oldest = [], time.time() - days * DAY
    for place, folder in enumerate(list_runs(root)):
        if folder.run_id in held:
            continue
        if place >= most or _touched(folder.path) < oldest:
            shutil.rmtree(folder.path, ignore_errors=True)
            gone.append(folder.run_id)
    return gone


def _touched(folder: Path) -> float:
    """When a run's record was written, in seconds since 1970; now if that has vanished."""
    for path in (folder / "state.json", folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return time.time()
