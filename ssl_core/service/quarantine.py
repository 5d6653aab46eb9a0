"""Where a learner's picture, recording or checkpoint is opened: not in the web server.

A decoder may crash, hang or swell. It does so in a process of its own, within limits that
the kernel keeps, and the server reads a few bytes of a known form, or a sentence.
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

from ssl_core.service.door import Door

OPENING = "ssl_core.service.opening"
AT_ONCE = 2  # files that are opened at a time; others wait
MOST_REPLY = 8 << 20
MOST_SAID = 500  # characters of a refusal
log = logging.getLogger("ssl_core.service")


class NotNow(ValueError):
    """A refusal that is not the file's fault: it may be opened later."""


class Quarantine:
    """Opens files for a whole server; safe to share between sessions.

    Every method that opens one raises a ``ValueError`` with the reason, in words for a
    learner: what is wrong with the file, or that it takes too much memory or time, or, as
    :class:`NotNow`, that there is no room for it.

    Args:
        log: to which the process's standard error is added.
        memory_mb: most memory that opening a file takes in MB.
        seconds: most seconds that it takes.
        module: whose functions open files.
    """

    def __init__(
        self, log: Path, memory_mb: float, seconds: float, module: str = OPENING
    ) -> None:
        self.memory_mb, self.seconds = memory_mb, seconds
        bounds = ["--memory-mb", str(memory_mb), "--seconds", str(seconds)]
        self._door = Door(log, ["--module", module, *bounds])
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def picture(self, content: bytes, size: int) -> np.ndarray:
        """A picture's centre square, ``[3, size, size]`` uint8; see ``data.picture``."""
        from ssl_core.data.limits import LIMITS, MIB

        if len(content) > LIMITS.file_bytes:
            raise ValueError(f"larger than {LIMITS.file_bytes / MIB:g} MB")
        return self._array("picture", content, "uint8", (3, size, size), size=size)

    def recording(self, content: bytes) -> np.ndarray:
        """A recording's loudest stretch, ``[SAMPLES]`` int16; see ``data.audio``."""
        from ssl_core.data.sound import SAMPLES

        return self._array("recording", content, "int16", (SAMPLES,))

    def checkpoint(self, path: Path) -> dict[str, Any]:
        """The flat config of a whole run's checkpoint, for ``RunConfig.of`` to check."""
        answer, _ = self._opened("checkpoint", b"", path=str(path))
        if not isinstance(answer.get("told"), dict):
            raise _broken()
        return dict(answer["told"])

    @property
    def pid(self) -> int | None:
        """Process id of what opens files, None if it was not started or has been ended."""
        return self._door.pid

    def warm_up(self) -> None:
        """Be ready sooner, because a file is likely to come; returns at once."""
        self._door.warm_up()

    def close(self) -> None:
        """End the process; a file that is being opened is given up in its time."""
        self._door.close()

    def _array(
        self, do: str, content: bytes, kind: str, shape: tuple[int, ...], **how: Any
    ) -> np.ndarray:
        answer, body = self._opened(do, content, **how)
        size = np.dtype(kind).itemsize * math.prod(shape)
        if answer.get("array") != [kind, list(shape)] or len(body) != size:
            raise _broken()
        return np.frombuffer(body, kind).reshape(shape)

    def _opened(
        self, do: str, content: bytes, **how: Any
    ) -> tuple[dict[str, Any], bytearray]:
        """A child's answer, and the bytes that follow it."""
        if not self._places.acquire(timeout=self.seconds):
            raise NotNow(
                "others' files are being opened just now; try again in a moment"
            )
        try:
            reply = self._reply(json.dumps({"do": do, "with": how}), content)
        finally:
            self._places.release()
        line, _, body = reply.partition(b"\n")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or len(reply) > MOST_REPLY:
            raise _broken()
        if "short_of" in answer:
            raise ValueError(_too_much(f"{self.memory_mb:,.0f} MB of memory"))
        if "refused" in answer:
            raise ValueError(str(answer["refused"])[:MOST_SAID])
        return answer, body

    def _reply(self, request: str, content: bytes) -> bytearray:
        """What a child sends back; nothing if it is lost."""
        connection = self._door.connection()
        if connection is None:
            _regret("no process starts that opens files")
            raise NotNow("no file can be opened on this server just now; try later")
        with connection:
            try:
                return _exchanged(
                    connection, [request.encode() + b"\n", content], self.seconds
                )
            except TimeoutError:
                raise ValueError(_too_much(f"{self.seconds:g} seconds")) from None


def _exchanged(
    connection: socket.socket, request: list[bytes], seconds: float
) -> bytearray:
    """Send a request and read until the other end has closed.

    Raises:
        TimeoutError: if that takes more than so many seconds in all.
    """
    until, reply = time.monotonic() + seconds, bytearray()

    def hurry() -> None:
        connection.settimeout(max(0.001, until - time.monotonic()))

    # The other end may refuse, or be gone, before it has heard all.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for part in request:
            hurry()
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
    # An end with something left unheard is a reset, after what it had said.
    with contextlib.suppress(ConnectionResetError):
        while len(reply) <= MOST_REPLY:
            hurry()
            if not (heard := connection.recv(1 << 16)):
                break
            reply += heard
    return reply


def _too_much(what: str) -> str:
    return f"it takes more than {what} to open, the most on this server"


def _broken() -> ValueError:
    """Told of a file over which its decoder has broken down, or worse."""
    _regret("an uploaded file broke what opened it")
    return ValueError("what opens such files broke down over it; it may be damaged")


def _regret(what: str) -> None:
    log.warning(what, extra={"event": "trouble"})
