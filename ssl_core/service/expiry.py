"""What is deleted, and when: ended runs that are old or too many."""

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from ssl_core.service.store import folders

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
    for place, folder in enumerate(folders(root)):
        state = folder.path / "state.json"
        touched = (state if state.exists() else folder.path).stat().st_mtime
        if folder.run_id not in held and (place >= most or touched < oldest):
            shutil.rmtree(folder.path, ignore_errors=True)
            gone.append(folder.run_id)
    return gone
