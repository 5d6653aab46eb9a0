"""What is deleted, and when: ended runs that are old or too many."""

import contextlib
import time
from pathlib import Path

from ssl_core.service.run_files import RunFiles, list_runs

DAY = 86_400.0


def expired_runs(root: Path, most: int, days: float) -> list[RunFiles]:
    """The runs beyond the newest ``most``, and those not written for ``days``."""
    oldest = time.time() - days * DAY
    return [
        files
        for place, files in enumerate(list_runs(root))
        if place >= most or _touched(files.path) < oldest
    ]


def _touched(folder: Path) -> float:
    """When a run's record was written, in seconds since 1970; now if that has vanished."""
    for path in (folder / "state.json", folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return time.time()
