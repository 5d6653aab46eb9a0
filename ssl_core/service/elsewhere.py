"""Runs that another server wrote: looked for where a learner has none here."""

import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from ssl_core.service.store import RunFolder

NEWEST = 5  # runs of an owner that are fetched
AGAIN_SECONDS = 10.0  # a store is asked for an owner no more often
MOST_OWNERS = 10_000


class Elsewhere:
    """What a mirror (:mod:`ssl_core.service.mirror`) holds; nothing without one.

    Args:
        root: where the runs are.
        url: of the mirror, "" for none.

    Raises:
        ValueError: if the URL is none, or a package for it is missing.
    """

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self._asked: dict[str, float] = {}
        try:  # optional: requirements-cluster.txt
            room = import_module("ssl_core.service.mirror") if url else None
        except ImportError as missing:
            raise ValueError(
                f"CONTRASTIVE_MIRROR needs {missing.name}; install requirements-cluster.txt"
            ) from None
        self._mirror = room.Mirror(root, url) if room else None

    def runs_of(self, owner: str) -> Iterator[RunFolder]:
        """Fetch an owner's newest runs; may wait for the network."""
        now = time.monotonic()
        if self._mirror is None or now - self._asked.get(owner, -1e9) < AGAIN_SECONDS:
            return
        if len(self._asked) > MOST_OWNERS:
            self._asked.clear()
        self._asked[owner] = now
        for run_id in self._mirror.runs_of(owner)[:NEWEST]:
            folder = RunFolder(self.root, run_id)
            if not folder.path.exists() and self._mirror.pull(run_id):
                yield folder

    def forget(self, run_ids: Iterable[str]) -> None:
        """Delete the copies of runs that have expired."""
        if self._mirror:
            self._mirror.forget(run_ids)

    def close(self) -> None:
        """Copy what is left, and end."""
        if self._mirror:
            self._mirror.close()
