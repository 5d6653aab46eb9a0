"""Places to write to: refused before the work starts, written whole after it."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ssl_core.checkpoints import require_folder, write_whole


def json_target(text: str | None) -> Path | None:
    """Where ``--json`` writes.

    Raises:
        ValueError: if it cannot be written there.
    """
    return file_target("--json", text)


def file_target(option: str, text: str | None) -> Path | None:
    """The file that ``option`` writes, None if it was not given.

    Raises:
        ValueError: if it cannot be written there.
    """
    if text is None:
        return None
    path = Path(text)
    if not path.name or path.is_dir():
        raise ValueError(f"{option} is {text!r}, a folder; allowed is a file to write")
    _require_writable(option, text, path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise ValueError(f"{option} is {text!r}, which may not be overwritten")
    return path


def save_target(text: str | None) -> Path | None:
    """Where ``--save`` writes a checkpoint; missing folders are made then, not now.

    Raises:
        ValueError: if it cannot be written there, or holds other things.
    """
    if text is None:
        return None
    path = Path(text)
    there = next(p for p in (path, *path.absolute().parents) if p.exists())
    _require_writable("--save", text, there)
    try:
        require_folder(path)
    except ValueError as error:
        raise ValueError(f"--save is {text!r}: {error}") from None
    return path


def write_json(path: Path, value: Any) -> None:
    """Write one JSON object.

    Raises:
        ValueError: if the disk refuses.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ValueError(f"--json {path} cannot be written: {error.strerror}") from None


def _require_writable(option: str, text: str, folder: Path) -> None:
    try:
        # Trying is the only honest check: permission bits do not bind root or read-only
        # file systems. The trial file has no name and leaves nothing.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"{option} is {text!r}, where nothing can be written ({error.strerror}); "
            "allowed is a path in an existing, writable folder"
        ) from None
