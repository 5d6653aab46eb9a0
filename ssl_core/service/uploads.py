"""Learners' uploads on disk: written as a whole, deleted when they are old or too large.

::

    <root>/<user>/<kind>/<hash>.zip      an upload, named after the hash of its content
                         <hash>.used     its modification time is the upload's last use
                         .<hash>.zip.*   an upload that is being written

The time of the last use has a file of its own. In the modification time of the upload it
would look like new content, and reading for a backup changes the access time.
"""

import contextlib
import hashlib
import logging
import os
import re
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ssl_core.service.run_files import disk_error

UPLOADS = "uploads"  # name of the folder, beside the runs
DAY, MB = 86_400.0, 1_000_000
DELETED = (
    "Your upload has been deleted, because it was old or disk space was needed; upload it "
    "again"
)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
log = logging.getLogger("ssl_core.service")


@dataclass(frozen=True)
class _Upload:
    path: Path
    size: int  # bytes
    last_used: float  # seconds since 1970

    @property
    def user_id(self) -> str:
        return self.path.parent.parent.name


class UploadStore:
    """The folder of uploads; only one store may write there. Safe to share between threads.

    Args:
        root: the folder; made by the first upload.
        max_mb: total size of all uploads in MB.
        retention_days: for how many days an upload is kept after its last use.
        in_use: the paths that must stay; those of other files may be among them. The
            store calls it while it holds its own lock, so do not call the store while
            you hold a lock that ``in_use`` waits for.
    """

    def __init__(
        self,
        root: Path,
        max_mb: float,
        retention_days: float,
        in_use: Callable[[], Iterable[str | Path]],
    ) -> None:
        self.root = Path(os.path.abspath(root))
        self.max_bytes, self.retention_s = max_mb * MB, retention_days * DAY
        self._in_use = in_use
        self._lock = threading.Lock()
        self._writing: dict[Path, int] = {}  # temporary file -> bytes it will have
        self._protected: Counter[Path] = Counter()

    def save(self, user_id: str, kind: str, content: bytes) -> Path:
        """Save an upload, unless the learner has saved the same content before.

        If all uploads together are then larger than ``max_mb``, others are deleted as
        by :meth:`sweep`, after this one is complete.

        Args:
            user_id: whose it is: letters, digits, ``_`` and ``-``.
            kind: "images" or "checkpoint".
            content: of the zip file.

        Returns:
            Path of the file.

        Raises:
            ValueError: if the disk refuses, or if there is no room because all other
                uploads are in use. Nothing is deleted then.
        """
        if not (_NAME.fullmatch(user_id) and _NAME.fullmatch(kind)):
            raise ValueError(
                f"user_id and kind are {user_id!r} and {kind!r}; allowed are letters, "
                "digits, _ and -"
            )
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.zip"
        path = self.root / user_id / kind / name
        try:
            with self._lock:
                if _is_whole(path, len(content)):
                    _mark_used(path)
                    return path
                self._require_room(len(content))
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.with_name(f".{name}.{secrets.token_hex(4)}")
                temporary.touch()  # now a sweep keeps the folder
                self._writing[temporary] = len(content)
            self._write(temporary, path, content)
        except OSError as error:
            raise ValueError(disk_error("this upload", error)) from None
        return path

    def latest(self, user_ids: Iterable[str], kind: str) -> Path | None:
        """The upload that the learner used last, None without any.

        Args:
            user_ids: all ids of the learner.
            kind: as in :meth:`save`.
        """
        uploads = [u for i in user_ids for u in self._uploads(self.root / i / kind)]
        newest = max(uploads, key=lambda u: u.last_used, default=None)
        return newest.path if newest else None

    @contextlib.contextmanager
    def protect(self, *paths: str | Path) -> Iterator[None]:
        """Keep uploads while a run that needs them is submitted; it counts as a use.

        Without it a sweep could delete an upload after a page has found it and before
        ``in_use`` names it.

        Args:
            paths: those of other files are ignored.

        Raises:
            ValueError: if an upload has been deleted.
        """
        found = (Path(os.path.abspath(path)) for path in paths)
        uploads = Counter(path for path in found if self.root in path.parents)
        with self._lock:
            for path in uploads:
                if not path.is_file():
                    raise ValueError(DELETED)
                _mark_used(path)
            self._protected += uploads
        try:
            yield
        finally:
            with self._lock:
                self._protected -= uploads

    def sweep(self) -> None:
        """Delete uploads that are old or too large together, but none that is in use.

        Over the limit, the learner who holds most loses the upload that they used the
        longest time ago, until the others fit. What a server that was killed has left
        half written goes as well, and so do empty folders. A file that vanishes
        meanwhile, or that cannot be deleted, is no error.
        """
        with self._lock:
            self._evict()
            self._tidy()

    def _write(self, temporary: Path, path: Path, content: bytes) -> None:
        """Write a file without the lock, put it in its place, and make room for it."""
        try:
            temporary.write_bytes(content)
            with self._lock:
                if not _is_whole(path, len(content)):  # another tab may have saved it
                    os.replace(temporary, path)
                self._evict(new=path)
        finally:
            with self._lock:
                del self._writing[temporary]
                temporary.unlink(missing_ok=True)

    def _require_room(self, size: int) -> None:
        if size > self.max_bytes:
            raise ValueError(
                f"This upload has {size / MB:,.1f} MB; allowed on this server are "
                f"{self.max_bytes / MB:,g} MB for all uploads together"
            )
        kept = self._kept()
        taken = sum(u.size for u in self._uploads(self.root) if u.path in kept)
        if size + taken + sum(self._writing.values()) > self.max_bytes:
            raise ValueError(
                "There is no space for this upload: runs still use the others; try again "
                "when a run has ended"
            )

    def _kept(self) -> set[Path]:
        paths = {Path(os.path.abspath(path)) for path in self._in_use()}
        return paths | self._protected.keys()

    def _evict(self, new: Path | None = None) -> None:
        """Delete what is old or too large; who saved ``new`` loses first among equals."""
        kept, oldest = self._kept(), time.time() - self.retention_s
        held: Counter[str] = Counter()
        idle: defaultdict[str, list[_Upload]] = defaultdict(list)
        recent_first = sorted(
            self._uploads(self.root), key=lambda u: u.last_used, reverse=True
        )
        for upload in recent_first:
            if upload.path not in kept and upload.path != new:
                if upload.last_used < oldest and _delete(upload.path):
                    continue
                idle[upload.user_id].append(upload)
            held[upload.user_id] += upload.size
        uploader = new.parent.parent.name if new else None
        excess = held.total() - self.max_bytes
        while excess > 0 and idle:
            most = max(
                idle, key=lambda u: (held[u], u == uploader, -idle[u][-1].last_used)
            )
            upload = idle[most].pop()
            if not idle[most]:
                del idle[most]
            if _delete(upload.path):
                held[most] -= upload.size
                excess -= upload.size

    def _uploads(self, folder: Path) -> Iterator[_Upload]:
        """The uploads at any depth of a folder; what vanishes meanwhile is left out."""
        for place, _, names in os.walk(folder):
            for path in (Path(place, name) for name in names):
                if path.suffix != ".zip" or path.parents[2] != self.root:
                    continue
                with contextlib.suppress(OSError):
                    about, used = path.stat(), _used_file(path)
                    last = used.stat().st_mtime if used.exists() else 0.0
                    yield _Upload(path, about.st_size, max(about.st_mtime, last))

    def _tidy(self) -> None:
        """Remove half-written files, times of deleted uploads, and empty folders."""
        for place, _, names in os.walk(self.root, topdown=False):
            for path in (Path(place, name) for name in names):
                unfinished = path.name.startswith(".") and ".zip." in path.name
                left = unfinished and path not in self._writing
                zip_file = path.with_suffix(".zip")
                if left or (path.suffix == ".used" and not zip_file.exists()):
                    with contextlib.suppress(OSError):
                        path.unlink()
            if Path(place) != self.root:
                with contextlib.suppress(OSError):  # it is not empty
                    os.rmdir(place)


def _is_whole(path: Path, size: int) -> bool:
    """Whether a file has its size; after a power failure it may be shorter."""
    return path.is_file() and path.stat().st_size == size


def _used_file(path: Path) -> Path:
    return path.with_suffix(".used")


def _mark_used(path: Path) -> None:
    # On a full disk this use does not count; that is no reason to refuse the run.
    with contextlib.suppress(OSError):
        _used_file(path).touch()


def _delete(path: Path) -> bool:
    """Delete an upload; whether it is gone."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("an upload cannot be deleted: %s", error.strerror)
        return False
    with contextlib.suppress(OSError):
        _used_file(path).unlink(missing_ok=True)
    return True
