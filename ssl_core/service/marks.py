"""What has been copied, noted in a run's folder: a restart copies nothing twice."""

import contextlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ssl_core.service.manifest import CHECKPOINT, FILES, HISTORY, OBJECT
from ssl_core.service.store import SAVED, RunFolder, replacing

NOTE, NAME = ".mirrored", ".server"
Mark = list[Any]


@dataclass(frozen=True)
class Copied:
    """What is known of a run's copy in the mirror.

    Args:
        writer: the server that wrote it when we last looked, empty if it is not there.
        marks: of each file, when it was copied: time of change, size and inode.
        seen: hash of the list that was pulled, empty if it was not.
    """

    writer: str = ""
    marks: dict[str, Mark] = field(default_factory=dict)
    seen: str = ""

    @classmethod
    def read(cls, folder: RunFolder) -> "Copied":
        """From the run's folder; nothing is known where there is no sound note."""
        with contextlib.suppress(OSError, ValueError, TypeError):
            return cls(**json.loads((folder.path / NOTE).read_bytes()))
        return cls()

    def write(self, folder: RunFolder) -> None:
        """Into the run's folder."""
        with replacing(folder.path / NOTE) as f:
            f.write(json.dumps(asdict(self)).encode())


def marks(folder: RunFolder) -> dict[str, Mark]:
    """By which a file that has changed is told; the checkpoint's files go together."""
    found = {name: mark(folder.path / name) for name in (*FILES, HISTORY)}
    slot = folder.checkpoint
    parts = [mark(slot / Path(name).name) for name in CHECKPOINT]
    if all(parts):
        found["checkpoint"] = [slot.name, *parts, mark(folder.path / SAVED)]
    return {name: about for name, about in found.items() if about}


def mark(path: Path) -> Mark:
    """Of one file; empty if it is not there."""
    try:
        about = path.stat()
    except OSError:
        return []
    return [about.st_mtime_ns, about.st_size, about.st_ino]


def server_name(root: Path) -> str:
    """This server's name in the mirror, as long as its folder of runs lasts."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        name = (root / NAME).read_text(encoding="utf-8")
        if OBJECT.fullmatch(name):
            return name
    name = secrets.token_hex(16)
    with replacing(root / NAME) as f:
        f.write(name.encode())
    return name
