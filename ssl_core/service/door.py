"""The server's side of the process that opens files: started late, replaced when lost."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import ssl_core

HELLO = b"!"  # what a child says before it is asked
START_SECONDS = 60.0  # to import what opens files, on a machine that is busy
IDLE_SECONDS = 300.0  # after which the process ends; the next file starts it again
ATTEMPTS = 2  # it may end by itself in the moment in which it is asked
# A process that is copied must have one thread only.
ALONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Door:
    """Connections to children of ``ssl_core.service.opener``, each for one file.

    Args:
        log: to which the process's standard error is added.
        arguments: its command line.
    """

    def __init__(self, log: Path, arguments: list[str]) -> None:
        self.log = log
        self.arguments = [*arguments, "--idle", str(IDLE_SECONDS)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None  # at its standard input

    @property
    def pid(self) -> int | None:
        """Process id of the process, None if it was not started or has been ended."""
        with self._lock:
            return self._process.pid if self._process else None

    def warm_up(self) -> None:
        """Start the process if there is none; returns at once."""
        with self._lock, contextlib.suppress(OSError):
            self._running()

    def connection(self) -> socket.socket | None:
        """A connection to a child that waits for its request, None if there is no way."""
        for _ in range(ATTEMPTS):
            asked = None
            try:
                ours, theirs = socket.socketpair()
            except OSError:  # the server has too many files open
                return None
            with theirs, contextlib.suppress(OSError), self._lock:
                door = self._running()
                asked = self._process
                socket.send_fds(door, [b"."], [theirs.fileno()])
            with contextlib.suppress(OSError):
                ours.settimeout(START_SECONDS)
                if ours.recv(len(HELLO)) == HELLO:
                    return ours
            ours.close()
            with self._lock:
                if asked is self._process:  # else another learner's wait replaced it
                    self._end()
        return None

    def close(self) -> None:
        """End the process; its children have their time and no longer."""
        with self._lock:
            self._end()

    def _running(self) -> socket.socket:
        if self._process and self._socket and self._process.poll() is None:
            return self._socket
        self._end()
        home = str(Path(ssl_core.__file__).parents[1])
        path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        self._socket, theirs = socket.socketpair()
        with theirs, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ssl_core.service.opener", *self.arguments],
                stdin=theirs.fileno(),
                stdout=log,
                stderr=log,
                env=os.environ | dict.fromkeys(ALONE, "1") | {"PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C in the terminal is for the server
            )
        # Nobody else waits for its end, and until then the system keeps its entry.
        threading.Thread(target=self._process.wait, daemon=True).start()
        return self._socket

    def _end(self) -> None:
        if self._socket:
            self._socket.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._socket = self._process = None
