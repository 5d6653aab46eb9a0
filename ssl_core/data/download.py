"""Fetch a data set's files once, with progress, and leave nothing half done behind."""

import hashlib
import http.client
import shutil
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CONNECT_SECONDS = 5.0  # silence after which a server counts as out of reach
GIVE_UP_SECONDS = 8.0  # the same for the first answer of all, name lookup included
CHUNK = 1 << 18
STAGING = ".part-"
STALE_SECONDS = 24 * 3600

Progress = Callable[[int, int], None]
NETWORK_ERRORS = (OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Remote:
    """Where a data set lives, and how torchvision opens it.

    Args:
        title: its name in a sentence.
        home: the folder that torchvision makes for it below the root.
        mirrors: addresses, each ending in "/", tried in turn.
        files: (file name, md5) below each of them.
        open: (root, train split?, unpack first?) -> torchvision data set.
        inside: folder below the root in which torchvision expects the packed files.
    """

    title: str
    home: str
    mirrors: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    open: Callable[[Path, bool, bool], Any]
    inside: str = "."


def into_place(
    remote: Remote, root: Path, progress: Progress | None = None
) -> tuple[Any, Any]:
    """The training and the test split, downloaded first if they are not there whole.

    Files are fetched and unpacked in a staging folder that takes its final name in one
    step: an interrupted download never looks like a data set.

    Raises:
        ValueError: if it cannot be downloaded or stored; says what can be used instead.
    """
    # torchvision's readers answer missing and damaged files with any of these.
    unreadable = (RuntimeError, ValueError, AssertionError, OSError, EOFError)
    try:
        return remote.open(root, True, False), remote.open(root, False, False)
    except unreadable:
        pass
    try:
        _download(remote, root, progress)
        return remote.open(root, True, False), remote.open(root, False, False)
    except (*unreadable, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise ValueError(
            f"{remote.title} could not be downloaded ({reason}); without a network, "
            "choose shapes, or a folder or zip of your own images"
        ) from error


def _download(remote: Remote, root: Path, progress: Progress | None) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for old in root.glob(f"{STAGING}*"):  # of a process that was killed
        if time.time() - old.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    with TemporaryDirectory(prefix=STAGING, dir=root) as staging:
        target = Path(staging) / remote.inside
        target.mkdir(parents=True, exist_ok=True)
        _from_any_mirror(remote, target, progress)
        remote.open(Path(staging), True, True)  # unpacks; the files are there already
        for name, _ in remote.files:
            (target / name).unlink()
        shutil.rmtree(root / remote.home, ignore_errors=True)
        (Path(staging) / remote.home).replace(root / remote.home)


def _from_any_mirror(remote: Remote, target: Path, progress: Progress | None) -> None:
    for mirror in remote.mirrors:
        try:
            total = _total_bytes([mirror + name for name, _ in remote.files])
            report = _counter(total, progress)
            for name, md5 in remote.files:
                _fetch(mirror + name, target / name, md5, report)
            return
        except NETWORK_ERRORS as error:
            failed = error
    raise failed


def _total_bytes(urls: list[str]) -> int:
    """Size of all files together, 0 if a server does not tell.

    Asked in threads, because looking up a name obeys no socket timeout.
    """
    pool = ThreadPoolExecutor(len(urls))
    try:
        sizes = list(pool.map(_size, urls, timeout=GIVE_UP_SECONDS))
    except TimeoutError:
        raise TimeoutError("no answer from its server") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return sum(sizes) if all(sizes) else 0


def _size(url: str) -> int:
    with _opened(url, "HEAD") as response:
        return int(response.headers.get("Content-Length") or 0)


def _counter(total: int, progress: Progress | None) -> Callable[[int], None]:
    """Adds up the bytes of one file after the other, for ``progress``."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, max(total, done))

    return more


def _fetch(url: str, path: Path, md5: str, report: Callable[[int], None]) -> None:
    """Write one file, and check that it is the one that was meant."""
    digest = hashlib.md5(usedforsecurity=False)
    with _opened(url, "GET") as response, path.open("wb") as file:
        while chunk := response.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            report(len(chunk))
    if digest.hexdigest() != md5:
        raise OSError(f"{path.name} arrived damaged")


def _opened(url: str, method: str) -> Any:
    headers = {"User-Agent": "ssl-core"}
    request = urllib.request.Request(url, headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=CONNECT_SECONDS)
