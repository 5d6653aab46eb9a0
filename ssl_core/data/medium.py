"""Whether a folder or zip holds pictures or sound, told by the names of its files."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from ssl_core.data.archive import entries
from ssl_core.data.files import PICTURES, SOUNDS, Kind, is_junk
from ssl_core.data.limits import LIMITS

ENOUGH = 2_000  # names looked at in a folder; there may be a million
# Nothing is read, so that no size counts against a limit.
EITHER = Kind("an image or a recording", (*PICTURES.suffixes, *SOUNDS.suffixes), head=1)


def medium_of_files(path: Path) -> str:
    """ "sound" if most files that are one or the other are recordings, else "pictures".

    Raises:
        ValueError: if ``path`` is no folder and no zip, or is refused as a whole.
    """
    sounds = pictures = 0
    for suffix in islice(_suffixes(path), ENOUGH):
        sounds += suffix in SOUNDS.suffixes
        pictures += suffix in PICTURES.suffixes
    return "sound" if sounds > pictures else "pictures"


def _suffixes(path: Path) -> Iterator[str]:
    for name in _names(path):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in EITHER.suffixes and suffix:
            yield suffix


def _names(path: Path) -> Iterator[str]:
    if not path.is_dir():
        with entries(path, LIMITS, EITHER) as (found, _):
            yield from (entry.name for entry in found)
        return
    for _here, folders, files in os.walk(path):
        folders[:] = [f for f in folders if not is_junk(f)]
        yield from (name for name in files if not is_junk(name))
