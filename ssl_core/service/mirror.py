"""Copies of all runs in a store that several servers share, through fsspec.

Each server writes its own runs, every two seconds what has changed. Where a learner comes
to another one, because theirs is gone, that one pulls the run; it counts as interrupted
there, and a click goes on with it. From then on it writes the run, and the first one, if
it lives after all, leaves it alone.

What is pulled is a run's folder, not an upload that it learned from. Names in the store
tell neither owners nor files.
"""

import contextlib
import hashlib
import json
import logging
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from ssl_core.service.copying import ASIDE, may_replace, put, unpack
from ssl_core.service.manifest import Manifest, Vault
from ssl_core.service.marks import Copied, marks, server_name
from ssl_core.service.records import ENDED, RunAbout
from ssl_core.service.store import RUN_ID, RunFolder, folders

ROUND_SECONDS = 2.0
KEPT_SECONDS = 60.0  # objects of an old list are kept for who is reading them
TRIES = 3  # and yet they may go while a very slow reader reads
MARKER = re.compile(rf"\d{{12}}-({RUN_ID.pattern})")
log = logging.getLogger("ssl_core.service")


class Mirror:
    """Keeps the copies, in a thread of its own.

    Args:
        root: where the runs are.
        url: where the copies go, any that fsspec knows.
        seconds: between two looks at what has changed.

    Raises:
        ValueError: if fsspec does not know such a URL, or lacks a package for it.
    """

    def __init__(self, root: Path, url: str, seconds: float = ROUND_SECONDS) -> None:
        scheme = url.partition(":")[0]
        try:
            self.fs, base = url_to_fs(url)
        except (ImportError, ValueError) as problem:
            raise ValueError(
                f"CONTRASTIVE_MIRROR is a {scheme} URL: {problem}"
            ) from None
        self.root, self.base, self.me = root, base.rstrip("/"), server_name(root)
        for left in root.glob(f"{ASIDE}*"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        self._known: dict[str, Copied] = {}
        self._taken: set[str] = set()
        self._dropped: deque[tuple[float, str]] = deque()
        self._gone: deque[str] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(seconds,), daemon=True)
        self._thread.start()

    def runs_of(self, owner: str) -> list[str]:
        """Ids of an owner's runs, newest first; none while the store cannot be asked."""
        place = f"{self.base}/owners/{_hashed(owner)}"
        try:
            self.fs.invalidate_cache()
            found = [
                path.rpartition("/")[2] for path in self.fs.ls(place, detail=False)
            ]
        except FileNotFoundError:
            return []
        except Exception:  # each store has errors of its own
            log.exception("the mirror cannot be asked")
            return []
        named = [
            m for name in sorted(found, reverse=True) if (m := MARKER.fullmatch(name))
        ]
        return [m[1] for m in named]

    def pull(self, run_id: str) -> bool:
        """Bring a run here that another server wrote.

        Returns:
            Whether there is something new: not if the run is our own by now, is as it
            was when it was last pulled, or is not in the store.
        """
        vault = Vault(self.fs, self.base, run_id)
        with self._lock:
            for _ in range(TRIES):
                try:
                    return self._pull(vault, RunFolder(self.root, run_id))
                except FileNotFoundError:
                    continue
                except Exception:
                    log.exception("a run cannot be pulled from the mirror")
                    break
        return False

    def push(self) -> None:
        """Copy what has changed; the thread does so every two seconds."""
        for folder in folders(self.root):
            try:
                with self._lock:
                    self._push(folder)
            except FileNotFoundError:
                continue  # it has just been deleted, or its first state comes
            except Exception as problem:
                log.warning("a run cannot be copied to the mirror: %r", problem)
        self._clear()

    def forget(self, run_ids: Iterable[str]) -> None:
        """Have the copies of deleted runs deleted, if we were the last to write them."""
        self._gone.extend(run_ids)

    def close(self, seconds: float = 10.0) -> None:
        """Copy what has changed since the last time, and end."""
        self._closed.set()
        self._thread.join(seconds)

    def _run(self, seconds: float) -> None:
        closed = False
        while not closed:
            closed = self._closed.wait(seconds)
            try:
                self.push()
            except Exception:  # the copies must go on, whatever one round met
                log.exception("the mirror met a problem")

    def _push(self, folder: RunFolder) -> None:
        run_id = folder.run_id
        known = self._known.setdefault(run_id, Copied.read(folder))
        if run_id in self._taken or marks(folder) == known.marks:
            return
        state, vault = folder.state().state, Vault(self.fs, self.base, run_id)
        before = vault.read()
        if before is None:
            known, before = Copied(), Manifest(self.me)
        if before.writer != (known.writer or self.me):
            self._taken.add(run_id)
            log.info("another server goes on with a run", extra={"event": "run_taken"})
            return
        before = replace(before, writer=self.me)
        after, now = put(vault, before, folder, known.marks)
        if not known.writer:
            self.fs.pipe_file(self._marker(folder.about(), run_id), b"")
        vault.write(after)
        self._known[run_id] = Copied(self.me, now)
        self._known[run_id].write(folder)
        due = time.monotonic() + KEPT_SECONDS
        gone = before.objects() - after.objects()
        self._dropped.extend((due, f"{vault.path}/{name}") for name in gone)
        if state in ENDED:
            vault.sweep(after)

    def _pull(self, vault: Vault, folder: RunFolder) -> bool:
        run_id = folder.run_id
        if run_id not in self._taken and not may_replace(folder, self.me):
            return False
        manifest = vault.read()
        if manifest is None or manifest.hash() == Copied.read(folder).seen:
            return False
        unpack(vault, manifest, folder)
        self._taken.discard(run_id)
        self._known[run_id] = Copied.read(folder)
        return True

    def _clear(self) -> None:
        """Delete objects that no list names any more, and copies of deleted runs."""
        now = time.monotonic()
        while self._dropped and self._dropped[0][0] < now:
            with contextlib.suppress(FileNotFoundError):
                self.fs.rm_file(self._dropped.popleft()[1])
        while self._gone:
            self._forget(self._gone.popleft())

    def _forget(self, run_id: str) -> None:
        self._known.pop(run_id, None)
        vault = Vault(self.fs, self.base, run_id)
        manifest = vault.read()
        if manifest and manifest.writer == self.me:
            about = RunAbout(**json.loads(vault.get(manifest, "config.json")))
            with contextlib.suppress(FileNotFoundError):
                self.fs.rm_file(self._marker(about, run_id))
            self.fs.rm(vault.path, recursive=True)

    def _marker(self, about: RunAbout, run_id: str) -> str:
        place = f"{self.base}/owners/{_hashed(about.owner)}"
        if isinstance(self.fs, LocalFileSystem):
            self.fs.makedirs(place, exist_ok=True)
        return f"{place}/{about.created:012.0f}-{run_id}"


def _hashed(owner: str) -> str:
    return hashlib.blake2b(owner.encode(), digest_size=16).hexdigest()
