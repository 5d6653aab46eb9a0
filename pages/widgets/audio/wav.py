"""WAV files of samples, and samples of a spectrogram."""

import io
import wave

import numpy as np

SAMPLE_RATE = 8000  # Hz; equals that of ssl_core.data.sound, which imports torch


def encode_wav(samples: np.ndarray) -> bytes:
    """The bytes of a WAV file with these ``[S]`` int16 samples."""
    # st.audio would normalise the loudness of an array.
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def levels_to_samples(levels: np.ndarray) -> np.ndarray:
    """Samples ``[S]`` int16 of a sound with the spectrogram ``[F, T]`` uint8."""
    import torch

    from ssl_core.data.sound import heard

    scaled = torch.from_numpy(levels.copy()).float() / 255
    samples: np.ndarray = (heard(scaled.unsqueeze(0)) * 32767).round().short().numpy()
    return samples
