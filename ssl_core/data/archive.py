"""The files of a folder or a zip, in memory.

Nothing is ever unpacked to disk, and a name is only ever shown, never used as a path:
that is what makes a hostile zip harmless.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ssl_core.data.files import (
    PICTURES,
    Entry,
    Kind,
    Skipped,
    folder_entries,
    is_junk,
    shown,
    too_large,
    unsuitable,
)
from ssl_core.data.limits import MIB, Limits

# Other methods can ask for gigabytes of dictionary before the first byte comes out.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DIRECTORY_BYTES = 256  # allowed per entry in a zip's table of contents, on average


@contextmanager
def entries(
    path: Path, limits: Limits, kind: Kind = PICTURES
) -> Iterator[tuple[list[Entry], Skipped]]:
    """The files below a folder or in a zip, sorted by name, and those refused by name.

    Raises:
        ValueError: if ``path`` is neither, or is refused as a whole.
    """
    if path.is_dir():
        yield folder_entries(path, limits, kind)
        return
    if not path.is_file():
        raise ValueError(f"{path} is no folder and no file; allowed is a folder or zip")
    try:
        raw = _ShortDirectory(path, limits.zip_entries * DIRECTORY_BYTES)
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None
    with raw, _open_zip(raw, path.name) as archive:
        yield _zip_entries(archive, path.name, limits, kind)


class _Refused(ValueError):
    """Our own refusal, told apart from what a broken zip makes ``ZipFile`` raise."""


class _ShortDirectory(io.BufferedReader):
    """A zip whose table of contents is not read if it is absurdly long.

    ``ZipFile`` reads the table in one piece and makes an object of every 46 bytes of
    it, before anyone can ask how many entries there are.
    """

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(io.FileIO(path))
        self.most: int | None = most

    def read(self, size: int | None = -1) -> bytes:
        if self.most is not None and size is not None and size > self.most:
            raise _Refused(
                f"{Path(str(self.name)).name} lists far too many files: its table of "
                f"contents has {size:,} bytes; allowed are {self.most:,}"
            )
        return super().read(size)


def _open_zip(raw: _ShortDirectory, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(raw)
    except _Refused:
        raise
    except Exception as error:  # a broken table of contents fails in many ways
        raise ValueError(
            f"{name} is damaged or no zip ({type(error).__name__}); "
            "allowed is a folder or a zip of images or recordings"
        ) from None
    raw.most = None
    return archive


def _zip_entries(
    archive: zipfile.ZipFile, name: str, limits: Limits, kind: Kind
) -> tuple[list[Entry], Skipped]:
    listed = archive.infolist()
    if len(listed) > limits.zip_entries:
        raise ValueError(
            f"{name} has {len(listed):,} entries; allowed are {limits.zip_entries:,}"
        )
    found: list[Entry] = []
    skipped: Skipped = []
    unpacked = 0
    for info in listed:
        inner = info.filename.replace("\\", "/")
        if info.is_dir() or inner.endswith("/") or is_junk(inner):
            continue
        if info.flag_bits & 1:
            raise ValueError(f"{name} is encrypted; save it without a password")
        reason = _hazard(info, inner, limits, kind) or unsuitable(inner, kind)
        if reason:
            skipped.append((shown(inner), reason))
        else:
            unpacked += min(info.file_size, kind.head or info.file_size)
            read = partial(_read_zip, archive, info, limits, kind)
            found.append(Entry(shown(inner), read))
    if unpacked > limits.zip_bytes:
        raise ValueError(
            f"{name} unpacks to {unpacked / MIB:,.0f} MB; "
            f"allowed are {limits.zip_bytes / MIB:,.0f} MB"
        )
    return sorted(found, key=lambda e: e.name), skipped


def _read_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits, kind: Kind
) -> bytes:
    try:
        with archive.open(info) as file:
            # The header's size may be a lie: this read ends at the limit in any case.
            data = file.read(kind.head or limits.file_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise ValueError("damaged inside the zip") from None
    except (NotImplementedError, RuntimeError, ValueError):
        raise ValueError("packed in a way that cannot be read") from None
    if kind.head is None and len(data) > limits.file_bytes:
        raise ValueError(too_large(limits))
    return data


def _hazard(info: zipfile.ZipInfo, name: str, limits: Limits, kind: Kind) -> str | None:
    """Why a zip entry is not opened at all, judged by its header alone."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0]:
        return "its name points outside the zip"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link, not a file"
    if kind.head is None and info.file_size > limits.file_bytes:
        return too_large(limits)
    if info.file_size > max(4 * MIB, limits.ratio * info.compress_size):
        return f"unpacks to more than {limits.ratio} times its size"
    if info.compress_type not in METHODS:
        return "packed in a way that is not allowed; use plain zip (deflate)"
    return None
