"""A connection to a worker: JSON objects, one per line, over the pipes of a child process.

Not ``multiprocessing``: its children import the parent's main script again, which under
Streamlit is a page, and its messages are pickles.
"""

import contextlib
import io
import json
import logging
import math
import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO, cast

import psutil

from ssl_core.python_process import start_module

Message = dict[str, Any]
OnMessage = Callable[["WorkerConnection", Message], None]
OnExit = Callable[["WorkerConnection"], None]
EXIT_SECONDS = 10.0  # for a process that has closed its standard output
JOIN_SECONDS = 1.0
MB = 1e6
log = logging.getLogger("ssl_core.service")


class WorkerConnection(ABC):
    """The server's end of the connection to one worker.

    Every method returns at once, but for :meth:`wait`.

    Args:
        on_message: called with the connection and each message, in the connection's own
            thread. If it raises, the worker is killed.
        on_exit: called once when the worker is gone, whatever ended it.
    """

    def __init__(self, on_message: OnMessage, on_exit: OnExit) -> None:
        self.ready = self.was_ready = self.has_trained = self.exited = False
        self._on_message, self._on_exit = on_message, on_exit

    @abstractmethod
    def listen(self) -> None:
        """Start the threads; the owner registers the connection before."""

    @abstractmethod
    def send(self, message: Message) -> None:
        """Queue a message for the worker. If it is gone, ``on_exit`` reports it."""

    @abstractmethod
    def close(self) -> None:
        """Ask the worker to save its run and to end."""

    def kill(self) -> None:
        """End the worker; it gets no run any more."""
        self.ready = False
        self._kill()

    @abstractmethod
    def check(self) -> None:
        """Kill the worker if it cannot be used any more; called twice a second."""

    @abstractmethod
    def _kill(self) -> None:
        """End the worker at once."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Wait for the worker's end; kill it if it takes longer."""

    @abstractmethod
    def memory_mb(self) -> float:
        """Its resident memory in MB, 0 if it is gone or not known."""

    @abstractmethod
    def exit_reason(self) -> str:
        """How it ended, a few words."""

    def _receive(self, message: Message) -> None:
        if "ready" in message:
            self.ready = self.was_ready = True
        self._on_message(self, message)

    def _exit(self) -> None:
        self.exited, self.ready = True, False
        self._on_exit(self)


class ProcessConnection(WorkerConnection):
    """Starts ``python -m module arguments`` on this machine.

    One thread writes and one reads: a worker that does not read its pipe holds up nobody.

    Args:
        module: what to run.
        arguments: its command line.
        log_path: file to which its standard error is added.
        on_message, on_exit: as for every connection.
        ready_seconds: after which it is killed if it is not ready.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        log_path: Path,
        on_message: OnMessage,
        on_exit: OnExit,
        ready_seconds: float = math.inf,
    ) -> None:
        super().__init__(on_message, on_exit)
        self._ready_deadline = time.monotonic() + ready_seconds
        self.process = start_module(module, arguments, log_path)
        stdin = cast(io.RawIOBase, self.process.stdin)
        stdout = cast(io.RawIOBase, self.process.stdout)
        self._stdin = io.TextIOWrapper(io.BufferedWriter(stdin), "utf-8")
        self._stdout = io.TextIOWrapper(io.BufferedReader(stdout), "utf-8", "replace")
        self._outbox: SimpleQueue[Message | None] = SimpleQueue()
        self._reported_mb: float | None = None
        self._reported_reason = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._writer = threading.Thread(target=self._write, daemon=True)

    def listen(self) -> None:
        self._reader.start()
        self._writer.start()

    def send(self, message: Message) -> None:
        self._outbox.put(message)

    def close(self) -> None:
        """End its standard input after what was sent before; that asks it to finish."""
        self._outbox.put(None)

    def check(self) -> None:
        late = not self.was_ready and time.monotonic() > self._ready_deadline
        # A child of the worker may hold its pipe open after the worker has ended.
        if late or (self.process.poll() is not None and not self.exited):
            self.kill()

    def _kill(self) -> None:
        # The process has a session of its own, and so a group: its children end, too.
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        self._reader.join(JOIN_SECONDS)

    def memory_mb(self) -> float:
        """Resident memory in MB: of the process, or what it reports of a remote one."""
        if self.exited:
            return 0.0
        if self._reported_mb is not None:
            return self._reported_mb
        try:
            return float(psutil.Process(self.process.pid).memory_info().rss / MB)
        except psutil.Error:
            return 0.0

    def exit_reason(self) -> str:
        if self._reported_reason:
            return self._reported_reason
        code = self.process.returncode
        return f"signal {-code}" if code and code < 0 else f"exit status {code}"

    def _receive(self, message: Message) -> None:
        if "memory_mb" in message:
            self._reported_mb = float(message["memory_mb"])
        elif "exit_reason" in message:
            self._reported_reason = str(message["exit_reason"])
        else:
            super()._receive(message)

    def _read(self) -> None:
        try:
            for message in messages(self._stdout):
                self._receive(message)
        except Exception:  # a handler's fault: the run goes on with another worker
            log.exception("a message of a worker could not be handled")
            self.kill()
        try:
            # The pipe closes with the process, whatever ended it: no polling.
            self.process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
        self._outbox.put(None)
        self._exit()

    def _write(self) -> None:
        try:
            while (message := self._outbox.get()) is not None:
                self._stdin.write(json.dumps(message) + "\n")
                self._stdin.flush()
        except (OSError, ValueError):  # it does not listen, so it is of no use
            self.kill()
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """The JSON objects among the lines; any other line is logged and passed over."""
    for line in lines:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if isinstance(message, dict):
            yield message
        else:
            log.error("a line that is no message was passed over: %.200r", line)


def claim_stdout() -> TextIO:
    """In the child: keep standard output for messages; other prints go to the log."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def message_writer(pipe: TextIO) -> Callable[[Message], None]:
    """A function that writes one line a message; it is dropped if the server is gone."""
    writing = threading.Lock()

    def write(message: Message) -> None:
        with writing, contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(message) + "\n")
            pipe.flush()

    return write
