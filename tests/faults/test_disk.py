"""A full disk and a folder that may only be read: one sentence, and the rest works on."""

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ssl_core.service import Service, Settings
from ssl_core.train import Budget, RunConfig
from tests.polling import START_LIMIT_S, wait_until

pytestmark = pytest.mark.slow

SMALL = RunConfig(batch_size=8)
ROOM = "its operator has to make room"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as refusal:
        pytest.skip(f"no disk can be mounted here ({refusal})")
    yield place
    while (
        subprocess.run(["umount", "-l", str(place)], capture_output=True).returncode
        == 0
    ):
        pass  # one on top of the other


def serving(root: Path) -> Service:
    return Service(root, Settings(workers=1), umap=False)


def trained(service: Service, owner: str) -> str:
    run = service.submit(SMALL, owner=owner)
    wait_until(lambda: service.status(run).step >= 1, "the first step", START_LIMIT_S)
    return run


def fill(disk: Path) -> Path:
    """Leave no byte of room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as f:
        for size in (2**20, 2**12, 1):
            try:
                while True:
                    f.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_ends_a_run_and_space_lets_the_next_begin(disk: Path) -> None:
    service = serving(disk / "runs")
    try:
        before = trained(service, "ann")
        service.stop(before)
        wait_until(lambda: not service.status(before).active, "the end")
        ticks = len(service.history(before))
        hurt = trained(service, "bob")
        filler = fill(disk)
        wait_until(
            lambda: not service.status(hurt).active, "the end of what cannot be kept"
        )
        now = service.status(hurt)
        assert now.state == "interrupted" and ROOM in (now.end_reason or ""), now
        assert "No space left" in (now.end_reason or "")
        with pytest.raises(ValueError, match=ROOM) as refusal:
            service.submit(SMALL, owner="cid")
        assert "\n" not in str(refusal.value)
        assert len(service.history(before)) == ticks and service.latest(before)
        assert service.status(before).state == "stopped"
        filler.unlink()
        after = trained(service, "cid")
        wait_until(lambda: service.checkpoint(after), "its checkpoint")
        service.stop(after)
    finally:
        service.close()


def test_a_read_only_folder_ends_a_run(disk: Path) -> None:
    service = serving(disk / "runs")
    try:
        before = trained(service, "ann")
        read_only(disk)
        with pytest.raises(ValueError, match=ROOM):
            service.submit(SMALL, owner="cid")
        wait_until(
            lambda: not service.status(before).active, "the end of what cannot be kept"
        )
        now = service.status(before)
        assert now.state == "interrupted" and "Read-only" in (now.end_reason or ""), now
        assert service.history(before) and service.latest(before)
        writable(disk)
        after = trained(service, "cid")
        service.stop(after)
    finally:
        service.close()


def test_a_server_does_not_start_in_a_read_only_folder(disk: Path) -> None:
    read_only(disk)
    with pytest.raises(OSError, match="Read-only"):
        serving(disk / "runs")


def test_a_limit_on_file_size_ends_a_run(tmp_path: Path) -> None:
    """The same without a disk of one's own: a limit on a file's size, as quotas set it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (100_000, hard)
    )  # for the worker to inherit
    try:
        service = serving(tmp_path / "runs")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    try:
        run = service.submit(SMALL, owner="ann", budget=Budget(steps=100_000))
        wait_until(
            lambda: not service.status(run).active, "the end of what cannot be kept"
        )
        now = service.status(run)
        assert now.state == "interrupted" and ROOM in (now.end_reason or ""), now
        assert "too large" in (now.end_reason or "")
        wait_until(service.ready, "a worker for the next", START_LIMIT_S)
    finally:
        service.close()


def read_only(disk: Path) -> None:
    """From now on: a second mount over the first, for the log of a worker stays open."""
    for how in (["--bind", str(disk)], ["-o", "remount,bind,ro"]):
        subprocess.run(["mount", *how, str(disk)], check=True)


def writable(disk: Path) -> None:
    """Take it away again."""
    subprocess.run(["umount", "-l", str(disk)], check=True)
