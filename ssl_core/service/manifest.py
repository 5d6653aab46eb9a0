"""What a store keeps of one run: objects that never change, and one list of them.

An object store has no rename and no append, and an object is replaced as a whole. So a
file that has changed becomes a new object under a new name, and the list, replaced last,
is what makes it count: whoever reads a list finds files that belong together.

::

    runs/<run_id>/manifest.json    the list
                  <32 hex digits>  an object: a file, or a piece of the history
"""

import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from ssl_core.service.store import checked_id

FILES = ("config.json", "state.json", "latest.npz", "map_set.npz", "umap.npz")
HISTORY = "ticks.jsonl"
CHECKPOINT = ("checkpoint/model.safetensors", "checkpoint/card.json")
NAMES = (*FILES, HISTORY, *CHECKPOINT)
OBJECT = re.compile(r"[0-9a-f]{32}")
MANIFEST = "manifest.json"
PIECES = 64  # of a history, before it is written anew as one


@dataclass(frozen=True)
class Manifest:
    """The files of a run, each as the objects that it is made of.

    Args:
        writer: the server that writes this run.
        files: object names by file name; several for the history, in order.
        told: how many bytes the history has here.
        digest: their hash, by which a history that was cut is told from a longer one.
    """

    writer: str
    files: dict[str, list[str]] = field(default_factory=dict)
    told: int = 0
    digest: str = ""

    def having(self, name: str, *objects: str) -> "Manifest":
        """With a file that is made of other objects."""
        return replace(self, files={**self.files, name: list(objects)})

    def objects(self) -> set[str]:
        """All objects that it names."""
        return {part for parts in self.files.values() for part in parts}

    def text(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()

    def hash(self) -> str:
        """By which two lists are told apart."""
        return _hash(self.text())

    @classmethod
    def of(cls, text: bytes) -> "Manifest":
        """From JSON that somebody else may have written.

        Raises:
            ValueError: if anything in it is not what we would write.
        """
        said: Any = json.loads(text)
        try:
            made = cls(**said)
            sound = made.told >= 0 and isinstance(made.digest, str)
            sound = sound and OBJECT.fullmatch(made.writer) is not None
            sound = sound and made.files.keys() <= set(NAMES)
            sound = sound and all(OBJECT.fullmatch(part) for part in made.objects())
        except (AttributeError, TypeError):
            sound = False
        if not sound:
            raise ValueError(f"a {MANIFEST} of the mirror is not one of ours")
        return made


class Vault:
    """One run's place in a store.

    Args:
        fs: an fsspec file system.
        base: where the mirror begins in it.
        run_id: which run.
    """

    def __init__(self, fs: Any, base: str, run_id: str) -> None:
        self.fs, self.path = fs, f"{base}/runs/{checked_id(run_id)}"
        self.folder = isinstance(fs, LocalFileSystem)  # not a store

    def put(self, content: bytes) -> str:
        """Keep a new object; returns its name."""
        name = secrets.token_hex(16)
        if self.folder:
            self.fs.makedirs(self.path, exist_ok=True)
        self.fs.pipe_file(f"{self.path}/{name}", content)
        return name

    def put_history(self, manifest: Manifest, content: bytes) -> Manifest:
        """Add what is new of the history, all of it if what is here is no part of it."""
        pieces, told = manifest.files.get(HISTORY, []), manifest.told
        grown = len(pieces) < PIECES and _hash(content[:told]) == manifest.digest
        pieces, fresh = (pieces, content[told:]) if grown else ([], content)
        after = manifest.having(HISTORY, *pieces, *([self.put(fresh)] if fresh else []))
        return replace(after, told=len(content), digest=_hash(content))

    def get(self, manifest: Manifest, name: str) -> bytes:
        """A file, put together from its objects."""
        parts = manifest.files[name]
        return b"".join(self.fs.cat_file(f"{self.path}/{part}") for part in parts)

    def read(self) -> Manifest | None:
        """The list, None if the run is not here.

        Raises:
            ValueError: if it is damaged.
        """
        try:
            return Manifest.of(self.fs.cat_file(f"{self.path}/{MANIFEST}"))
        except FileNotFoundError:
            return None

    def write(self, manifest: Manifest) -> None:
        """Replace the list at one moment."""
        path = f"{self.path}/{MANIFEST}"
        if self.folder:  # which, unlike a store, would show half of it
            beside = f"{self.path}/{self.put(manifest.text())}"
            self.fs.mv(beside, path)
        else:
            self.fs.pipe_file(path, manifest.text())

    def sweep(self, manifest: Manifest) -> None:
        """Delete the objects that a list no longer names."""
        kept = {*manifest.objects(), MANIFEST}
        for path in self.fs.ls(self.path, detail=False):
            if path.rpartition("/")[2] not in kept:
                self.fs.rm_file(path)


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
