"""A server of runs without pages, to be killed: ``python run_server.py ROOT [RUN]``.

Starts a run, or resumes one that was interrupted, and prints its id, state and step in one
line; then it reads the run's status until it is killed.
"""

import sys
import time
from pathlib import Path

from ssl_core.service import Service, Settings
from ssl_core.train import RunConfig

ENDLESS = 86_400.0


def main() -> None:
    """Serve one run."""
    root, *known = sys.argv[1:]
    caps = {"max_seconds": ENDLESS, "max_steps": 10_000_000}
    service = Service(Path(root), Settings(workers=1, **caps), umap=False)  # type: ignore[arg-type]
    if known:
        run = known[0]
        found = service.status(run)
        service.resume(run)
    else:
        run = service.submit(RunConfig(batch_size=32), owner="ann")
        found = service.status(run)
    print(run, found.state, found.step, flush=True)
    while True:
        service.status(run)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
