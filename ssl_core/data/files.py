"""One file of a learner's own, as bytes in memory, and what is not even tried."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ssl_core.data.limits import MIB, Limits


@dataclass(frozen=True)
class Kind:
    """The kind of files that is looked for.

    Args:
        what: one of them, in a sentence.
        suffixes: those that are tried. With "" among them a file without a suffix is,
            too; its content decides.
        head: bytes read of a larger file; None: a file above the limit is skipped.
    """

    what: str
    suffixes: tuple[str, ...]
    head: int | None = None


PICTURES = Kind(
    "an image",
    (
        "",
        ".png",
        ".jpg",
        ".jpeg",
        ".jfif",
        ".webp",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
    ),
)
# The first ten seconds of 192 kHz in stereo and 32 bits have 15 MB.
SOUNDS = Kind(
    "a recording", ("", ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus"), 16 * MIB
)
SUFFIXES = PICTURES.suffixes
PACKED = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")

Skipped = list[tuple[str, str]]


@dataclass(frozen=True)
class Entry:
    """One file that may hold a picture or a recording.

    Args:
        name: its name below the root with "/" between the parts, for the screen only.
        read: returns its bytes, or its first bytes where its kind says so; raises
            ValueError with the reason if it cannot.
    """

    name: str
    read: Callable[[], bytes]


def folder_entries(
    root: Path, limits: Limits, kind: Kind = PICTURES
) -> tuple[list[Entry], Skipped]:
    """The files below a folder, sorted by name, and those refused by name."""
    found: list[Entry] = []
    skipped: Skipped = []
    seen = 0
    for here, folders, files in os.walk(root):
        below = Path(here).relative_to(root)
        folders[:] = sorted(f for f in folders if not is_junk(f))
        for name in folders:
            if os.path.islink(os.path.join(here, name)):
                label = shown((below / name).as_posix())
                skipped.append((label, "a link to a folder, not followed"))
        for name in (f for f in files if not is_junk(f)):
            full, label = os.path.join(here, name), shown((below / name).as_posix())
            reason = unsuitable(name, kind)
            if reason:
                skipped.append((label, reason))
            else:
                found.append(Entry(label, partial(_read_file, full, limits, kind)))
        seen += len(files)
        if seen > limits.folder_files:
            raise ValueError(
                f"{root.name} holds more than {limits.folder_files:,} files; "
                "choose a smaller folder"
            )
    return sorted(found, key=lambda e: e.name), skipped


def _read_file(path: str, limits: Limits, kind: Kind) -> bytes:
    try:
        # Asked before opening: opening a pipe would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ValueError("not a regular file")
        with open(path, "rb") as file:
            data = file.read(kind.head or limits.file_bytes + 1)
    except OSError as error:
        raise ValueError(f"unreadable: {error.strerror or error}") from None
    if kind.head is None and len(data) > limits.file_bytes:
        raise ValueError(too_large(limits))
    return data


def shown(name: str) -> str:
    """A file's name made safe for a screen: printable and not endless."""
    clean = "".join(c if c.isprintable() else "?" for c in name)
    # Part by part: what a long file name loses must not be the folder it lies in.
    short = "/".join(_cut(part, 100) for part in clean.split("/"))
    return _cut(short, 1000)


def _cut(text: str, most: int) -> str:
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}…{text[1 - half :]}"


def unsuitable(name: str, kind: Kind = PICTURES) -> str | None:
    """Why a file is not even tried, judged by its suffix."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PACKED:
        return "an archive inside is not opened"
    if suffix not in kind.suffixes:
        return f"not {kind.what}: {suffix} is none of{' '.join(kind.suffixes)}"
    return None


def is_junk(name: str) -> bool:
    """Files that a desktop leaves behind, and hidden ones: not worth a word."""
    parts = name.split("/")
    hidden = (p.startswith(".") and p not in (".", "..") for p in parts)
    return any(hidden) or any(p in JUNK for p in parts)


def too_large(limits: Limits) -> str:
    """The reason for a file above the limit."""
    return f"larger than {limits.file_bytes / MIB:g} MB"
