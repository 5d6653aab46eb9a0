"""Spectrograms: frequency, level, and resynthesis."""

import math

import numpy as np
import pytest
import torch
from sound_files import tone
from torch import Tensor

from ssl_core.data import SoundSet
from ssl_core.data.base import held_out_split
from ssl_core.data.sound import FLOOR_DB, FRAMES, MELS, RATE, SAMPLES, heard, log_mel
from ssl_core.data.voices import voices

DB_A_STEP = 80 / 255
SECONDS = SAMPLES / RATE
INNER = slice(2, FRAMES - 2)  # a clip's first and last columns see its ends


def hz_of_row(row: int, rate: int = RATE) -> float:
    """Centre of a band by the HTK formula; row 0 is the highest."""

    def mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)

    low, top = mel(50), mel(rate / 2)
    at = low + (top - low) * (MELS - row) / (MELS + 1)
    return 700 * (10 ** (at / 2595) - 1)


def sine(hertz: float, level: float = 1.0, rate: int = RATE) -> Tensor:
    wave = torch.from_numpy(tone(hertz, SECONDS, rate, level))
    return wave.float().unsqueeze(0)


def decibel(spectrogram: Tensor) -> Tensor:
    return spectrogram.double() * DB_A_STEP - 80


@pytest.fixture(scope="module")
def spoken() -> SoundSet:
    return voices(count=96, held_out=16, seed=3)


# ---- log_mel


def test_a_clip_is_a_picture_of_32_bands_and_64_columns_of_16_ms() -> None:
    assert (MELS, FRAMES, RATE, FLOOR_DB) == (32, 64, 8000, -80.0)
    assert pytest.approx(1.024) == SECONDS
    image = log_mel(torch.zeros(3, SAMPLES))
    assert image.shape == (3, 1, 32, 64) and image.dtype == torch.uint8
    for seconds, columns in ((0.016, 1), (0.5, 31), (2.0, 125)):
        clip = torch.zeros(1, round(seconds * RATE))
        assert log_mel(clip).shape == (1, 1, 32, columns)
    assert log_mel(torch.zeros(1, 16_000), rate=16_000).shape == (1, 1, 32, 62)


@pytest.mark.parametrize("row", [0, 1, 5, 12, 20, 26, 30, 31])
def test_a_sine_is_bright_in_its_band_and_nowhere_far_from_it(row: int) -> None:
    image = log_mel(sine(hz_of_row(row)))[0, 0, :, INNER].float()
    assert (image.argmax(0) - row).abs().max() <= (1 if row > 28 else 0)
    far = (torch.arange(MELS) - row).abs() > 4
    assert image[far].max() < 255 - 30 / DB_A_STEP


@pytest.mark.parametrize("row", [0, 3, 10, 18, 25, 31])
def test_a_full_scale_sine_is_white_and_every_db_less_is_as_much_darker(
    row: int,
) -> None:
    hertz = hz_of_row(row)
    white = log_mel(sine(hertz))[0, 0, :, INNER].amax(0)
    assert white.min() >= 255 - 2 / DB_A_STEP  # a band's filter may cost a little
    quiet = [
        decibel(log_mel(sine(hertz, 10 ** (db / 20)))[0, 0, :, INNER].amax(0)).mean()
        for db in (-10, -20, -40)
    ]
    assert quiet[0] == pytest.approx(-10, abs=2)
    assert quiet[0] - quiet[1] == pytest.approx(10, abs=0.5)
    assert quiet[1] - quiet[2] == pytest.approx(20, abs=0.5)


def test_levels_stop_at_the_floor_and_at_full_scale() -> None:
    hertz = hz_of_row(10)
    assert log_mel(torch.zeros(1, SAMPLES)).max() == 0
    assert log_mel(sine(hertz, 10 ** (-90 / 20))).max() == 0
    assert log_mel(sine(hertz, 10 ** (-70 / 20))).max() > 0
    assert log_mel(sine(hertz, 10.0)).max() == 255


def test_a_quiet_clip_is_dark_whatever_else_is_in_the_batch() -> None:
    quiet, loud = sine(700, 0.01), sine(700, 1.0)
    both = log_mel(torch.cat([quiet, loud]))
    assert torch.equal(both[:1], log_mel(quiet))
    assert both[0].amax().int() + 100 < both[1].amax().int()


