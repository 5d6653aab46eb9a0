"""Sounds as files: samples, or the levels of a spectrogram, to the bytes of a WAV."""

import io
import wave

import numpy as np

RATE = 8000  # of ssl_core.data.sound, which needs torch


def wav(samples: np.ndarray) -> bytes:
    """``[S]`` int16 samples as a file, as loud as they are."""
    # Written here: from an array, Streamlit makes every sound equally loud.
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def audible(levels: np.ndarray) -> np.ndarray:
    """A sound ``[S]`` int16 made from a spectrogram ``[F, T]`` uint8."""
    import torch

    from ssl_core.data.sound import heard

    level = torch.from_numpy(levels.copy()).float() / 255
    samples: np.ndarray = (heard(level.unsqueeze(0)) * 32767).round().short().numpy()
    return samples
