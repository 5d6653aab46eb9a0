"""The client of the fork server: starts it at the first file and replaces it when it ends."""

import contextlib
import socket
import subprocess
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from ssl_core.python_process import start_module

SERVER = "ssl_core.sandbox.server"
READY = b"!"  # the first byte that a child sends
START_TIMEOUT_S = 60.0  # for imports on a busy machine
IDLE_TIMEOUT_S = (
    300.0  # without files the fork server ends; the next file starts it again
)
ATTEMPTS = 2  # the fork server may end at the moment of a request
KILL_TIMEOUT_S = 5.0
# A process that forks must have one thread only.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


class _Server(NamedTuple):
    process: subprocess.Popen[bytes]
    socket: socket.socket  # its other end is the process's standard input


class ForkServer:
    """Connects to children of :mod:`ssl_core.sandbox.server`, one for each file.

    The lock guards one attribute. Nobody holds it while a process starts or a socket
    blocks.

    Args:
        log: the file to which the process's standard error is added.
        arguments: its command line.
    """

    def __init__(self, log: Path, arguments: list[str]) -> None:
        self.log = log
        self.arguments = arguments
        self._lock = threading.Lock()
        self._server: Future[_Server] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None before the process has started and after it was closed."""
        server = self._server
        if server is None or not server.done() or server.exception():
            return None
        return server.result().process.pid

    def warm_up(self) -> None:
        """Start the process in the background if there is none."""
        server, is_new = self._claim()
        if is_new:
            threading.Thread(target=self._start, args=(server,), daemon=True).start()

    def connect(self) -> socket.socket | None:
        """A socket to a new child that waits for a request, None if none starts."""
        for _ in range(ATTEMPTS):
            server, is_new = self._claim()
            if is_new:
                self._start(server)
            try:
                ours, theirs = socket.socketpair()
            except OSError:  # this process has too many open files
                return None
            with theirs, contextlib.suppress(OSError):
                to_server = server.result(START_TIMEOUT_S).socket
                socket.send_fds(to_server, [b"."], [theirs.fileno()])
                theirs.close()  # so that the end of the child is read as the end
                ours.settimeout(START_TIMEOUT_S)
                if ours.recv(len(READY)) == READY:
                    return ours
            ours.close()
            self._discard(server)
        return None

    def close(self) -> None:
        """End the process; its children end at their time limit."""
        if self._server:
            self._discard(self._server)

    def _claim(self) -> tuple[Future[_Server], bool]:
        """The server, and whether the caller must start it."""
        with self._lock:
            last = self._server
            if last is not None and not _has_ended(last):
                return last, False
            server = self._server = Future()
        if last is not None:
            _end(last)
        return server, True

    def _start(self, server: Future[_Server]) -> None:
        try:
            ours, theirs = socket.socketpair()
            ours.settimeout(START_TIMEOUT_S)
            arguments = [*self.arguments, "--idle", str(IDLE_TIMEOUT_S)]
            with theirs:
                process = start_module(
                    SERVER,
                    arguments,
                    self.log,
                    stdin=theirs.fileno(),
                    stdout=None,
                    **ONE_THREAD,
                )
        except OSError as error:
            server.set_exception(error)
            return
        # Without this wait an ended process would stay in the system's table.
        threading.Thread(target=process.wait, daemon=True).start()
        server.set_result(_Server(process, ours))

    def _discard(self, server: Future[_Server]) -> None:
        with self._lock:
            if self._server is server:  # else another thread has replaced it
                self._server = None
        server.add_done_callback(_end)  # also one that is still starting


def _has_ended(server: Future[_Server]) -> bool:
    if not server.done():
        return False
    return bool(server.exception()) or server.result().process.poll() is not None


def _end(server: Future[_Server]) -> None:
    if server.exception():
        return
    process, to_server = server.result()
    with contextlib.suppress(OSError):
        to_server.shutdown(socket.SHUT_RDWR)  # another thread may be sending
    to_server.close()
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(KILL_TIMEOUT_S)
