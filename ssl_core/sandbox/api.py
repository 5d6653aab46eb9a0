"""Decode a learner's picture, recording or checkpoint outside the web server.

A decoder may crash, hang or take too much memory. It does so in a process of its own, within
limits that the kernel enforces. The server reads an array of a known form or a sentence.
"""

import contextlib
import json
import logging
import math
import socket
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from ssl_core.sandbox.client import ForkServer

TASKS = "ssl_core.sandbox.tasks"
MAX_FILES = 2  # decoded at a time; others wait
MAX_REPLY_BYTES = 8 << 20
MAX_ERROR_LENGTH = 500  # in characters
log = logging.getLogger("ssl_core.service")


class SandboxBusy(ValueError):
    """The server cannot decode a file now; the same file may be accepted later."""


class Sandbox:
    """Decodes files for a whole server; safe to share between sessions.

    Each method that decodes a file raises a ``ValueError`` with a reason that learners
    understand: what is wrong with the file, or which limit it exceeds. It raises
    :class:`SandboxBusy` if the server cannot decode it now.

    Args:
        log: the file to which the process's standard error is added.
        memory_mb: the most memory for one file, in MB.
        seconds: the most time for one file.
        module: the module whose functions decode files.
    """

    def __init__(
        self, log: Path, memory_mb: float, seconds: float, module: str = TASKS
    ) -> None:
        self.memory_mb, self.seconds = memory_mb, seconds
        limits = ["--memory-mb", str(memory_mb), "--seconds", str(seconds)]
        self._server = ForkServer(log, ["--module", module, *limits])
        self._slots = threading.BoundedSemaphore(MAX_FILES)

    def decode_picture(self, content: bytes, size: int) -> np.ndarray:
        """A picture's centre square, ``[3, size, size]`` uint8; see ``data.picture``."""
        from ssl_core.data.limits import LIMITS, MIB

        if len(content) > LIMITS.file_bytes:
            raise ValueError(f"larger than {LIMITS.file_bytes / MIB:g} MB")
        shape = 3, size, size
        return self._array("decode_picture", content, "uint8", shape, size=size)

    def decode_recording(self, content: bytes) -> np.ndarray:
        """A recording's loudest stretch, ``[SAMPLES]`` int16; see ``data.audio``."""
        from ssl_core.data.sound import SAMPLES

        return self._array("decode_recording", content, "int16", (SAMPLES,))

    def read_checkpoint_config(self, path: Path) -> dict[str, Any]:
        """The flat config of a full checkpoint; ``RunConfig.of`` checks its values."""
        answer, _ = self._run("read_checkpoint_config", b"", path=str(path))
        if not isinstance(answer.get("value"), dict):
            raise _decoder_failed()
        return dict(answer["value"])

    @property
    def pid(self) -> int | None:
        """Process id of the fork server, None before its start and after ``close``."""
        return self._server.pid

    def warm_up(self) -> None:
        """Start the fork server in the background, because a file is likely to come."""
        self._server.warm_up()

    def close(self) -> None:
        """End the fork server; a file that is being decoded ends at its time limit."""
        self._server.close()

    def _array(
        self, task: str, content: bytes, dtype: str, shape: tuple[int, ...], **how: Any
    ) -> np.ndarray:
        answer, body = self._run(task, content, **how)
        size = np.dtype(dtype).itemsize * math.prod(shape)
        if answer.get("array") != [dtype, list(shape)] or len(body) != size:
            raise _decoder_failed()
        return np.frombuffer(body, dtype).reshape(shape)

    def _run(
        self, task: str, content: bytes, **arguments: Any
    ) -> tuple[dict[str, Any], bytearray]:
        """A child's answer and the bytes that follow it."""
        if not self._slots.acquire(timeout=self.seconds):
            raise SandboxBusy(
                "the server is decoding other files; try again in a moment"
            )
        try:
            header = json.dumps({"task": task, "arguments": arguments}).encode()
            reply = self._send(header + b"\n", content)
        finally:
            self._slots.release()
        line, _, body = reply.partition(b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or len(reply) > MAX_REPLY_BYTES:
            raise _decoder_failed()
        if "error" in answer:
            if answer["error"] is None:
                raise _over_limit(f"{self.memory_mb:,.0f} MB of memory")
            raise ValueError(str(answer["error"])[:MAX_ERROR_LENGTH])
        return answer, body

    def _send(self, header: bytes, content: bytes) -> bytearray:
        """A child's reply, empty if the child ends without one."""
        connection = self._server.connect()
        if connection is None:
            _warn("the sandbox for uploaded files does not start")
            raise SandboxBusy("the server cannot decode files now; try again later")
        with connection:
            try:
                return _exchange(connection, [header, content], self.seconds)
            except TimeoutError:
                raise _over_limit(f"{self.seconds:g} seconds") from None


def _exchange(
    connection: socket.socket, request: list[bytes], seconds: float
) -> bytearray:
    """Send a request and read the reply until the other end closes.

    Raises:
        TimeoutError: if both together take longer than ``seconds``.
    """
    deadline, reply = time.monotonic() + seconds, bytearray()

    def limit_wait() -> None:
        connection.settimeout(max(0.001, deadline - time.monotonic()))

    # The child may answer or end before it has read everything.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for part in request:
            limit_wait()
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
    # The kernel reports a reset if the child has left something unread.
    with contextlib.suppress(ConnectionResetError):
        while len(reply) <= MAX_REPLY_BYTES:
            limit_wait()
            if not (received := connection.recv(1 << 16)):
                break
            reply += received
    return reply


def _over_limit(limit: str) -> ValueError:
    return ValueError(f"it needs more than {limit} to decode, the limit of this server")


def _decoder_failed() -> ValueError:
    """The decoder crashed, or it sent something that is no answer."""
    _warn("a decoder crashed on an uploaded file")
    return ValueError("the decoder crashed on this file; it may be damaged")


def _warn(text: str) -> None:
    log.warning(text, extra={"event": "trouble"})