def test_a_batch_is_its_clips_one_by_one_also_beyond_a_chunk() -> None:
    g = torch.Generator().manual_seed(0)
    level = torch.logspace(-3, 0, 1100).unsqueeze(1)
    clips = torch.rand(1100, 2048, generator=g).mul(2).sub(1) * level
    whole = log_mel(clips)
    for row in (0, 1, 511, 512, 1023, 1024, 1099):
        alone = log_mel(clips[row : row + 1])[0]
        # A last bit of float32 may tip a level over to the next.
        assert (alone.int() - whole[row].int()).abs().max() <= 1


def test_int16_and_float_are_the_same_sound() -> None:
    wave = sine(900, 0.3)
    counted = (wave * 32768).round().short()
    gap = log_mel(counted)[0, 0].int() - log_mel(counted.float() / 32768)[0, 0].int()
    assert gap.abs().max() == 0
    full = torch.full((1, SAMPLES), -32768, dtype=torch.int16)
    assert log_mel(full).shape == (1, 1, 32, 64)  # abs(-32768) is no int16


def test_time_runs_to_the_right() -> None:
    clip = torch.zeros(1, SAMPLES)
    clip[0, SAMPLES // 2 : SAMPLES // 2 + 800] = sine(1000)[0, :800]
    column = log_mel(clip)[0, 0].float().mean(0)
    lit = (column > column.max() / 2).nonzero().squeeze(1)
    assert FRAMES // 2 - 1 <= lit.min() <= FRAMES // 2 + 1
    assert lit.max() <= FRAMES // 2 + 800 * FRAMES // SAMPLES + 2


def test_bands_follow_the_rate() -> None:
    for rate in (8000, 16_000):
        row = 9
        image = log_mel(sine(hz_of_row(row, rate), rate=rate), rate)[0, 0]
        assert (image[:, 4:-4].float().argmax(0) == row).all()


def test_no_clips_are_no_pictures_and_clips_are_left_alone() -> None:
    assert log_mel(torch.zeros(0, SAMPLES)).shape == (0, 1, 32, 64)
    clips = sine(500)
    kept = clips.clone()
    log_mel(clips)
    assert torch.equal(clips, kept)


@pytest.mark.parametrize("shape", [(SAMPLES,), (1, 1, SAMPLES), (2, 100), (2, 0)])
def test_other_shapes_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ValueError, match=r"allowed is \[N, S\] with S at least 128"
    ) as no:
        log_mel(torch.zeros(shape))
    assert str(shape) in str(no.value)


# ---- heard


