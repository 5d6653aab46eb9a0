"""A process that is spoken to in JSON messages, wherever it lives.

Not ``multiprocessing``: its children import the parent's main script again, which under
Streamlit is a page, and its messages are pickles.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import psutil

import ssl_core

Message = dict[str, Any]
Heard = Callable[["Link", Message], None]
Lost = Callable[["Link"], None]
ACK_SECONDS = 1.0
MB = 1e6


class Link(ABC):
    """The server's end of the talk with one worker.

    A message is a JSON object. One with ``ack`` is answered by ``{"ack": …}`` at once;
    whatever else comes back is passed on, and the end of the worker is reported once.

    Args:
        heard: called with the link and each message, in the link's own thread.
        lost: called once when the worker is gone, whatever ended it.
    """

    def __init__(self, heard: Heard, lost: Lost) -> None:
        self.ready = False
        self._heard, self._lost = heard, lost
        self._sending = threading.Lock()
        self._asked = 0
        self._acks: dict[int, threading.Event] = {}

    @abstractmethod
    def listen(self) -> None:
        """Begin to listen; apart from starting, so that the owner can note the link."""

    @abstractmethod
    def send(self, message: Message) -> None:
        """Pass a message on; a worker that is gone is reported by ``lost``, not here."""

    @abstractmethod
    def close(self) -> None:
        """Ask it to save what it does and to end."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Wait for its end; kill it if it takes longer."""

    @abstractmethod
    def memory_mb(self) -> float:
        """Its resident memory in MB, 0 if it is gone or cannot be asked."""

    @abstractmethod
    def obituary(self) -> str:
        """How it ended, a few words."""

    def ask(self, message: Message) -> threading.Event:
        """Send, and get an event that is set when the worker has acknowledged."""
        acknowledged = threading.Event()
        with self._sending:
            self._asked += 1
            number = self._asked
            self._acks[number] = acknowledged
        self.send(message | {"ack": number})
        return acknowledged

    def _take(self, message: Message) -> None:
        if message.get("ack"):
            self._acks.pop(message["ack"]).set()
        elif "ack" not in message:
            self.ready = self.ready or "ready" in message
            self._heard(self, message)

    def _gone(self) -> None:
        for waiting in list(self._acks.values()):
            waiting.set()
        self._lost(self)


class ProcessLink(Link):
    """Starts ``python -m module arguments`` on this machine and talks in JSON lines.

    Args:
        module: what to run.
        arguments: its command line.
        log: where its standard error is added.
        heard, lost: as for every link.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        log: Path,
        heard: Heard,
        lost: Lost,
    ) -> None:
        super().__init__(heard, lost)
        home = str(Path(ssl_core.__file__).parents[1])
        path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        with log.open("ab") as errors:
            # Its own session: Ctrl-C in the terminal is for the server, which then
            # closes the pipe, and the child ends in its own good order.
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {"PYTHONPATH": path},
                encoding="utf-8",
                start_new_session=True,
            )
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def listen(self) -> None:
        """Begin to listen; apart from starting, so that the owner can note the link."""
        self._thread.start()

    def send(self, message: Message) -> None:
        """Write one line; a process that is gone is reported by ``lost``, not here."""
        assert self.process.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()

    def close(self) -> None:
        """End its standard input, which asks it to finish."""
        assert self.process.stdin is not None
        with self._sending, contextlib.suppress(OSError):
            self.process.stdin.close()

    def wait(self, seconds: float) -> None:
        """Wait for its end; kill it if it takes longer."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._thread.join(ACK_SECONDS)

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()

    def memory_mb(self) -> float:
        """Resident memory of the process in MB, 0 if it is gone."""
        try:
            return float(psutil.Process(self.process.pid).memory_info().rss / MB)
        except psutil.Error:
            return 0.0

    def obituary(self) -> str:
        """How the process ended."""
        code = self.process.returncode
        return f"signal {-code}" if code and code < 0 else f"exit status {code}"

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._take(json.loads(line))
        # The pipe closes with the process, whatever ended it: no polling.
        self.process.wait()
        self._gone()


def claim_stdout() -> TextIO:
    """In the child: keep standard output for messages; other prints go to the log."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return messages


def json_lines(pipe: TextIO) -> Callable[[Message], None]:
    """A writer of one line a message; nobody hears it if the other end is gone."""
    writing = threading.Lock()

    def write(message: Message) -> None:
        with writing, contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(message) + "\n")
            pipe.flush()

    return write
