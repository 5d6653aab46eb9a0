"""Syllables spoken by the program, of which everything is known.

Eight speakers say nine syllables, each take at its own pitch, tempo, loudness and
moment, in its own noise. As with the shapes, a probe can say which of these an encoder
kept and which it threw away.
"""

import math

import torch
from torch import Tensor

from ssl_core.data.base import Factor, held_out_split
from ssl_core.data.formants import CONSONANTS, VOWELS, speak
from ssl_core.data.sound import RATE, SAMPLES, SoundSet, log_mel
from ssl_core.knobs import Knob

# name: formants over those of a long tract, middle pitch in Hz, corner of the voice's
# fall in Hz, breath
SPEAKERS: dict[str, tuple[float, ...]] = {
    "Ada": (1.16, 195, 350, 0.05),
    "Ben": (0.86, 110, 600, 0.02),
    "Cleo": (1.09, 170, 900, 0.12),
    "Dan": (0.93, 130, 300, 0.02),
    "Eve": (1.24, 180, 700, 0.03),
    "Finn": (1.00, 120, 500, 0.15),
    "Gus": (0.89, 145, 1000, 0.06),
    "Hana": (1.05, 205, 450, 0.02),
}
SAID = tuple(c + v for c in CONSONANTS for v in VOWELS)
SECONDS = 0.5  # a syllable at tempo 1
CHUNK = 32  # clips spoken at once: the arithmetic stays in cache, twice as fast


def voices(count: int = 4_000, held_out: int = 800, seed: int = 0) -> SoundSet:
    """Speak a data set of syllables.

    Args:
        count: number of clips, held-out ones included.
        held_out: how many of them training never hears.
        seed: same seed, same clips, bit for bit on one machine.

    Returns:
        A :class:`SoundSet` with ``images [count, 1, 32, 64]``, ``clips [count, 8192]``
        and the factors said, consonant, vowel and speaker (classes); pitch (semitones
        above the speaker's own middle), tempo (1 is a syllable of half a second), onset
        (seconds), loudness (dB of full scale, below 0) and noise (dB relative to the
        voice). All are independent of each other, but that said is consonant and vowel,
        and that a quick syllable may begin later: any may begin where it still fits.

    Raises:
        ValueError: naming the argument out of range, its value and what is allowed.
    """
    count = Knob(4_000, low=4, high=50_000).check("count", count)
    held_out = Knob(800, low=0, high=count - 2).check("held_out", held_out)
    seed = Knob(0, low=0, high=2**31 - 1).check("seed", seed)
    g = torch.Generator().manual_seed(seed)
    known = _draw_factors(count, g)
    clips = torch.empty(count, SAMPLES, dtype=torch.int16)
    for i in range(0, count, CHUNK):
        clips[i : i + CHUNK] = _take({k: v[i : i + CHUNK] for k, v in known.items()}, g)
    factors = {
        "said": Factor(known["said"], "class", SAID),
        "consonant": Factor(known["consonant"], "class", tuple(CONSONANTS)),
        "vowel": Factor(known["vowel"], "class", tuple(VOWELS)),
        "speaker": Factor(known["speaker"], "class", tuple(SPEAKERS)),
    } | {k: Factor(known[k]) for k in ("pitch", "tempo", "onset", "loudness", "noise")}
    split = held_out_split(count, held_out, seed)
    return SoundSet(
        "voices", log_mel(clips), factors, "said", split, clips=clips, rate=RATE
    )


def _draw_factors(n: int, g: torch.Generator) -> dict[str, Tensor]:
    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=g)

    said = torch.randint(len(SAID), (n,), generator=g)
    tempo = uniform(0.65, 1.5)
    room = SAMPLES / RATE - SECONDS / tempo  # where a syllable may begin
    return {
        "said": said,
        "consonant": said // len(VOWELS),
        "vowel": said % len(VOWELS),
        "speaker": torch.randint(len(SPEAKERS), (n,), generator=g),
        "pitch": uniform(-6, 6),
        "tempo": tempo,
        "onset": uniform(0, 1) * room,
        "loudness": uniform(-38, -16),
        "noise": uniform(-30, -8),
        "melody": uniform(-0.5, 0.35),
        "colour": uniform(-1.0, 0.0),
        "slur": 1 + 0.05 * torch.randn(n, 4, generator=g).clamp(-2, 2),
    }


def _take(f: dict[str, Tensor], g: torch.Generator) -> Tensor:
    """Clips ``[n, SAMPLES]`` int16: what was said, in noise, at its loudness."""
    scale, middle, tilt, breath = torch.tensor(list(SPEAKERS.values()))[f["speaker"]].T
    voice = speak(
        {
            **{k: f[k] for k in ("consonant", "vowel", "melody", "slur")},
            "pitch": middle * 2 ** (f["pitch"] / 12),
            "scale": scale,
            "tilt": tilt,
            "breath": breath,
            "start": f["onset"],
            "length": SECONDS / f["tempo"],
        },
        g,
    )
    noise = _background(f["colour"], g) * 10 ** (f["noise"].view(-1, 1) / 20)
    level = 10 ** (f["loudness"].view(-1, 1) / 20)
    return ((voice + noise) * level * 32768).round().clamp(-32768, 32767).short()


def _background(colour: Tensor, g: torch.Generator) -> Tensor:
    """Steady noise ``[n, SAMPLES]`` of level 1; its power goes with frequency ** colour."""
    bins = SAMPLES // 2 + 1
    hertz = torch.linspace(0, RATE / 2, bins).clamp(min=60.0)
    shape = hertz ** (colour.view(-1, 1) / 2)
    shape = shape / shape.square().mean(1, keepdim=True).sqrt() * math.sqrt(SAMPLES / 2)
    parts = torch.randn(len(colour), bins, 2, generator=g)
    return torch.fft.irfft(torch.view_as_complex(parts) * shape, SAMPLES)