def test_resynthesised_sound_has_about_the_same_spectrogram(spoken: SoundSet) -> None:
    for row in range(8):
        image = spoken.images[row]
        wave = heard(image.float() / 255)
        assert wave.shape == (SAMPLES,) and wave.dtype == torch.float32
        assert wave.abs().max() <= 1
        again = log_mel(wave.unsqueeze(0))[0]
        gap = (decibel(again) - decibel(image)).abs()
        loud = decibel(image) > decibel(image).max() - 30
        assert gap[loud].mean() < 3.0
        assert gap[loud].quantile(0.95) < 8.0


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_a_resynthesised_tone_has_its_pitch_and_level(rate: int) -> None:
    hertz = hz_of_row(14, rate)
    image = log_mel(sine(hertz, 0.3, rate), rate)[0].float() / 255
    wave = heard(image, rate)
    assert len(wave) == image.shape[2] * round(rate * 0.016)
    middle = wave[len(wave) // 4 : -len(wave) // 4]
    power = torch.fft.rfft(middle * torch.hann_window(len(middle))).abs().square()
    peak = power.argmax().item() * rate / len(middle)
    assert peak == pytest.approx(hertz, rel=0.08)
    loudness = 20 * middle.square().mean().sqrt().log10()
    assert loudness.item() == pytest.approx(20 * math.log10(0.3 / 2**0.5), abs=3)


def test_black_is_almost_silent_and_darker_is_quieter() -> None:
    assert heard(torch.zeros(1, MELS, FRAMES)).abs().max() < 0.01
    levels = [
        heard(torch.full((1, MELS, FRAMES), at)).square().mean().item()
        for at in (0.2, 0.4, 0.6)
    ]
    assert levels[0] * 20 < levels[1] < levels[2] / 20


def test_the_same_sound_at_every_call_and_nothing_else_is_touched() -> None:
    view = torch.rand(1, MELS, 20, generator=torch.Generator().manual_seed(1))
    kept, world = view.clone(), torch.get_rng_state()
    first = heard(view)
    torch.rand(5)
    assert torch.equal(first, heard(view))
    assert torch.equal(view, kept)
    torch.set_rng_state(world)
    heard(view)
    assert torch.equal(world, torch.get_rng_state())


@pytest.mark.parametrize("columns", [1, 2, 7, 64, 100])
def test_sixteen_ms_for_each_column(columns: int) -> None:
    view = torch.rand(1, MELS, columns, generator=torch.Generator().manual_seed(2))
    wave = heard(view)
    assert wave.shape == (columns * 128,)
    assert wave.isfinite().all() and wave.abs().max() <= 1


def test_a_view_out_of_range_still_gives_a_sound() -> None:
    for value in (-0.5, 1.5):
        wave = heard(torch.full((1, MELS, 16), value))
        assert wave.isfinite().all() and wave.abs().max() <= 1


def test_a_view_from_training_can_be_resynthesised() -> None:
    view = torch.rand(1, MELS, 8, requires_grad=True) * 1.0
    assert not heard(view).requires_grad


@pytest.mark.parametrize("shape", [(MELS, 64), (1, 16, 64), (2, MELS, 64)])
def test_an_invalid_spectrogram_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"allowed is \[1, 32, T\]") as no:
        heard(torch.zeros(shape))
    assert str(shape) in str(no.value)


# ---- SoundSet


def small(**changes: object) -> SoundSet:
    fields: dict[str, object] = {
        "name": "small",
        "images": torch.zeros(6, 1, MELS, FRAMES, dtype=torch.uint8),
        "split": held_out_split(6, 2, 0),
        "clips": torch.zeros(6, SAMPLES, dtype=torch.int16),
    }
    return SoundSet(**(fields | changes))  # type: ignore[arg-type]


def test_a_set_of_sound_is_a_set_of_images_with_its_clips(spoken: SoundSet) -> None:
    assert len(spoken) == len(spoken.clips) == 96
    assert spoken.rate == RATE
    assert torch.equal(log_mel(spoken.clips), spoken.images)
    assert set(spoken.train_rows.tolist()) | set(spoken.held_out_rows.tolist()) == set(
        range(96)
    )


def test_a_move_keeps_the_clips_in_main_memory(spoken: SoundSet) -> None:
    moved = spoken.to("meta")
    assert isinstance(moved, SoundSet)
    assert moved.images.device.type == "meta"
    assert moved.clips.device.type == "cpu" and moved.rate == spoken.rate
    assert torch.equal(moved.clips, spoken.clips)
    assert moved.factors is spoken.factors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clips": torch.zeros(6, SAMPLES)}, "holds int16"),
        ({"clips": torch.zeros(6, dtype=torch.int16)}, "holds int16"),
        ({"clips": torch.zeros(5, 9, dtype=torch.int16)}, "5 rows for 6 images"),
        ({"images": torch.zeros(6, 1, MELS, FRAMES)}, "holds uint8"),
        ({"split": torch.zeros(3, dtype=torch.long)}, "3 rows for 6 images"),
    ],
)
def test_a_set_that_does_not_fit_together_is_refused(
    changes: dict[str, object], message: str
) -> None:
    assert len(small()) == 6
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_the_spectrogram_of_noise_is_even_over_time_and_rises_with_the_bands() -> None:
    noise = np.random.default_rng(0).normal(size=(20, SAMPLES)) * 0.1
    levels = decibel(log_mel(torch.from_numpy(noise).float())).mean(0)[0]
    over_time = levels[:, INNER].mean(0)
    assert over_time.std() < 0.5
    # A wider band gathers more of the noise: higher ones are wider.
    assert levels[0].mean() > levels[15].mean() > levels[28].mean()
