"""Reading runs many times a second: what did not change on disk is not read again."""

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from ssl_core.service import snapshot
from ssl_core.service.run_files import REWIND, RunFiles
from ssl_core.service.snapshot import MapSet, Snapshot, UmapFrame

T = TypeVar("T")
MAX_CACHED_FILES = 64  # a snapshot is about half a megabyte


@dataclass
class _Tail:
    """How much of a growing file has been read; a replaced file begins anew."""

    inode: int = 0
    offset: int = 0
    line_count: int = 0
    ticks: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class RunReader:
    """Cached reading of runs' files; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[Path, tuple[tuple[int, ...], Any]] = OrderedDict()
        self._tails: OrderedDict[Path, _Tail] = OrderedDict()

    def latest(self, files: RunFiles) -> Snapshot | None:
        """The last tick, None before the first."""
        return self._read(files.latest, snapshot.read_snapshot)

    def map_set(self, files: RunFiles) -> MapSet | None:
        """The images on the map, None before the run began."""
        return self._read(files.map_set, snapshot.read_map_set)

    def umap(self, files: RunFiles) -> UmapFrame | None:
        """The last background layout, None before the first."""
        return self._read(files.umap, snapshot.read_umap)

    def history(self, files: RunFiles, since: int) -> list[dict[str, Any]]:
        """Ticks from index ``since`` on; only bytes that are new are read.

        Raises:
            ValueError: naming the line, if the file is damaged.
        """
        with self._lock:
            tail = self._tails.setdefault(files.ticks, _Tail())
            self._tails.move_to_end(files.ticks)
            _keep_newest(self._tails)
        with tail.lock:
            _read_new_lines(files.ticks, tail)
            return tail.ticks[max(0, since) :]

    def _read(self, path: Path, load: Callable[[Path], T]) -> T | None:
        try:
            about = path.stat()
            version = (about.st_mtime_ns, about.st_size, about.st_ino)
            with self._lock:
                known = self._files.get(path)
            if known and known[0] == version:
                return cast(T, known[1])
            value = load(path)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise ValueError(_unreadable(path, problem)) from None
        with self._lock:
            self._files[path] = (version, value)
            self._files.move_to_end(path)
            _keep_newest(self._files)
        return value


def _read_new_lines(path: Path, tail: _Tail) -> None:
    try:
        with path.open("rb") as f:
            inode = os.fstat(f.fileno()).st_ino
            if inode != tail.inode:
                tail.inode, tail.offset, tail.line_count = inode, 0, 0
                # Not cleared: somebody may hold the old list.
                tail.ticks = []
            f.seek(tail.offset)
            fresh = f.read()
    except FileNotFoundError:
        return
    except OSError as problem:
        raise ValueError(_unreadable(path, problem)) from None
    # A line without its end is still being written.
    for line in fresh[: fresh.rfind(b"\n") + 1].splitlines(keepends=True):
        _take(line, path, tail)
        tail.offset += len(line)
        tail.line_count += 1


def _take(line: bytes, path: Path, tail: _Tail) -> None:
    try:
        entry = json.loads(line)
        if REWIND in entry:
            tail.ticks = [t for t in tail.ticks if t["step"] <= entry[REWIND]]
        elif isinstance(entry["step"], int):
            tail.ticks.append(entry)
        else:
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(
            f"line {tail.line_count + 1} of {path.name} of run {path.parent.name} is "
            "damaged; start a new run"
        ) from None


def _unreadable(path: Path, problem: OSError) -> str:
    return (
        f"{path.name} of run {path.parent.name} cannot be read ({problem.strerror}); "
        "start a new run"
    )


def _keep_newest(cache: OrderedDict[Path, Any]) -> None:
    while len(cache) > MAX_CACHED_FILES:
        cache.popitem(last=False)
