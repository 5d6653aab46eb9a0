"""The fork server: it decodes each uploaded file in a new child process.

``python -m ssl_core.sandbox.server …`` has a socket as its standard input. For each
connection that is sent there, the process forks a child at the other end. The parent has
imported everything and never reads a file. The child sends ``READY``, reads one request,
answers and ends, so that one file cannot affect the next.

A request is ``{"task": name, "arguments": {…}}`` as one line, followed by a file's content.
An answer is one line: ``{"array": [dtype, shape]}`` followed by its bytes,
``{"value": {…}}``, ``{"error": sentence}``, or ``{"error": null}`` if memory ran out. Neither
end unpickles anything.
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

from ssl_core.sandbox.client import READY

GRACE_S = 1.0  # the client has the same time limit and reports it first


def main() -> None:
    """Fork a child for each connection until the app ends or no file comes for a while."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", required=True)
    parser.add_argument("--memory-mb", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--idle", type=float, required=True)
    args = parser.parse_args()
    connections = socket.socket(fileno=0)
    tasks = import_module(args.module)
    tempfile.gettempdir()  # it writes a file the first time, which a child may not
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    gc.freeze()  # a collection in a child would copy the memory that it shares
    connections.settimeout(args.idle)
    with contextlib.suppress(TimeoutError):
        while received := socket.recv_fds(connections, 1, 1)[1]:
            with socket.socket(fileno=received[0]) as connection:
                if os.fork() == 0:
                    try:
                        _set_limits(args.memory_mb, args.seconds)
                        connection.sendall(READY)
                        connection.sendall(_answer(connection, tasks))
                    finally:
                        os._exit(0)


def _set_limits(memory_mb: float, seconds: float) -> None:
    """Let the kernel end this process when it exceeds a limit, whatever code it runs."""
    # Standard input is the app's socket, and standard error might quote a learner's file.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    used = psutil.Process().memory_info().vms
    for kind, limit in {
        resource.RLIMIT_AS: used + int(memory_mb * 1e6),
        resource.RLIMIT_CPU: math.ceil(seconds + GRACE_S),
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,  # a core dump would store the file
        resource.RLIMIT_NPROC: 0,
    }.items():
        _, hard = resource.getrlimit(kind)
        low = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS has no RLIMIT_AS
            resource.setrlimit(kind, (low, low))
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_S)


def _answer(connection: socket.socket, tasks: ModuleType) -> bytes:
    try:
        with connection.makefile("rb") as request:
            header, content = json.loads(request.readline()), request.read()
        result = getattr(tasks, header["task"])(content, **header["arguments"])
        if isinstance(result, np.ndarray):
            form = [str(result.dtype), list(result.shape)]
            return _line({"array": form}) + result.tobytes()
        return _line({"value": result})
    except Exception as error:
        if _is_out_of_memory(error):
            return _line({"error": None})
        if isinstance(error, ValueError):
            return _line({"error": str(error)})
        raise


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _is_out_of_memory(error: BaseException | None) -> bool:
    """Whether a failed allocation is the cause: decoders report it as a damaged file."""
    while error is not None:
        # A ValueError may quote the file, so its words count only in other errors.
        text = "" if isinstance(error, ValueError) else str(error).lower()
        if isinstance(error, MemoryError) or "memory" in text or "alloc" in text:
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    main()
