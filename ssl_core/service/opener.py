"""A process that opens what learners upload, each file in a child of its own.

``python -m ssl_core.service.opener …`` has a socket as its standard input. A connection
that is sent there gets a child at its other end, forked from this process, which has
imported everything and never sees a file. The child says ``HELLO``, takes one request,
answers and ends: what one file has done to it, the next file does not meet.

A request is ``{"do": name, "with": {…}}`` as one line, and a file's content. An answer is
one line, too: ``{"array": [dtype, shape]}`` and its bytes, ``{"told": {…}}``,
``{"refused": sentence}``, or ``{"short_of": "memory"}``. Neither end unpickles anything.
"""

import argparse
import contextlib
import gc
import json
import math
import os
import resource
import signal
import socket
import tempfile
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import psutil

from ssl_core.service.connection import MB
from ssl_core.service.door import HELLO

GRACE = 1.0  # seconds: whoever waits for an answer tells of its lateness first


def main() -> None:
    """Fork a child for every connection until the server is gone, or nobody has come."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", required=True)
    parser.add_argument("--memory-mb", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--idle", type=float, required=True)
    args = parser.parse_args()
    door = socket.socket(fileno=0)
    opening = import_module(args.module)
    tempfile.gettempdir()  # libraries ask for it, and it is found by writing a file
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave nothing behind
    gc.freeze()  # a collection in a child would copy all that it shares with this one
    door.settimeout(args.idle)
    with contextlib.suppress(TimeoutError):
        while sent := socket.recv_fds(door, 1, 1)[1]:
            with socket.socket(fileno=sent[0]) as connection:
                if os.fork() == 0:
                    try:
                        _bound(args.memory_mb, args.seconds)
                        _serve(connection, opening)
                    finally:
                        os._exit(0)


def _bound(memory_mb: float, seconds: float) -> None:
    """Have the kernel end this process, whatever its code becomes, if it takes too much."""
    # Its standard input was the door, and its errors might quote a learner's file.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    taken = psutil.Process().memory_info().vms
    for kind, most in {
        resource.RLIMIT_AS: taken + int(memory_mb * MB),
        resource.RLIMIT_CPU: math.ceil(seconds + GRACE),
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,  # a dump would keep what is not to be kept
        resource.RLIMIT_NPROC: 0,
    }.items():
        _, hard = resource.getrlimit(kind)
        low = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has no RLIMIT_AS to set
            resource.setrlimit(kind, (low, low))
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)


def _serve(connection: socket.socket, opening: ModuleType) -> None:
    connection.sendall(HELLO)
    connection.sendall(_answer(connection, opening))


def _answer(connection: socket.socket, opening: ModuleType) -> bytes:
    try:
        with connection.makefile("rb") as request:
            asked, content = json.loads(request.readline()), request.read()
        return _packed(getattr(opening, asked["do"])(content, **asked["with"]))
    except Exception as problem:
        if _short_of_memory(problem):
            return _line({"short_of": "memory"})
        if isinstance(problem, ValueError):
            return _line({"refused": str(problem)})
        raise


def _packed(found: Any) -> bytes:
    if not isinstance(found, np.ndarray):
        return _line({"told": found})
    return _line({"array": [str(found.dtype), list(found.shape)]}) + found.tobytes()


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _short_of_memory(problem: BaseException | None) -> bool:
    """Whether this is, or hides, a refused allocation: decoders call it damage."""
    while problem is not None:
        said = str(problem).lower()
        # A ValueError may quote the file; those of libraries are of other kinds.
        theirs = not isinstance(problem, ValueError)
        if isinstance(problem, MemoryError) or (
            theirs and ("memory" in said or "alloc" in said)
        ):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


if __name__ == "__main__":
    main()
