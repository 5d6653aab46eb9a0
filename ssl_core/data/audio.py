"""One file's bytes to one short clip of sound, whatever the file turns out to be."""

import io
import math
from typing import Any

import numpy as np

from ssl_core.data.limits import LIMITS, Limits
from ssl_core.data.sound import RATE, SAMPLES

FORMATS = ("WAV", "WAVEX", "FLAC", "OGG")
RATES = (2_000, 192_000)
SILENT = 10 ** (-70 / 20)  # a loudest sample below -70 dB of full scale is silence
BLOCK = 1 << 16  # frames decoded at once: bounds memory whatever the channels
MARGIN = 0.02  # seconds of silence, so that a filter's ringing does not wrap around
EDGE = 0.92  # part of the band that passes untouched; the rest fades out


def decode(data: bytes, limits: Limits = LIMITS) -> np.ndarray:
    """The loudest stretch of a recording, mixed to one channel and resampled.

    Only the first ``limits.seconds`` are decoded. Of them the 1.024 seconds with the most
    energy are kept; what is shorter stands in the middle of silence. The level stays as
    it was recorded, a constant offset is taken out, and samples beyond full scale are
    clipped.

    Args:
        data: a file's content, or the beginning of it.
        limits: of which ``seconds`` and ``channels`` count.

    Returns:
        ``[SAMPLES]`` int16 at ``RATE``.

    Raises:
        ValueError: with the reason, in words for a learner.
    """
    if not data:
        raise ValueError("an empty file")
    wave, rate = _decoded(data, limits)
    if not len(wave):
        raise ValueError("a recording of no length")
    if not np.isfinite(wave).all():
        raise ValueError("holds samples that are not numbers (NaN or infinite)")
    wave = np.clip(wave, -1, 1).astype(np.float64)
    wave = _excerpt(resampled(wave - wave.mean(), rate))
    if np.abs(wave).max() < SILENT:
        raise ValueError("silent: never louder than -70 dB of full scale")
    samples: np.ndarray = np.clip(np.rint(wave * 32768), -32768, 32767)
    return samples.astype(np.int16)


def resampled(wave: np.ndarray, rate: int) -> np.ndarray:
    """``[n]`` at ``rate`` to ``[m]`` at ``RATE``, through the spectrum.

    Frequencies that the new rate cannot carry are cut off, so that none comes back as a
    wrong tone.
    """
    if rate == RATE:
        return wave
    shared = math.gcd(rate, RATE)
    up, down = RATE // shared, rate // shared
    # Padded so that both lengths are whole numbers: no drift, and no wrapping around.
    blocks = -(-(len(wave) + math.ceil(MARGIN * rate)) // down)
    spectrum = np.fft.rfft(wave, blocks * down)
    bins = blocks * min(up, down) // 2 + 1
    place = np.linspace(0, 1, bins)
    fade = np.cos(np.clip((place - EDGE) / (1 - EDGE), 0, 1) * np.pi / 2) ** 2
    longer: np.ndarray = np.fft.irfft(spectrum[:bins] * fade, blocks * up)
    return longer[: -(-len(wave) * up // down)] * (up / down)


def missing() -> str | None:
    """Why sound cannot be read on this machine, or None if it can."""
    try:
        import soundfile  # noqa: F401
    except (ImportError, OSError):  # OSError: the library that it wraps is missing
        return "recordings are read with the package soundfile, which is not installed"
    return None


def _decoded(data: bytes, limits: Limits) -> tuple[np.ndarray, int]:
    """The first seconds ``[n]`` float32, mixed to one channel, and their rate."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            _require(file, limits)
            return _mixed(file, limits.seconds), int(file.samplerate)
    except _Refused:
        raise
    except soundfile.LibsndfileError as error:
        if error.code == 1:  # SF_ERR_UNRECOGNISED_FORMAT
            raise ValueError(_foreign()) from None
        raise ValueError("damaged or cut short") from None
    # Broken headers surface as overflows and wrong types, too.
    except Exception:
        raise ValueError("damaged or cut short") from None


class _Refused(ValueError):
    """A reason of our own, told apart from a decoder's ValueError."""


def _require(file: Any, limits: Limits) -> None:
    if file.format not in FORMATS:
        raise _Refused(_foreign())
    if not RATES[0] <= file.samplerate <= RATES[1]:
        raise _Refused(
            f"{file.samplerate:,} samples a second; allowed are {RATES[0]:,} to "
            f"{RATES[1]:,}"
        )
    if file.channels > limits.channels:
        raise _Refused(f"{file.channels} channels; allowed are {limits.channels}")


def _mixed(file: Any, seconds: float) -> np.ndarray:
    left = int(seconds * file.samplerate)
    parts = [np.empty(0, dtype=np.float32)]
    while left > 0:
        block = file.read(min(left, BLOCK), dtype="float32", always_2d=True)
        if not len(block):
            break
        with np.errstate(invalid="ignore"):  # infinities cancel to NaN: told later
            parts.append(block.mean(1, dtype=np.float64).astype(np.float32))
        left -= len(block)
    return np.concatenate(parts)


def _excerpt(wave: np.ndarray) -> np.ndarray:
    """The ``SAMPLES`` with the most energy, or all in the middle of silence."""
    spare = len(wave) - SAMPLES
    if spare <= 0:
        return np.pad(wave, (-spare // 2, -spare - -spare // 2))
    energy = np.concatenate([[0.0], np.cumsum(wave**2)])
    start = int(np.argmax(energy[SAMPLES:] - energy[: spare + 1]))
    return wave[start : start + SAMPLES]


def _foreign() -> str:
    return "its content is none of WAV, FLAC, OGG"
