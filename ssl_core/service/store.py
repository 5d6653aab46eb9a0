"""A run is a folder: everything that a viewer needs is on disk, whoever is alive.

::

    <root>/<run_id>/config.json   what was asked for: knobs, owner, budget
                    state.json    what it is doing now, replaced as a whole
                    ticks.jsonl   one line a tick, only ever appended to
                    latest.npz    the last tick's pictures, replaced as a whole
                    map_set.npz   the images on the map, written once
                    umap.npz      the last background layout
                    checkpoint-a/ weights and card, and checkpoint-b/ likewise
                    saved         which of the two is newest and complete
"""

import contextlib
import dataclasses
import json
import math
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from ssl_core.service.records import ACTIVE, ENDED, LIMITS, RunAbout, RunState

RUN_ID = re.compile(r"[A-Za-z0-9_-]{16}")
SLOTS, SAVED = ("checkpoint-a", "checkpoint-b"), "saved"
T = TypeVar("T")
_FORMS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (RunAbout, RunState)
}


class UnknownRun(ValueError):
    """A run id that names no run of this server."""


class RootInUse(ValueError):
    """A folder of runs that another service owns."""


def claim(root: Path) -> FileLock:
    """Make a folder of runs one's own until the lock is released or the process ends.

    Raises:
        RootInUse: if another service has it, which would take this one's runs for
            interrupted.
    """
    lock = FileLock(root / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise RootInUse(f"another server keeps its runs in {root}") from None
    return lock


class RunFolder:
    """One run's files. They are replaced as a whole: a reader never sees half."""

    def __init__(self, root: Path, run_id: str) -> None:
        self.run_id = checked_id(run_id)
        self.path = root / run_id
        self.ticks = self.path / "ticks.jsonl"
        self.latest = self.path / "latest.npz"
        self.map_set = self.path / "map_set.npz"
        self.umap = self.path / "umap.npz"

    @property
    def checkpoint(self) -> Path:
        """The newest complete checkpoint; it is not there before the first."""
        slot = SLOTS[0]
        with contextlib.suppress(OSError, UnicodeDecodeError):
            slot = (self.path / SAVED).read_text(encoding="utf-8")
        return self.path / (slot if slot in SLOTS else SLOTS[0])

    @contextlib.contextmanager
    def saving(self) -> Iterator[Path]:
        """A place for a new checkpoint, which becomes the newest when it is complete.

        Its two files cannot be replaced at one moment. Whoever is killed between them
        leaves the one before, and whoever reads that one has until the next but one.
        """
        now = self.checkpoint
        free = SLOTS[1] if now.name == SLOTS[0] and now.exists() else SLOTS[0]
        yield self.path / free
        with replacing(self.path / SAVED) as f:
            f.write(free.encode())

    def write_about(self, about: RunAbout) -> None:
        """Record what was asked for; makes the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        _write_json(self.path / "config.json", about)

    def about(self) -> RunAbout:
        """What was asked for.

        Raises:
            ValueError: if the file is missing or damaged.
        """
        about = _read_json(self.path / "config.json", RunAbout)
        if not about.budget.keys() <= LIMITS:
            raise ValueError(_damaged(self.path / "config.json"))
        return about

    def write_state(self, state: RunState) -> RunState:
        """Replace the state, stamped with the time of writing."""
        state = dataclasses.replace(state, updated=time.time())
        _write_json(self.path / "state.json", state)
        return state

    def state(self) -> RunState:
        """What the run is doing.

        Raises:
            ValueError: if the file is missing or damaged.
        """
        state = _read_json(self.path / "state.json", RunState)
        if state.state not in ACTIVE + ENDED:
            raise ValueError(_damaged(self.path / "state.json"))
        return state

    def append_tick(self, line: Mapping[str, Any]) -> None:
        """Add one line to the history."""
        with self.ticks.open("a", encoding="utf-8") as f:
            f.write(json.dumps(line) + "\n")

    def rewind(self, step: int) -> None:
        """Cut the history after a step, and with it a line that was half written."""
        if not self.ticks.exists():
            return
        lines = self.ticks.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if _step(line) <= step]
        if kept != lines:
            with replacing(self.ticks) as f:
                f.writelines(kept)

    def sweep(self) -> None:
        """Remove what a writer that was killed has left half written."""
        for path in self.path.glob(".*.*"):
            path.unlink(missing_ok=True)


def new_id() -> str:
    """A run id nobody can guess: 16 characters, safe in a path and a URL."""
    return secrets.token_urlsafe(12)


def checked_id(run_id: str) -> str:
    """``run_id`` if it has the form of one, so that it may become part of a path.

    Raises:
        UnknownRun: naming what was given.
    """
    if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
        raise UnknownRun(f"run {str(run_id)[:40]!r} is not known here; start a new one")
    return run_id


def folders(root: Path) -> list[RunFolder]:
    """All runs on disk, newest first; folders that are not runs are passed over."""
    found = []
    for path in root.iterdir():
        config = path / "config.json"
        if RUN_ID.fullmatch(path.name) and config.is_file():
            found.append((config.stat().st_mtime_ns, path.name))
    return [RunFolder(root, name) for _, name in sorted(found, reverse=True)]


def refused(what: str, problem: OSError) -> str:
    """The sentence for a disk that is full or may only be read."""
    why = os.strerror(problem.errno) if problem.errno else "the disk refuses"
    return f"The server cannot keep {what} ({why}); its operator has to make room"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside ``path`` and put it in its place when it is complete."""
    # A random name: two threads of one process may write the same file.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as f:
            yield f
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _step(line: bytes) -> float:
    """The step of a line of the history, infinite if the line is damaged."""
    try:
        return float(json.loads(line)["step"]) if line.endswith(b"\n") else math.inf
    except (ValueError, KeyError, TypeError):
        return math.inf


def _write_json(path: Path, record: Any) -> None:
    with replacing(path) as f:
        f.write(json.dumps(dataclasses.asdict(record)).encode())


def _read_json(path: Path, kind: type[T]) -> T:
    """A record whose every value is of its own type."""
    try:
        found: T = _FORMS[kind].validate_json(path.read_bytes(), strict=True)
        return found
    except (OSError, ValueError):
        raise ValueError(_damaged(path)) from None


def _damaged(path: Path) -> str:
    return (
        f"{path.name} of run {path.parent.name} is missing or damaged; start a new run"
    )
