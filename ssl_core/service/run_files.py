"""A run is a folder: everything that a viewer needs is on disk, whoever is alive.

::

    <root>/<run_id>/config.json   what was asked for; written once, by the server
                    state.json    its state; replaced as a whole, by the server
                    ticks.jsonl   one line a tick; only appended to, by its worker
                    latest.npz    the last tick's pictures, replaced as a whole
                    map_set.npz   the images on the map, written once
                    umap.npz      the last background layout
                    checkpoint-a/ weights and card, and checkpoint-b/ likewise
                    saved         which of the two is newest and complete

Files, and not a database for each run: the workers of a cluster write them into a folder
that several machines share, where SQLite's WAL does not work; appending a tick took 24 µs,
and an insert 64 µs (median of 36,000, ext4).
"""

import contextlib
import dataclasses
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from ssl_core.service.states import State

RUN_ID = re.compile(r"[A-Za-z0-9_-]{16}")
SLOTS, SAVED = ("checkpoint-a", "checkpoint-b"), "saved"
LEAVING = ".deleted-"  # begins the name of a folder that is being deleted
REWIND = "rewind_to"  # a line of the history: forget all ticks after this step
BUDGET_LIMITS = {"steps", "seconds", "epochs"}
BLOCK_BYTES = 1 << 16
T = TypeVar("T")


@dataclass(frozen=True)
class RunSpec:
    """What was asked for.

    Args:
        config: knobs by flat name (``RunConfig.flat()``).
        owner: whose run it is, any text.
        budget: ``steps``, ``seconds`` and ``epochs``, each a limit or None.
        created: seconds since 1970.
        resume: the checkpoint folder or zip that it starts from, or None.
    """

    config: dict[str, Any]
    owner: str
    budget: dict[str, float | None]
    created: float
    resume: str | None = None

    @property
    def user_id(self) -> str:
        """Who it belongs to: what stands before the first slash of its owner."""
        return self.owner.partition("/")[0]


@dataclass(frozen=True)
class RunRecord:
    """What the server knows of a run, and knows again after a restart.

    Args:
        state: what it is doing, or how it ended.
        config: the knobs in force, by flat name.
        end_reason: why it ended, one sentence, unless it was finished or stopped by its
            owner.
        rejection: why the last changed knob was not taken, one sentence.
        notice: what else happened to it, one sentence.
        step, seconds: how far training is; seconds exclude pauses.
        requests: changed knobs and steps that no worker has confirmed yet.
        updated: seconds since 1970.
    """

    state: State
    config: dict[str, Any] = field(default_factory=dict)
    end_reason: str | None = None
    rejection: str | None = None
    notice: str | None = None
    step: int = 0
    seconds: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list)
    updated: float = 0.0


_FORMS: dict[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (RunSpec, RunRecord)
}


class UnknownRun(ValueError):
    """A run id that names no run of this server."""


class RootInUse(ValueError):
    """A folder of runs that another service owns."""


def lock_root(root: Path) -> FileLock:
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


class RunFiles:
    """One run's files. They are replaced as a whole: a reader never sees half."""

    def __init__(self, root: Path, run_id: str) -> None:
        self.run_id = checked_id(run_id)
        self.path = root / run_id
        self.ticks = self.path / "ticks.jsonl"
        self.latest = self.path / "latest.npz"
        self.map_set = self.path / "map_set.npz"
        self.umap = self.path / "umap.npz"

    @property
    def checkpoint(self) -> Path | None:
        """The newest complete checkpoint, None before the first."""
        try:
            slot = (self.path / SAVED).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return self.path / slot if slot in SLOTS else None

    @property
    def checkpoints(self) -> list[Path]:
        """All checkpoints that may be complete, the newest first."""
        newest = self.checkpoint
        others = [self.path / slot for slot in SLOTS if self.path / slot != newest]
        return [newest, *(path for path in others if path.exists())] if newest else []

    @contextlib.contextmanager
    def saving(self) -> Iterator[Path]:
        """A place for a new checkpoint, which becomes the newest when it is complete.

        If the writer is killed, the checkpoint before stays valid. A reader has until the
        save after the next.
        """
        now = self.checkpoint
        free = SLOTS[1] if now and now.name == SLOTS[0] else SLOTS[0]
        shutil.rmtree(self.path / free, ignore_errors=True)  # perhaps half written
        yield self.path / free
        with atomic_write(self.path / SAVED) as f:
            f.write(free.encode())

    def write_spec(self, spec: RunSpec) -> None:
        """Record what was asked for; makes the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        _write_json(self.path / "config.json", spec)

    def spec(self) -> RunSpec:
        """What was asked for.

        Raises:
            ValueError: if the file is missing or damaged.
        """
        spec = _read_json(self.path / "config.json", RunSpec)
        if not spec.budget.keys() <= BUDGET_LIMITS:
            raise ValueError(_damaged(self.path / "config.json"))
        return spec

    def write_record(self, record: RunRecord) -> None:
        """Replace the record, stamped with the time of writing."""
        record = dataclasses.replace(record, updated=time.time())
        _write_json(self.path / "state.json", record)

    def record(self) -> RunRecord:
        """What the server knew of the run when it last wrote.

        Raises:
            ValueError: if the file is missing or damaged.
        """
        return _read_json(self.path / "state.json", RunRecord)

    def append_tick(self, line: Mapping[str, Any]) -> None:
        """Add one line to the history."""
        with self.ticks.open("ab") as f:
            f.write(json.dumps(line).encode() + b"\n")

    def rewind(self, step: float) -> None:
        """Have readers forget the ticks after a step.

        A line is added; what was read before stays where it is. Only a line that a killed
        worker has half written is cut off: no reader has taken it, for it has no end.
        """
        try:
            with self.ticks.open("r+b") as f:
                f.truncate(_end_of_last_line(f))
        except FileNotFoundError:
            return
        self.append_tick({REWIND: step})

    def delete(self) -> None:
        """Delete the folder; whoever writes there meanwhile finds it gone."""
        leaving = self.path.with_name(f"{LEAVING}{self.run_id}")
        with contextlib.suppress(OSError):
            os.replace(self.path, leaving)
        shutil.rmtree(leaving, ignore_errors=True)

    def remove_temp_files(self) -> None:
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


def list_runs(root: Path) -> list[RunFiles]:
    """All runs on disk, newest first; folders that are not runs are passed over."""
    found = []
    for path in root.iterdir():
        config = path / "config.json"
        if RUN_ID.fullmatch(path.name):
            with contextlib.suppress(OSError):
                found.append((config.stat().st_mtime_ns, path.name))
    return [RunFiles(root, name) for _, name in sorted(found, reverse=True)]


def finish_deletions(root: Path) -> None:
    """Delete what a server that was killed had begun to delete."""
    for path in root.glob(f"{LEAVING}*"):
        shutil.rmtree(path, ignore_errors=True)


def disk_error(what: str, problem: OSError) -> str:
    """The sentence for a disk that is full or may only be read."""
    why = os.strerror(problem.errno) if problem.errno else "the disk refuses"
    return f"The server cannot keep {what} ({why}); its operator has to make room"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside ``path`` and put it in its place when it is complete."""
    # A random name: two threads of one process may write the same file.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as f:
            yield f
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _end_of_last_line(f: BinaryIO) -> int:
    """The offset after the last line break, 0 if there is none."""
    end = f.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - BLOCK_BYTES)
        f.seek(start)
        found = f.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _write_json(path: Path, record: Any) -> None:
    with atomic_write(path) as f:
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
