"""The client of the UMAP worker: one layout at a time, at most one request for a run."""

import contextlib
import json
import logging
import subprocess
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from ssl_core.python_process import start_module
from ssl_core.service.run_files import RunFiles

WORKER = "ssl_core.service.umap_worker"
FIRST_BACKOFF_S, MAX_BACKOFF_S = 1.0, 60.0
LAYOUT_TIMEOUT_S = 3_600.0  # a busy machine leaves the worker little time
CLOSE_TIMEOUT_S = 1.0
log = logging.getLogger("ssl_core.service")


class UmapClient:
    """Keeps one UMAP worker alive and asks it for layouts.

    A thread of its own starts the worker, writes to it and reads from it, so that
    ``request`` never waits. A worker that ends, or takes too long for a layout, is started
    again for the next request, but no sooner than one second later. That time doubles
    with each loss, up to a minute, until the worker has answered.

    Args:
        root: where the runs are.
        module: the module that runs as the worker.
    """

    def __init__(self, root: Path, module: str = WORKER) -> None:
        self.root, self.module = root, module
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        self._requested: dict[str, int] = {}  # run -> its last requested snapshot
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def request(self, folder: RunFiles) -> bool:
        """Ask for a layout of a run's latest features; returns at once.

        Returns:
            Whether a layout is on its way. The worker computes one layout of a snapshot,
            and does not try again if that fails.
        """
        try:
            snapshot = folder.latest.stat().st_mtime_ns
        except OSError:
            return False
        run_id = folder.run_id
        with self._lock:
            if run_id not in self._pending:
                if self._requested.get(run_id) == snapshot or self._closed.is_set():
                    return False
                self._requested[run_id] = snapshot
                self._pending.add(run_id)
                self._queue.put(run_id)
            return True

    def close(self) -> None:
        """End the worker at once: a layout can be computed again."""
        self._closed.set()
        self._queue.put("")  # wakes the thread
        if self._process:
            self._process.kill()
        self._thread.join(CLOSE_TIMEOUT_S)

    def _work(self) -> None:
        backoff = retry_at = 0.0
        with contextlib.suppress(OSError):
            self._running()  # so that it has imported UMAP when the first request comes
        while run_id := self._queue.get():
            self._closed.wait(max(0.0, retry_at - time.monotonic()))
            if self._closed.is_set():
                break
            try:
                is_done = self._compute(run_id)
            except Exception:  # such as no thread for the time limit
                log.exception("a UMAP layout could not be computed")
                is_done = False
            with self._lock:
                self._pending.discard(run_id)
                if not is_done:  # the worker is lost, so another request may succeed
                    del self._requested[run_id]
            longer = min(MAX_BACKOFF_S, 2 * backoff or FIRST_BACKOFF_S)
            backoff = 0.0 if is_done else longer
            retry_at = time.monotonic() + backoff

    def _compute(self, run_id: str) -> bool:
        """Whether the worker has answered; False if it ended or had to be ended."""
        try:
            worker = self._running()
        except OSError:
            return False
        assert worker.stdin and worker.stdout
        limit = threading.Timer(LAYOUT_TIMEOUT_S, worker.kill)
        limit.daemon = True  # it must not delay the end of the server
        limit.start()
        try:
            worker.stdin.write(json.dumps({"run": run_id}).encode() + b"\n")
            if any(_is_answer(line, run_id) for line in worker.stdout):
                return True
        except OSError:
            pass
        finally:
            limit.cancel()
        worker.kill()  # it may have closed its output only
        worker.wait()
        return False

    def _running(self) -> subprocess.Popen[bytes]:
        """The worker, started if there is none.

        Raises:
            OSError: if it cannot be started.
        """
        if self._process is None or self._process.poll() is not None:
            arguments = ["--root", str(self.root)]
            self._process = start_module(self.module, arguments, self.root / "umap.log")
            if self._closed.is_set():  # perhaps since ``close`` looked for a process
                self._process.kill()
        return self._process


def _is_answer(line: bytes, run_id: str) -> bool:
    """Whether a line reports the layout of this run; other lines are ignored."""
    try:
        return bool(json.loads(line) == {"done": run_id})
    except (ValueError, RecursionError):
        return False
