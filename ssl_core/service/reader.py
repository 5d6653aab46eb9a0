"""Reading runs many times a second: what did not change on disk is not read again."""

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from ssl_core.service import pictures
from ssl_core.service.pictures import MapSet, Snapshot, UmapFrame
from ssl_core.service.store import RunFolder

T = TypeVar("T")
KEPT_FILES = 64  # a snapshot is about half a megabyte


@dataclass
class _Tail:
    """How much of a growing file has been read; a replaced file begins anew."""

    inode: int = 0
    offset: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)


class Reader:
    """Cached reading of run folders; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, tuple[tuple[int, ...], Any]] = OrderedDict()
        self._tails: OrderedDict[Path, _Tail] = OrderedDict()

    def latest(self, folder: RunFolder) -> Snapshot | None:
        """The last tick, None before the first."""
        return self._read(folder.latest, pictures.read_snapshot)

    def map_set(self, folder: RunFolder) -> MapSet | None:
        """The images on the map, None before the run began."""
        return self._read(folder.map_set, pictures.read_map_set)

    def umap(self, folder: RunFolder) -> UmapFrame | None:
        """The last background layout, None before the first."""
        return self._read(folder.umap, pictures.read_umap)

    def history(self, folder: RunFolder, since: int) -> list[dict[str, Any]]:
        """Ticks from index ``since`` on; only bytes that are new are read."""
        with self._lock:
            tail = self._tails.setdefault(folder.ticks, _Tail())
            self._tails.move_to_end(folder.ticks)
            _read_on(folder.ticks, tail)
            _keep_newest(self._tails)
            return tail.lines[max(0, since) :]

    def _read(self, path: Path, load: Callable[[Path], T]) -> T | None:
        try:
            about = path.stat()
            mark = (about.st_mtime_ns, about.st_size, about.st_ino)
            with self._lock:
                known = self._files.get(path)
            if known and known[0] == mark:
                return cast(T, known[1])
            value = load(path)
        except FileNotFoundError:
            return None
        with self._lock:
            self._files[path] = (mark, value)
            self._files.move_to_end(path)
            _keep_newest(self._files)
        return value


def _read_on(path: Path, tail: _Tail) -> None:
    try:
        with path.open("rb") as f:
            inode = os.fstat(f.fileno()).st_ino
            if inode != tail.inode:
                # Not cleared: the old list may be in somebody's hands.
                tail.inode, tail.offset, tail.lines = inode, 0, []
            f.seek(tail.offset)
            fresh = f.read()
    except FileNotFoundError:
        return
    except OSError as problem:
        raise ValueError(
            f"{path.name} of run {path.parent.name} cannot be read ({problem.strerror}); "
            "start a new run"
        ) from None
    # A line without its end is still being written.
    for line in fresh[: fresh.rfind(b"\n") + 1].splitlines(keepends=True):
        try:
            tick = json.loads(line)
            if not isinstance(tick, dict):
                raise ValueError
            tail.lines.append(tick)
        except ValueError:
            raise ValueError(
                f"line {len(tail.lines) + 1} of {path.name} of run {path.parent.name} "
                "is damaged; start a new run"
            ) from None
        tail.offset += len(line)


def _keep_newest(cache: OrderedDict[Path, Any]) -> None:
    while len(cache) > KEPT_FILES:
        cache.popitem(last=False)
