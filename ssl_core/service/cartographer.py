"""The server's side of the mapper: one request a run at a time."""

import threading
from pathlib import Path

from ssl_core.service.connection import Message, ProcessConnection, WorkerConnection
from ssl_core.service.run_files import RunFiles

FAILED_STARTS = 3


class Cartographer:
    """Keeps one mapper process alive and asks it for layouts.

    Args:
        root: where the runs are.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._drawing: set[str] = set()
        self._asked: dict[str, int] = {}  # run -> which snapshot was last asked for
        self._failed_starts = 0
        self._closed = False
        self._link = self._start()

    def request(self, folder: RunFiles) -> bool:
        """Have a run's latest features laid out; whether that is under way now."""
        with self._lock:
            if self._failed_starts >= FAILED_STARTS or not folder.latest.exists():
                return False
            if folder.run_id not in self._drawing:
                snapshot = folder.latest.stat().st_mtime_ns
                if self._asked.get(folder.run_id) == snapshot:
                    return False
                self._asked[folder.run_id] = snapshot
                self._drawing.add(folder.run_id)
                self._link.send({"run": folder.run_id})
            return True

    def close(self) -> None:
        """End the process, whatever it draws: a layout can be drawn again."""
        with self._lock:
            self._closed = True
        self._link.kill()
        self._link.wait(1.0)

    def _start(self) -> WorkerConnection:
        arguments = ["--root", str(self.root)]
        log = self.root / "mapper.log"
        link = ProcessConnection(
            "ssl_core.service.mapper", arguments, log, self._heard, self._lost
        )
        link.listen()
        return link

    def _heard(self, link: WorkerConnection, message: Message) -> None:
        with self._lock:
            self._drawing.discard(message.get("mapped", ""))

    def _lost(self, link: WorkerConnection) -> None:
        with self._lock:
            self._drawing.clear()
            self._failed_starts = 0 if link.ready else self._failed_starts + 1
            if not self._closed and self._failed_starts < FAILED_STARTS:
                self._link = self._start()
