"""A PostgreSQL server for tests: on a socket in a temporary folder, and killable."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

LOCATIONS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin")


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, None if there is none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    places = (p for pattern in LOCATIONS for p in sorted(Path("/").glob(pattern[1:])))
    return next((p for p in places if (p / "initdb").exists()), None)


class Postgres:
    """A server in its own folder; as PostgreSQL refuses root, it runs as another user."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg_"))
        self.user = _somebody()
        if self.user:
            shutil.chown(self.folder, self.user)
        self.url = f"postgresql://tester@/postgres?host={self.folder}"
        self._run("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, seconds: float = 60) -> None:
        """Start it, and wait until it answers."""
        deadline = time.monotonic() + seconds
        while True:
            # Right after a kill its children may still hold the shared memory.
            if self.process is None or self.process.poll() is not None:
                self.process = self._open()
            ready = ("-q", "-h", str(self.folder), "-U", "tester")
            if not subprocess.run([self.programs / "pg_isready", *ready]).returncode:
                return
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """Send SIGKILL, as when the machine fails."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def remove(self) -> None:
        """Stop it and delete its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [
                    *(self.programs / "postgres", "-D", self.folder / "data"),
                    *("-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off"),
                ],
                user=self.user,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def _run(self, program: str, *options: str) -> None:
        done = subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *options],
            user=self.user,
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def _somebody() -> str | None:
    """A user without rights, if we are root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
