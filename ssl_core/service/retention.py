"""What is deleted, and when: ended runs and uploads that are old or too many."""

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from ssl_core.service.run_files import list_runs

DAY, MB = 86_400.0, 1_000_000
UPLOADS = "uploads"  # folder beside the runs: <learner>/<kind>/<hash>.zip


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
        state = folder.path / "state.json"
        touched = (state if state.exists() else folder.path).stat().st_mtime
        if folder.run_id not in held and (place >= most or touched < oldest):
            shutil.rmtree(folder.path, ignore_errors=True)
            gone.append(folder.run_id)
    return gone


def expire_uploads(root: Path, most_mb: float, days: float) -> None:
    """Delete uploads older than ``days``, and the oldest while all take ``most_mb``."""
    files = sorted(
        ((path.stat(), path) for path in (root / UPLOADS).glob("*/*/*.zip")),
        key=lambda found: found[0].st_mtime,
        reverse=True,
    )
    total, oldest = 0, time.time() - days * DAY
    for about, path in files:
        total += about.st_size
        if about.st_mtime < oldest or total > most_mb * MB:
            path.unlink(missing_ok=True)
