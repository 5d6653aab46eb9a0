"""What is done to one file of a learner's, in a process that ends with it.

What is done is the server's choice, and what it is done to a stranger's: each function
takes a file's content, and gives an array or a JSON object back.
"""

from typing import Any

import numpy as np

from ssl_core.checkpoints.reading import load
from ssl_core.data import audio
from ssl_core.data.limits import LIMITS
from ssl_core.data.picture import decode

audio.missing()  # imports what reads recordings, before anybody waits for it


def picture(content: bytes, size: int) -> np.ndarray:
    """A picture's centre square, ``[3, size, size]`` uint8.

    Raises:
        ValueError: with the reason, in words for a learner.
    """
    return decode(content, size, LIMITS)


def recording(content: bytes) -> np.ndarray:
    """A recording's loudest stretch, ``[SAMPLES]`` int16.

    Raises:
        ValueError: with the reason, in words for a learner.
    """
    return audio.decode(content, LIMITS)


def checkpoint(content: bytes, path: str) -> dict[str, Any]:
    """The flat config of a whole run's checkpoint, read as its worker will read it.

    Args:
        content: nothing; it may be large, so it is read where it lies.
        path: of its zip.

    Raises:
        ValueError: with the reason, in words for a learner.
    """
    try:
        saved = load(path)
        saved.require_whole()
    except ValueError as refusal:
        # Where this server keeps its uploads is nobody's business.
        raise ValueError(str(refusal).removeprefix(path).lstrip(": ")) from None
    return saved.config.flat()
