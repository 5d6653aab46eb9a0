"""The UMAP worker: a process of low priority that computes layouts beside training.

``python -m ssl_core.service.umap_worker --root DIR`` takes ``{"run": run_id}`` lines on
standard input. It answers ``{"done": run_id}`` when it has replaced the run's ``umap.npz``, or
has failed to and has written the reason to its log.
"""

import argparse
import contextlib
import json
import os
import sys
import traceback
from pathlib import Path

from ssl_core.service.connection import claim_stdout
from ssl_core.service.run_files import RunFiles
from ssl_core.service.snapshot import (
    UMAP_MIN_POINTS,
    UmapFrame,
    read_snapshot,
    read_umap,
    write_umap,
)

NICENESS = 19


def compute_layout(folder: RunFiles) -> None:
    """Compute a layout of the run's latest features, starting from its last layout.

    Raises:
        FileNotFoundError: if the run has no tick yet.
        ValueError: if a file is damaged or the map has too few points.
    """
    snapshot = read_snapshot(folder.latest)
    features = snapshot.map_features
    if len(features) < UMAP_MIN_POINTS:
        raise ValueError(
            f"the map has {len(features)} points; UMAP needs at least {UMAP_MIN_POINTS}"
        )
    from ssl_core import embed

    before = None
    with contextlib.suppress(FileNotFoundError, ValueError):
        before = read_umap(folder.umap).xy
    if before is not None and len(before) != len(features):
        before = None
    layout = embed.umap_layout(features, before)
    write_umap(folder.umap, UmapFrame(layout, int(snapshot.scalars["step"])))


def _lower_priority() -> None:
    """Use only idle cores: training and the app come first."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(NICENESS)
    # Linux shares time between sessions first, and this process has its own session.
    group = Path("/proc/self/autogroup")
    with contextlib.suppress(OSError):
        group.write_text(str(NICENESS))


def main() -> None:
    """Compute one layout after the other until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    _lower_priority()
    # Imported after that, because training workers start at the same time.
    import torch

    from ssl_core import embed

    torch.set_num_threads(1)
    replies = claim_stdout()
    embed.warm_up()
    for line in sys.stdin:
        run_id = json.loads(line)["run"]
        try:
            compute_layout(RunFiles(root, run_id))
        except Exception:  # the next layout may succeed
            traceback.print_exc()
        print(json.dumps({"done": run_id}), file=replies, flush=True)


if __name__ == "__main__":
    main()
