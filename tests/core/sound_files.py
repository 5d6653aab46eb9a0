"""Recordings, folders and zips for tests of a learner's own data."""

import io

import numpy as np
import soundfile

from ssl_core.data import ImageSet

RATE = 8000  # of the clips that a set holds


def tone(
    hertz: float = 440, seconds: float = 0.5, rate: int = RATE, level: float = 0.5
) -> np.ndarray:
    """A sine ``[n]`` of this amplitude."""
    time = np.arange(round(seconds * rate)) / rate
    return level * np.sin(2 * np.pi * hertz * time)


def silence(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.zeros(round(seconds * rate))


def recorded(
    wave: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str | None = None
) -> bytes:
    """A file's content; ``wave`` is ``[n]``, or ``[n, channels]``."""
    out = io.BytesIO()
    soundfile.write(out, wave, rate, format=kind, subtype=subtype)
    return out.getvalue()


def named(data: ImageSet, factor: str) -> list[str]:
    """The name of every row's class of a factor."""
    one = data.factors[factor]
    return [one.names[value] for value in one.values]


# Three labels by two speakers, every one a tone of its own.
GOOD = {
    f"{label}_{speaker}_{take}.wav": recorded(tone(300 + 100 * i))
    for i, (label, speaker, take) in enumerate(
        (label, speaker, take)
        for label in ("no", "so", "yes")
        for speaker in ("anna", "bert")
        for take in range(2)
    )
}
