"""The two files of a checkpoint: written whole, read without trusting their sizes."""

import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODEL, CARD = "model.safetensors", "card.json"
MAX_MODEL_BYTES = 1 << 30
MAX_CARD_BYTES = 16 << 20
# Weights are noise to a compressor, a card's history is text.
MOST_UNPACKED, SMALL = 30, 1 << 20
# What zipfile raises on damaged, encrypted or exotic archives.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    UnicodeDecodeError,
)


def to_zip(folder: str | Path) -> bytes:
    """The folder's checkpoint as one zip, for a download; :func:`load` reads it."""
    model, text = read_files(Path(folder))
    packed = io.BytesIO()
    # Stored, not deflated: weights are noise to a compressor.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MODEL, model)
        archive.writestr(CARD, text)
    return packed.getvalue()


def require_folder(folder: Path) -> None:
    """Refuse a place where a checkpoint would overwrite something else.

    Raises:
        ValueError: if it is a file, or a folder with other things in it.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; allowed is a new or empty folder")
    foreign = (
        {p.name for p in folder.iterdir()} - {MODEL, CARD} if folder.is_dir() else ()
    )
    if foreign:
        raise ValueError(
            f"{folder} already holds {min(foreign)!r}; allowed is a new or empty "
            "folder, or an older checkpoint"
        )


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears complete or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)  # mkstemp makes it the owner's alone
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_pair(folder: Path, model: bytes, card: Mapping[str, Any]) -> None:
    """Write a checkpoint's two files, the folder made if it is missing.

    Raises:
        ValueError: if the disk refuses.
    """
    text = json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / MODEL, model)
        write_whole(folder / CARD, text.encode())
    except OSError as error:
        raise ValueError(f"{folder} cannot be written: {error.strerror}") from None


def read_files(path: Path) -> tuple[bytes, bytes]:
    """The bytes of model and card, from a folder or a zip.

    Raises:
        ValueError: if there is anything but these two, or one is larger than allowed.
    """
    limits = {MODEL: MAX_MODEL_BYTES, CARD: MAX_CARD_BYTES}
    if path.is_dir():
        model, card = (_read(path / name, limit) for name, limit in limits.items())
        return model, card
    if not path.is_file():
        raise ValueError("there is no such folder or zip")
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack(archive, limits, path.stat().st_size)
    except DAMAGED as error:
        raise ValueError(f"it is not a usable zip: {one_line(error)}") from None


def _unpack(
    archive: zipfile.ZipFile, limits: Mapping[str, int], packed: int
) -> tuple[bytes, bytes]:
    names = sorted(archive.namelist())
    if names != sorted(limits):
        raise ValueError(
            f"the zip holds {', '.join(names[:4]) or 'nothing'}; allowed are exactly "
            f"{MODEL} and {CARD}"
        )
    parts = []
    for name, limit in limits.items():
        most = min(limit, MOST_UNPACKED * packed + SMALL)
        with archive.open(name) as file:
            # The sizes in a zip may lie, so what counts is what comes out.
            parts.append(file.read(most + 1))
        if most < len(parts[-1]) <= limit:
            raise ValueError(
                f"{name} unpacks to more than {MOST_UNPACKED} times the zip, which no "
                "checkpoint does"
            )
        _require_size(len(parts[-1]), name, limit)
    return parts[0], parts[1]


def _read(path: Path, limit: int) -> bytes:
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    _require_size(path.stat().st_size, path.name, limit)
    return path.read_bytes()


def _require_size(size: int, name: str, limit: int) -> None:
    if size > limit:
        raise ValueError(f"{name} is larger than {limit >> 20} MiB, which is the limit")


def one_line(error: Exception) -> str:
    """An error's text without line breaks, and without the half of a file it may quote."""
    text = error.args[0] if isinstance(error, KeyError) else str(error)
    line = " ".join(str(text).split())
    return line if len(line) <= 400 else line[:397] + "..."
