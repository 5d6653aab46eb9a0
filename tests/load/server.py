"""The app's server in a process of its own, its memory and its processor time."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.polling import wait_until

REPOSITORY = Path(__file__).parents[2]
START_SECONDS, STOP_SECONDS = 60.0, 40.0
MB = 1e6


@dataclass
class Server:
    """A server of the app.

    Args:
        address: ``http://127.0.0.1:port``, and the base URL path.
        process: of the web server; its children are the workers and the UMAP worker.
        runs: where it keeps its runs.
        log: what it prints.
    """

    address: str
    process: subprocess.Popen[bytes]
    runs: Path
    log: Path

    def memory_mb(self) -> dict[str, float]:
        """Resident memory: of the web server, and of all its child processes together."""
        web = psutil.Process(self.process.pid)
        rest = 0.0
        for child in web.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                rest += child.memory_info().rss / MB
        return {"web": web.memory_info().rss / MB, "workers": rest}

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time taken so far: by the web server, its child processes, the
        learners (this process), and all else on this machine."""
        web = psutil.Process(self.process.pid)
        taken = {
            "server": _seconds(web),
            "workers": sum(map(_seconds, web.children(recursive=True))),
            "learners": _seconds(psutil.Process()),
        }
        all_ = psutil.cpu_times()
        busy = sum(all_) - all_.idle - getattr(all_, "iowait", 0.0)
        return taken | {"others": busy - sum(taken.values())}

    def workers(self) -> list[int]:
        """Process ids of the training workers."""
        return [
            child.pid
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if "ssl_core.service.worker" in child.cmdline()
        ]


@contextlib.contextmanager
def serving(
    runs: Path,
    log: Path,
    *options: str,
    port: int = 0,
    base_url_path: str = "",
    **settings: object,
) -> Iterator[Server]:
    """Run the app until the block ends.

    Args:
        runs: where it keeps its runs.
        log: file to which it prints.
        options: of Streamlit's command line.
        port: 0 lets the system choose a free one.
        base_url_path: "" or "/name", with which all its addresses begin.
        settings: an operator's settings by field name.
    """
    chosen = {
        f"CONTRASTIVE_{name.upper()}": str(value) for name, value in settings.items()
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    # The server is asked below which port it has.
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    command += ["--server.baseUrlPath", base_url_path]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | {"CONTRASTIVE_RUNS_DIR": str(runs)} | chosen,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{listening_port(process, log)}{base_url_path}"
        server = Server(address, process, runs, log)
        _wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_SECONDS)


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A port that no other program gets until the block ends.

    For servers whose address must be known before they start. The socket here is bound
    and does not listen; SO_REUSEADDR on both lets a server bind the same port beside it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def listening_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port on which a server that was started with port 0 listens.

    Args:
        process: of the server.
        log: what it prints; shown if it ends.
    """
    ports: list[int] = []

    def listens() -> bool:
        assert process.poll() is None, log.read_text()
        found = psutil.Process(process.pid).net_connections("tcp")
        ports[:] = [c.laddr.port for c in found if c.status == psutil.CONN_LISTEN]
        return bool(ports)

    wait_until(listens, "the server listens", START_SECONDS)
    return ports[0]


def _wait_for(server: Server) -> None:
    def answers() -> bool:
        assert server.process.poll() is None, server.log.read_text()
        try:
            urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=2)
        except OSError:
            return False
        return True

    wait_until(answers, "the server answers", START_SECONDS)
