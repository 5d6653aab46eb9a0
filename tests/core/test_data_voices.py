"""Voices: deterministic, fully labelled, and every factor is measured in the sound."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from ssl_core.data import SOURCES, SoundSet, load
from ssl_core.data.sound import RATE, SAMPLES, log_mel
from ssl_core.data.voices import voices
from ssl_core.probes import knn_accuracy, linear_probe

COUNT = 1_500
CLASSES = {"said": 9, "consonant": 3, "vowel": 3, "speaker": 8}
RANGES = {
    "pitch": (-6, 6),
    "tempo": (0.65, 1.5),
    "loudness": (-38, -16),
    "noise": (-30, -8),
}


@pytest.fixture(scope="module")
def spoken() -> SoundSet:
    return voices(COUNT, 400)


@pytest.fixture(scope="module")
def waves(spoken: SoundSet) -> Tensor:
    return spoken.clips.double() / 32768


def known(data: SoundSet, name: str) -> Tensor:
    values = data.factors[name].values
    return values if name in CLASSES else values.double()


def syllable(data: SoundSet) -> tuple[Tensor, Tensor]:
    """First and last sample of the syllable."""
    start = known(data, "onset") * RATE
    return start.long(), (start + 0.5 / known(data, "tempo") * RATE).long()


def level_db(wave: Tensor) -> float:
    return 10 * wave.square().mean().clamp(min=1e-12).log10().item()


def correlation(a: Tensor, b: Tensor) -> float:
    return torch.corrcoef(torch.stack([a.double(), b.double()]))[0, 1].item()


# ---- The set.


def test_same_seed_same_clips_bit_for_bit() -> None:
    a, b = voices(70, 10, seed=7), voices(70, 10, seed=7)
    assert torch.equal(a.clips, b.clips) and torch.equal(a.images, b.images)
    assert torch.equal(a.split, b.split)
    assert all(torch.equal(a.factors[k].values, b.factors[k].values) for k in a.factors)


def test_another_seed_speaks_other_clips_and_holds_out_other_rows() -> None:
    a, b = voices(70, 10, seed=7), voices(70, 10, seed=8)
    assert (a.clips != b.clips).any(1).all()
    assert not torch.equal(a.split, b.split)


def test_speaking_does_not_touch_the_global_generator() -> None:
    before = torch.get_rng_state()
    voices(8, 2)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_default_set_of_voices_has_the_documented_form(spoken: SoundSet) -> None:
    assert isinstance(spoken, SoundSet)
    assert spoken.images.shape == (COUNT, 1, 32, 64)
    assert spoken.images.dtype == torch.uint8
    assert spoken.clips.shape == (COUNT, SAMPLES) == (COUNT, 8192)
    assert spoken.clips.dtype == torch.int16 and spoken.rate == 8000
    assert spoken.name == "voices" and spoken.skipped == ()
    assert spoken.label == "said" and len(spoken.label_names) == 9
    assert len(spoken.train_rows) == COUNT - 400
    assert len(spoken.held_out_rows) == 400
    assert torch.equal(log_mel(spoken.clips), spoken.images)


def test_voices_is_a_source_of_sound_that_needs_no_network() -> None:
    source = SOURCES["voices"]
    assert source.medium == "sound" and not source.downloads
    by_name = load("voices", count=40, held_out=5, seed=2)
    assert torch.equal(by_name.images, voices(40, 5, seed=2).images)


def test_count_need_not_be_a_whole_number_of_chunks() -> None:
    for count in (4, 31, 33):
        assert voices(count, 1).clips.abs().amax(1).min() > 0


def test_no_clip_is_silent_or_clipped(spoken: SoundSet) -> None:
    peak = spoken.clips.int().abs().amax(1)
    assert peak.min() > 100
    assert (spoken.clips.int().abs() >= 32767).float().mean() < 1e-4
    assert (peak >= 32767).float().mean() < 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count is 0; allowed is at least 4"),
        ({"count": 10**9}, "count is 1000000000.*at most 50000"),
        ({"count": "many"}, "count is 'many'"),
        ({"count": 100, "held_out": 99}, "held_out is 99.*at most 98"),
        ({"held_out": -1}, "held_out is -1; allowed is at least 0"),
        ({"seed": -1}, "seed is -1; allowed is at least 0"),
        ({"seed": 0.5}, "seed is 0.5"),
    ],
)
def test_invalid_options_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load("voices", **options)


# ---- The factors.


def test_every_clip_has_every_documented_factor(spoken: SoundSet) -> None:
    assert set(spoken.factors) == {*CLASSES, *RANGES, "onset"}
    for name, count in CLASSES.items():
        factor = spoken.factors[name]
        assert factor.kind == "class"
        assert len(factor.names) == len(set(factor.names)) == count
        assert factor.values.dtype == torch.int64
    for name in (*RANGES, "onset"):
        assert spoken.factors[name].kind == "number"
    assert all(len(f.values) == COUNT for f in spoken.factors.values())


def test_the_syllable_is_its_consonant_and_its_vowel(spoken: SoundSet) -> None:
    words = {
        k: [spoken.factors[k].names[v] for v in spoken.factors[k].values]
        for k in ("said", "consonant", "vowel")
    }
    for said, consonant, vowel in zip(*words.values(), strict=True):
        assert said == consonant + vowel


@pytest.mark.parametrize("name", CLASSES)
def test_classes_are_balanced(spoken: SoundSet, name: str) -> None:
    count = known(spoken, name).bincount(minlength=CLASSES[name]).double()
    expected = COUNT / CLASSES[name]
    assert ((count - expected).abs() < 4 * math.sqrt(expected)).all()


@pytest.mark.parametrize("name", RANGES)
def test_numbers_cover_their_range_evenly(spoken: SoundSet, name: str) -> None:
    low, high = RANGES[name]
    values = known(spoken, name)
    assert low <= values.min() and values.max() <= high
    share = torch.histc((values - low) / (high - low), 8, 0, 1) / COUNT
    # Four standard deviations of a count, on either side.
    assert (share - 1 / 8).abs().max() < 4 * math.sqrt(1 / 8 / COUNT)


def test_every_syllable_begins_and_ends_inside_its_clip(spoken: SoundSet) -> None:
    start, end = known(spoken, "onset"), syllable(spoken)[1]
    assert start.min() >= 0 and end.max() <= SAMPLES
    room = 1.024 - 0.5 / known(spoken, "tempo")
    share = torch.histc(start / room, 8, 0, 1) / COUNT
    assert (share - 1 / 8).abs().max() < 4 * math.sqrt(1 / 8 / COUNT)


# A quick syllable leaves more room: its onset may come later, and is known to.
PARTS = [{"said", "consonant"}, {"said", "vowel"}, {"tempo", "onset"}]
PAIRS = [
    pair
    for pair in itertools.combinations((*CLASSES, *RANGES, "onset"), 2)
    if set(pair) not in PARTS
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_factors_are_independent(spoken: SoundSet, one: str, other: str) -> None:
    a, m = spoken.factors[one].classes(4)
    b, n = spoken.factors[other].classes(4)
    table = (a * n + b).bincount(minlength=m * n).double().view(m, n)
    expected = table.sum(1, keepdim=True) * table.sum(0) / COUNT
    chi2 = ((table - expected) ** 2 / expected).sum().item()
    freedom = (m - 1) * (n - 1)
    assert chi2 < freedom + 5 * math.sqrt(2 * freedom)


# ---- Each factor, measured in the sound.


def test_loudness_is_the_level_of_the_syllable(spoken: SoundSet, waves: Tensor) -> None:
    start, end = syllable(spoken)
    measured, expected = [], []
    for row in (known(spoken, "noise") < -15).nonzero().squeeze(1)[:300].tolist():
        measured.append(level_db(waves[row, start[row] : end[row]]))
        expected.append(known(spoken, "loudness")[row].item())
    gap = torch.tensor(measured) - torch.tensor(expected)
    assert len(gap) > 200 and gap.abs().max() < 1.0


def test_noise_is_the_level_before_the_voice_sets_in(
    spoken: SoundSet, waves: Tensor
) -> None:
    start, _ = syllable(spoken)
    rows = (start > 0.2 * RATE).nonzero().squeeze(1)
    measured = torch.tensor(
        [level_db(waves[r, : start[r] - 400]) for r in rows.tolist()]
    )
    expected = (known(spoken, "loudness") + known(spoken, "noise"))[rows]
    # A short stretch of low noise has a level of its own, by chance.
    assert len(rows) > 100 and (measured - expected).abs().median() < 1.5
    assert (measured - expected).abs().max() < 8 and (
        measured - expected
    ).mean().abs() < 1


def fundamental(wave: Tensor) -> float:
    """Hz by the highest peak of the autocorrelation, corrected for its fewer terms."""
    wave = wave - wave.mean()
    n = len(wave)
    power = torch.fft.rfft(wave * torch.hann_window(n).double(), 4 * n).abs() ** 2
    mine = torch.fft.irfft(power)[:n]
    window = torch.fft.rfft(torch.hann_window(n).double(), 4 * n).abs() ** 2
    mine = mine / torch.fft.irfft(window)[:n]
    lags = torch.arange(RATE // 320, RATE // 70)
    best = mine[lags].max()
    # The first lag that is nearly as good: the best may be two or three periods.
    near = lags[(mine[lags] > 0.88 * best) & (mine[lags] >= mine[lags + 1])]
    return RATE / near[0].item()


def test_pitch_is_measured_in_semitones_around_each_speakers_own(
    spoken: SoundSet, waves: Tensor
) -> None:
    start, end = syllable(spoken)
    rows = (known(spoken, "noise") < -14).nonzero().squeeze(1)[:400]
    semitones = []
    for row in rows.tolist():
        middle = int(start[row] + 0.5 * (end[row] - start[row]))
        part = waves[row, middle - 256 : middle + 256]
        semitones.append(12 * math.log2(fundamental(part)))
    measured, expected = torch.tensor(semitones).double(), known(spoken, "pitch")[rows]
    speaker = known(spoken, "speaker")[rows]
    own = torch.stack([(measured - expected)[speaker == s].median() for s in range(8)])
    gap = (measured - expected - own[speaker]).abs()
    assert (gap < 1).double().mean() > 0.85
    # They are different voices, of low and of high people.
    assert own.max() - own.min() > 6
    assert own.sort().values.diff().max() < 6


def quiet_rows(data: SoundSet, most: int = 400) -> Tensor:
    return (known(data, "noise") < -18).nonzero().squeeze(1)[:most]


def envelope(wave: Tensor) -> Tensor:
    """Level in dB of every 8 ms."""
    return 10 * wave.view(-1, 64).square().mean(1).clamp(min=1e-12).log10()


def loud_stretch(wave: Tensor, loudness: float) -> tuple[float, float]:
    """First and last second that come near the level of the voice."""
    loud = (envelope(wave) > loudness - 12).nonzero().squeeze(1)
    return loud[0].item() * 64 / RATE, (loud[-1].item() + 1) * 64 / RATE


def test_onset_is_where_the_voice_sets_in(spoken: SoundSet, waves: Tensor) -> None:
    rows = quiet_rows(spoken)
    expected = known(spoken, "onset")[rows]
    measured = torch.tensor(
        [
            loud_stretch(waves[r], known(spoken, "loudness")[r].item())[0]
            for r in rows.tolist()
        ]
    ).double()
    assert len(rows) > 200
    assert correlation(measured, expected) > 0.95
    assert (measured - expected).median().abs() < 0.06
    assert (measured - expected).min() > -0.05  # never before


def test_tempo_is_how_fast_it_is_over(spoken: SoundSet, waves: Tensor) -> None:
    rows = quiet_rows(spoken)
    long = []
    for r in rows.tolist():
        first, last = loud_stretch(waves[r], known(spoken, "loudness")[r].item())
        long.append(last - first)
    length = 0.5 / known(spoken, "tempo")[rows]
    measured = torch.tensor(long).double()
    assert correlation(measured, length) > 0.8
    assert (measured <= length + 0.05).double().mean() > 0.95


def aligned(data: SoundSet, low: float, high: float) -> Tensor:
    """Mean spectrum ``[N, 32]`` of a part of the syllable, whatever its level."""
    start, end = syllable(data)
    first = (start + low * (end - start)) / 128
    last = (start + high * (end - start)) / 128
    column = torch.arange(64)
    inside = (column >= first.view(-1, 1)) & (column < last.view(-1, 1))
    image = data.images[:, 0].float()
    mean = (image * inside.unsqueeze(1)).sum(2) / inside.sum(1, keepdim=True).clamp(1)
    return (mean - mean.mean(1, keepdim=True)) / 64


@pytest.mark.parametrize(
    ("name", "part", "least"),
    [
        ("vowel", (0.45, 0.85), 0.9),
        ("consonant", (0.0, 0.25), 0.75),
        ("speaker", (0.3, 0.9), 0.35),
    ],
)
def test_classes_are_heard_in_the_spectrum(
    spoken: SoundSet, name: str, part: tuple[float, float], least: float
) -> None:
    x, y = aligned(spoken, *part), known(spoken, name)
    train, test = spoken.train_rows, spoken.held_out_rows
    assert linear_probe(x[train], y[train], x[test], y[test]) > least


def test_every_syllable_has_its_own_sound(spoken: SoundSet) -> None:
    """A classifier on the aligned spectra tells any two of the nine apart."""
    x = torch.cat([aligned(spoken, 0, 0.25), aligned(spoken, 0.45, 0.85)], 1)
    y = known(spoken, "said")
    train, test = spoken.train_rows, spoken.held_out_rows
    assert linear_probe(x[train], y[train], x[test], y[test]) > 0.7


def test_raw_spectrograms_do_not_reveal_the_syllable(spoken: SoundSet) -> None:
    x, y = spoken.images.float().flatten(1) / 255, known(spoken, "said")
    train, test = spoken.train_rows, spoken.held_out_rows
    # Well below what training reaches, or nothing would be left to learn.
    assert 1 / 9 < knn_accuracy(x[train], y[train], x[test], y[test]) < 0.7
