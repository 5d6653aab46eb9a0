"""A child process that is spoken to in JSON lines.

Not ``multiprocessing``: its children import the parent's main script again, which under
Streamlit is a page, and its messages are pickles.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import ssl_core

Message = dict[str, Any]
ACK_SECONDS = 1.0


class Link:
    """Starts ``python -m module arguments`` and listens to it.

    Args:
        module: what to run.
        arguments: its command line.
        log: where its standard error is added.
        heard: called with the link and each message, in the link's own thread.
        lost: called once when the process is gone.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str],
        log: Path,
        heard: Callable[["Link", Message], None],
        lost: Callable[["Link"], None],
    ) -> None:
        self.ready = False
        self._heard, self._lost = heard, lost
        self._sending = threading.Lock()
        self._asked = 0
        self._acks: dict[int, threading.Event] = {}
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

    def ask(self, message: Message) -> threading.Event:
        """Send, and get an event that is set when the process has acknowledged."""
        acknowledged = threading.Event()
        with self._sending:
            self._asked += 1
            number = self._asked
            self._acks[number] = acknowledged
        self.send(message | {"ack": number})
        return acknowledged

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

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            if message.get("ack"):
                self._acks.pop(message["ack"]).set()
            elif "ack" not in message:
                self.ready = self.ready or "ready" in message
                self._heard(self, message)
        # The pipe closes with the process, whatever ended it: no polling.
        self.process.wait()
        for waiting in list(self._acks.values()):
            waiting.set()
        self._lost(self)


def claim_stdout() -> TextIO:
    """In the child: keep standard output for messages; other prints go to the log."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return messages
