"""A patient process that draws UMAP layouts beside training.

``python -m ssl_core.service.mapper --root DIR`` takes ``{"run": run_id}`` lines on
standard input and answers ``{"mapped": run_id}`` when the run's ``umap.npz`` has been
replaced. It is nice to the others: training and the app come first.
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
    FEWEST_POINTS,
    UmapFrame,
    read_snapshot,
    read_umap,
    write_umap,
)

NICENESS = 19


def draw(folder: RunFiles) -> None:
    """Lay out the run's latest features, starting from its last layout.

    Raises:
        FileNotFoundError: if the run has no tick yet.
        ValueError: if a file is damaged or the map has too few points.
    """
    snapshot = read_snapshot(folder.latest)
    features = snapshot.map_features
    if len(features) < FEWEST_POINTS:
        raise ValueError(
            f"the map has {len(features)} points; UMAP needs at least {FEWEST_POINTS}"
        )
    from ssl_core import embed

    before = None
    with contextlib.suppress(FileNotFoundError, ValueError):
        before = read_umap(folder.umap).xy
    if before is not None and len(before) != len(features):
        before = None
    layout = embed.umap_layout(features, before)
    write_umap(folder.umap, UmapFrame(layout, int(snapshot.scalars["step"])))


def _stand_back() -> None:
    """Take only time that nobody else wants: training and the app come first."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(NICENESS)
    # Linux weighs sessions against each other first, and this process has its own.
    group = Path("/proc/self/autogroup")
    with contextlib.suppress(OSError):
        group.write_text(str(NICENESS))


def main() -> None:
    """Draw one layout after the other until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    _stand_back()
    # Imported now, so that this is nice as well: workers get warm meanwhile.
    import torch

    from ssl_core import embed

    torch.set_num_threads(1)
    replies = claim_stdout()
    embed.warm_up()
    print(json.dumps({"ready": True}), file=replies, flush=True)
    for line in sys.stdin:
        run_id = json.loads(line)["run"]
        try:
            draw(RunFiles(root, run_id))
        except Exception:  # a map that fails must not take the next one with it
            traceback.print_exc()
        print(json.dumps({"mapped": run_id}), file=replies, flush=True)


if __name__ == "__main__":
    main()
