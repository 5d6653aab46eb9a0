"""A voice of source and filter (Fant 1960): what the throat buzzes, the mouth shapes.

The source is a train of pulses at the pitch; the filter is a chain of resonances, the
formants, which the tongue moves about. Consonants add noise or close the mouth. All
clips of a batch are computed at once, frame by frame in the frequency domain.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ssl_core.data.sound import RATE, SAMPLES

HOP = 64  # the filter changes every 8 ms
WINDOW = 2 * HOP
FFT = 2 * WINDOW  # twice the window: a filter's ringing does not wrap around
STEPS = SAMPLES // HOP + 1

VOWELS: dict[str, tuple[float, ...]] = {  # formants in Hz of a tract of scale 1
    "a": (750, 1150, 2500, 3400),
    "i": (290, 2200, 2950, 3500),
    "u": (320, 800, 2250, 3300),
}
BANDWIDTHS = (80.0, 100.0, 150.0, 220.0)
# Where the formants come from, Hz; part of the syllable that it takes; level of the
# voice in it; wider resonances (the nose swallows sound); noise: from (part of it),
# level, centre and width in Hz.
CONSONANTS: dict[str, tuple[float, ...]] = {
    "d": (230, 1750, 2650, 3400, 0.16, 0.12, 1.0, 0.85, 0.9, 3000, 1500),
    "m": (260, 1000, 2150, 3200, 0.24, 0.45, 2.5, 1.00, 0.0, 3000, 1500),
    "s": (300, 1650, 2600, 3400, 0.32, 0.00, 1.0, 0.00, 0.5, 3600, 900),
}

Draws = Mapping[str, Tensor]


def speak(f: Draws, g: torch.Generator) -> Tensor:
    """Speak one syllable per row, ``[n, SAMPLES]`` float32 of root-mean-square level 1.

    Args:
        f: ``[n]`` each: consonant and vowel (indices), pitch (Hz), melody (octaves from
            start to end), scale (formants over those of a long tract), tilt (Hz above
            which the voice falls off), breath (noise in the voice), start and length
            (seconds), and ``slur [n, 4]``, factors of the formants.
        g: draws the noise.
    """
    n = len(f["pitch"])
    consonant = torch.tensor(list(CONSONANTS.values()))[f["consonant"]]
    formants, widths, voiced, rustle = _articulated(f, consonant)
    source = _pulses(f) + f["breath"].view(-1, 1) * torch.randn(n, SAMPLES, generator=g)
    mouth = _frames(source) * _tract(f, formants, widths) * voiced.unsqueeze(2)
    hiss = _frames(torch.randn(n, SAMPLES, generator=g))
    hertz = _hertz()
    centre, width = (
        consonant[:, 9, None] * f["scale"].view(-1, 1),
        consonant[:, 10, None],
    )
    band = torch.exp(-0.5 * ((hertz - centre) / width * 2) ** 2).unsqueeze(1)
    wave = _overlapped(mouth + hiss * band * rustle.unsqueeze(2))
    power = wave.square().sum(1, keepdim=True) / (f["length"].view(-1, 1) * RATE)
    return wave / power.sqrt().clamp(min=1e-9)


def _articulated(f: Draws, consonant: Tensor) -> tuple[Tensor, ...]:
    """Formants and bandwidths ``[n, STEPS, 4]``; levels of voice and noise ``[n, STEPS]``."""
    length = f["length"].view(-1, 1)
    time = torch.arange(STEPS) * (HOP / RATE) - f["start"].view(-1, 1)
    released = consonant[:, 4, None] * length  # when the consonant ends
    glide = 0.16 * length  # how long the tongue travels
    opened = ((time - released) / glide + 0.3).clamp(0, 1)
    opened = (opened * opened * (3 - 2 * opened)).unsqueeze(2)
    vowel = torch.tensor(list(VOWELS.values()))[f["vowel"]] * f["slur"]
    locus = consonant[:, None, :4]
    formants = (locus + (vowel.unsqueeze(1) - locus) * opened) * f["scale"].view(
        -1, 1, 1
    )
    wider = consonant[:, None, 6:7]
    widths = torch.tensor(BANDWIDTHS) * (wider + (1 - wider) * opened)
    fade = 0.35 * length
    before = _gate(time, torch.zeros_like(length), released, 0.012)
    after = _gate(time, released, length, 0.016) * ((length - time) / fade).clamp(0, 1)
    voiced = before * consonant[:, 5, None] + after
    noisy = _gate(time, consonant[:, 7, None] * released, released + 0.01, 0.012)
    return formants, widths, voiced, noisy * consonant[:, 8, None]


def _gate(time: Tensor, start: Tensor, end: Tensor, ramp: float) -> Tensor:
    """1 between two times, 0 outside, with straight edges of ``ramp`` seconds."""
    return torch.minimum((time - start) / ramp + 0.5, (end - time) / ramp + 0.5).clamp(
        0, 1
    )


def _pulses(f: Draws) -> Tensor:
    """Glottal pulses ``[n, SAMPLES]``, a band-limited impulse train.

    A sum of harmonics in closed form (Stilson and Smith 1996, eq. 2): none of them lies
    above half the sampling rate, where it would fold back as a wrong tone.
    """
    time = torch.arange(SAMPLES) / RATE
    along = ((time - f["start"].view(-1, 1)) / f["length"].view(-1, 1)).clamp(0, 1)
    wobble = 0.012 * torch.sin(
        math.tau * (5 * time + along[:, :1] + f["melody"].view(-1, 1))
    )
    octaves = f["melody"].view(-1, 1) * (along - 0.5) + wobble
    pitch = f["pitch"].view(-1, 1) * 2**octaves
    harmonics = (RATE / 2 / pitch.amax(1, keepdim=True)).floor()
    turns = (pitch / RATE).cumsum(1).remainder(1) * math.pi
    ratio = torch.sin((2 * harmonics + 1) * turns) / torch.sin(turns).clamp(min=1e-6)
    return (ratio - 1) / (2 * harmonics).sqrt()


def _tract(f: Draws, formants: Tensor, widths: Tensor) -> Tensor:
    """Response of throat and mouth ``[n, STEPS, bins]``, complex: a chain of resonances."""
    hertz = _hertz()
    # A pulse is no impulse: the voice falls by 6 dB an octave above its corner.
    chain = torch.complex(torch.ones_like(hertz), hertz / f["tilt"].view(-1, 1))
    chain = chain.unsqueeze(1)
    for one in range(formants.shape[2]):
        x = hertz / formants[:, :, one, None]
        damping = (widths[:, :, one] / formants[:, :, one]).unsqueeze(2)
        chain = chain * torch.complex(1 - x * x, x * damping)
    return chain.reciprocal()


def _hertz() -> Tensor:
    return torch.linspace(0, RATE / 2, FFT // 2 + 1)


def _frames(wave: Tensor) -> Tensor:
    """Spectra ``[n, STEPS, bins]`` of overlapping windows that add up to the wave."""
    pieces = F.pad(wave, (HOP, HOP)).unfold(1, WINDOW, HOP)
    return torch.fft.rfft(pieces * torch.hann_window(WINDOW), FFT)


def _overlapped(spectra: Tensor) -> Tensor:
    """The wave ``[n, SAMPLES]`` whose filtered windows these are."""
    pieces = torch.fft.irfft(spectra, FFT)
    n, steps, _ = pieces.shape
    # A piece is four hops long; each quarter goes into its own row, shifted by hops.
    quarters = pieces.view(n, steps, FFT // HOP, HOP)
    wave = pieces.new_zeros(n, steps + FFT // HOP - 1, HOP)
    for late in range(FFT // HOP):
        wave[:, late : late + steps] += quarters[:, :, late]
    return wave.flatten(1)[:, HOP : HOP + SAMPLES]
