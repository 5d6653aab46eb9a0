"""Sound as pictures: log-mel spectrograms, and back to something that can be heard.

A clip of about one second becomes a picture with one channel, time to the right and
frequency upwards. From there on nothing needs to know that it was a sound.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.data.base import ImageSet

RATE = 8000  # samples a second
MELS = 32  # rows of a spectrogram: bands of frequency
FRAMES = 64  # columns of a spectrogram
HOP_SECONDS = 0.016  # from column to column
HOP = int(RATE * HOP_SECONDS)
SAMPLES = FRAMES * HOP  # of a clip: 1.024 seconds
FLOOR_DB = -80.0  # what is black; 0 dB is white: a sine as loud as samples can hold
LOWEST_HZ = 50.0  # of the lowest band; there is no voice below
CHUNK = 512  # clips transformed at once: bounds memory
GRIFFIN_LIM_ROUNDS = 32
MOMENTUM = 0.99  # Perraudin et al. 2013 found it best
UNMIX_ROUNDS = 30


@dataclass(frozen=True)
class SoundSet(ImageSet):
    """Spectrograms as an :class:`ImageSet`, and the clips they were made of.

    ``images`` are ``[N, 1, MELS, FRAMES]`` uint8, the lowest band in the last row.

    Args:
        clips: ``[N, S]`` int16, row for row the sound of ``images``. They stay in main
            memory when the set moves to a device: only ears need them.
        rate: samples a second.
    """

    clips: Tensor = field(default_factory=lambda: torch.empty(0, 0, dtype=torch.int16))
    rate: int = RATE

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clips.dtype != torch.int16 or self.clips.dim() != 2:
            raise ValueError(
                f"clips are {self.clips.dtype} of shape {tuple(self.clips.shape)}; "
                "a SoundSet holds int16 [N, S]"
            )
        if len(self.clips) != len(self.images):
            raise ValueError(
                f"clips have {len(self.clips)} rows for {len(self.images)} images"
            )


def log_mel(clips: Tensor, rate: int = RATE) -> Tensor:
    """Log-mel spectrograms of clips, computed where the clips are.

    Levels are relative to full scale and not to each clip's own peak, so that a quiet
    clip is a dark picture.

    Args:
        clips: ``[N, S]`` float in [-1, 1], or int16.
        rate: samples a second.

    Returns:
        ``[N, 1, MELS, S / hop]`` uint8; 0 is ``FLOOR_DB`` or less, 255 is 0 dB. Row 0 is
        the highest band. A column is 16 ms.

    Raises:
        ValueError: if ``clips`` are not ``[N, S]``, or shorter than one column.
    """
    hop = round(rate * HOP_SECONDS)
    if clips.dim() != 2 or clips.shape[1] < hop:
        raise ValueError(
            f"clips are of shape {tuple(clips.shape)}; allowed is [N, S] with S at "
            f"least {hop}"
        )
    if not len(clips):  # no transform takes an empty batch
        shape = (0, 1, MELS, clips.shape[1] // hop)
        return torch.empty(shape, dtype=torch.uint8, device=clips.device)
    return torch.cat([_levels(part, rate, hop) for part in clips.split(CHUNK)])


def heard(spectrogram: Tensor, rate: int = RATE) -> Tensor:
    """A sound whose spectrogram is about this one, the same at every call.

    A spectrogram has lost the phase and the fine structure of frequency. Griffin-Lim
    (1984), here with momentum (Perraudin et al. 2013, algorithm 2), looks for a sound
    with the levels that are left; it comes out a little hoarse.

    Args:
        spectrogram: ``[1, MELS, T]`` float in [0, 1], as an augmented view is.
        rate: samples a second.

    Returns:
        ``[S]`` float32 on the CPU, 16 ms for each of the T columns, within [-1, 1].

    Raises:
        ValueError: if it has another shape.
    """
    if spectrogram.dim() != 3 or spectrogram.shape[:2] != (1, MELS):
        raise ValueError(
            f"spectrogram is of shape {tuple(spectrogram.shape)}; "
            f"allowed is [1, {MELS}, T]"
        )
    hop = round(rate * HOP_SECONDS)
    level = spectrogram[0].detach().float().cpu().flip(0).clamp(0, 1)
    power = 10 ** ((1 - _twice_as_many(level)) * FLOOR_DB / 10) * _full_scale(2 * hop)
    magnitude = _unmixed(power, mel_filters(rate, 2 * hop)).sqrt()
    return _griffin_lim(magnitude, hop, len(level[0]) * hop).clamp(-1, 1)


@lru_cache(maxsize=8)
def mel_filters(rate: int = RATE, window: int = 2 * HOP) -> Tensor:
    """Triangular filters ``[MELS, window / 2 + 1]``, peak 1, evenly spaced in mel.

    mel = 2595 log10(1 + f / 700), as in HTK (Young et al. 2002, eq. 5.13).
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    low = 2595 * math.log10(1 + LOWEST_HZ / 700)
    mels = torch.linspace(low, top, MELS + 2, dtype=torch.float64)
    edges = 700 * (10 ** (mels / 2595) - 1)
    hertz = torch.linspace(0, rate / 2, window // 2 + 1, dtype=torch.float64)
    left, peak, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (hertz - left) / (peak - left), (right - hertz) / (right - peak)
    return torch.minimum(rising, falling).clamp(min=0).float()


def _levels(clips: Tensor, rate: int, hop: int) -> Tensor:
    wave = clips.float() / 32768 if clips.dtype == torch.int16 else clips.float()
    spectrum = _stft(wave, hop, 2 * hop)[..., : clips.shape[1] // hop]
    power = spectrum.real.square() + spectrum.imag.square()
    mel = mel_filters(rate, 2 * hop).to(clips.device) @ power
    decibel = 10 * (mel / _full_scale(2 * hop)).clamp(min=1e-12).log10()
    level = (1 - decibel / FLOOR_DB).clamp(0, 1)
    return (level * 255).round().byte().flip(1).unsqueeze(1)


def _full_scale(window: int) -> float:
    """Power of a sine of amplitude 1 at its frequency: half the window's sum, squared."""
    return (window / 4) ** 2


def _stft(wave: Tensor, hop: int, window: int) -> Tensor:
    return torch.stft(
        wave,
        window,
        hop,
        window=torch.hann_window(window, device=wave.device),
        pad_mode="constant",
        return_complex=True,
    )


def _twice_as_many(level: Tensor) -> Tensor:
    """``[F, T]`` to ``[F, 2T + 1]`` columns: Griffin-Lim needs windows that overlap more."""
    follows = F.pad(level[None], (0, 1), mode="replicate")[0]
    between = (follows[:, :-1] + follows[:, 1:]) / 2
    doubled = torch.stack([level, between], 2).flatten(1)
    return torch.cat([doubled, follows[:, -1:]], 1)


def _unmixed(mel: Tensor, filters: Tensor) -> Tensor:
    """Power ``[B, T]`` >= 0 of every frequency that the filters sum up to ``mel [M, T]``.

    Multiplicative updates for the Kullback-Leibler divergence (Lee and Seung 2001, eq. 5):
    quiet bands count as much as loud ones.
    """
    covered = filters.sum(0).clamp(min=1e-3).unsqueeze(1)
    power = filters.T @ mel / covered
    for _ in range(UNMIX_ROUNDS):
        ratio = mel / (filters @ power).clamp(min=1e-12)
        power = power * (filters.T @ ratio) / covered
    return power


def _griffin_lim(magnitude: Tensor, hop: int, samples: int) -> Tensor:
    window, step = 2 * hop, hop // 2
    g = torch.Generator().manual_seed(0)
    phase = torch.rand(magnitude.shape, generator=g) * math.tau
    estimate = torch.polar(magnitude, phase)
    before = torch.zeros_like(estimate)
    shape = torch.hann_window(window)
    for _ in range(GRIFFIN_LIM_ROUNDS):
        wave = torch.istft(estimate, window, step, window=shape, length=samples)
        consistent = _stft(wave, step, window)
        pushed = consistent + MOMENTUM * (consistent - before)
        before = consistent
        estimate = magnitude * torch.sgn(pushed)
    return torch.istft(estimate, window, step, window=shape, length=samples)
