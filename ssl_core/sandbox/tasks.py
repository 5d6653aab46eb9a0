"""Decoders that run in a sandboxed child process, one untrusted file each.

Each function takes a file's content and returns an array or a JSON object. It raises a
``ValueError`` with a reason that learners understand.
"""

from typing import Any

import numpy as np

from ssl_core.checkpoints.reading import load
from ssl_core.data import audio
from ssl_core.data.limits import LIMITS
from ssl_core.data.picture import decode

audio.missing()  # imports the decoder now, so that the first file need not wait for it


def decode_picture(content: bytes, size: int) -> np.ndarray:
    """A picture's centre square, ``[3, size, size]`` uint8."""
    return decode(content, size, LIMITS)


def decode_recording(content: bytes) -> np.ndarray:
    """A recording's loudest stretch, ``[SAMPLES]`` int16."""
    return audio.decode(content, LIMITS)


def read_checkpoint_config(content: bytes, path: str) -> dict[str, Any]:
    """The flat config of a full checkpoint, read as a worker will read it.

    Args:
        content: empty; a checkpoint may be large, so it is read from the disk.
        path: of the checkpoint's zip.
    """
    try:
        saved = load(path)
        saved.require_whole()
    except ValueError as error:
        # Learners must not see where this server keeps uploads.
        raise ValueError(str(error).removeprefix(path).lstrip(": ")) from None
    return saved.config.flat()
