"""Start a module of this package as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import ssl_core


def start_module(
    module: str,
    arguments: list[str],
    log: Path,
    *,
    stdin: int = subprocess.PIPE,
    stdout: int | None = subprocess.PIPE,
    **environment: str,
) -> subprocess.Popen[bytes]:
    """Start ``python -m module arguments``; its pipes are unbuffered.

    The process has a session of its own: Ctrl-C in the terminal is for the server, which
    then ends its processes in order.

    Args:
        module: full name of the module; it can import ``ssl_core``.
        arguments: its command line.
        log: the file to which its standard error is added.
        stdin, stdout: as for ``subprocess.Popen``; a ``stdout`` of None is added to the log.
        environment: variables that are set for it.

    Raises:
        OSError: if the process or the log cannot be made.
    """
    home = str(Path(ssl_core.__file__).parents[1])
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    with log.open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            bufsize=0,
            stdin=stdin,
            stdout=errors if stdout is None else stdout,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": path} | environment,
            start_new_session=True,
        )
