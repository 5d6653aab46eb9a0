"""Augmentations of sound, each checked against its definition."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from ssl_core.augment import (
    AUGMENTATIONS,
    Augmentation,
    Policy,
    medium_of,
    offered,
    require,
    two_views,
)
from ssl_core.data import SOUND_VIEWS, sound

SLUGS = tuple(offered("sound"))
BANDS, FRAMES = 32, 64


def make(slug: str, strength: float | None = None) -> Augmentation:
    kind = AUGMENTATIONS[slug]
    return kind() if strength is None else kind(strength=strength)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spectrograms(n: int = 8, bands: int = BANDS, frames: int = FRAMES) -> Tensor:
    """Distinct levels over the whole range."""
    return torch.rand(n, 1, bands, frames, generator=generator())


def params_of(**values: Any) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value) for name, value in values.items()}


def row_of(params: Any, i: int) -> dict[str, Tensor]:
    return {name: value[i : i + 1] for name, value in params.items()}


def power(level: Tensor) -> Tensor:
    """The power of a level relative to full scale; level 0 is 80 dB below it."""
    return 10 ** ((level.double() - 1) * 80 / 10)


# ---- The contract, for every augmentation.


def test_seven_augmentations_are_for_sound_and_none_is_for_both() -> None:
    assert set(SLUGS) == {
        *("time_mask", "frequency_mask", "time_shift", "time_frequency_crop"),
        *("mixup", "gain", "hiss"),
    }
    assert not set(SLUGS) & set(offered("pictures"))
    assert set(SLUGS) | set(offered("pictures")) == set(AUGMENTATIONS)
    assert {medium_of(s) for s in SLUGS} == {"sound"}


@pytest.mark.parametrize("slug", SLUGS)
def test_same_params_give_the_same_spectrogram_and_come_from_the_generator(
    slug: str,
) -> None:
    one, x, g = make(slug), spectrograms(), generator()
    rolled, world = g.get_state(), torch.get_rng_state()
    params = one.draw(8, g)
    assert not torch.equal(rolled, g.get_state())
    rolled = g.get_state()
    assert torch.equal(one.apply(x, params), one.apply(x, params))
    assert torch.equal(rolled, g.get_state())
    assert torch.equal(world, torch.get_rng_state())
    again = one.draw(8, generator())
    assert all(torch.equal(params[k], again[k]) for k in params)
    assert all(len(value) == 8 for value in params.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_input_is_untouched(slug: str) -> None:
    one, x = make(slug), spectrograms()
    kept, params = x.clone(), one.draw(8, generator())
    kept_params = {k: v.clone() for k, v in params.items()}
    one.apply(x, params).mul_(0)
    assert torch.equal(x, kept), "the result shares memory with the input, or edits it"
    assert all(torch.equal(params[k], kept_params[k]) for k in params)


@pytest.mark.parametrize("slug", [s for s in SLUGS if s != "mixup"])
def test_each_row_depends_on_its_own_params_only(slug: str) -> None:
    one, x = make(slug), spectrograms()
    params = one.draw(8, generator(3))
    whole = one.apply(x, params)
    for i in (0, 5):
        alone = one.apply(x[i : i + 1], row_of(params, i))
        assert torch.allclose(alone[0], whole[i], atol=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("end", ["low", "default", "high"])
@pytest.mark.parametrize(("bands", "frames"), [(32, 64), (40, 24)])
def test_shape_dtype_and_range_are_kept(
    slug: str, end: str, bands: int, frames: int
) -> None:
    one = make(slug, getattr(AUGMENTATIONS[slug].strength_knob(), end))
    x = spectrograms(16, bands, frames)
    x[0], x[1] = 0, 1  # silence, and as loud as it gets
    out = one.apply(x, one.draw(16, generator()))
    assert out.shape == x.shape
    assert out.dtype == torch.float32
    assert out.isfinite().all()
    assert out.min() >= 0
    assert out.max() <= 1 + 1e-6


@pytest.mark.parametrize("slug", SLUGS)
def test_strength_zero_is_the_identity_on_spectrograms(slug: str) -> None:
    one, x = make(slug, 0.0), spectrograms(32)
    x[0] = 0
    assert torch.allclose(one.apply(x, one.draw(32, generator())), x, atol=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
def test_more_strength_changes_more_and_rows_differ(slug: str) -> None:
    x = spectrograms(1).expand(64, -1, -1, -1).clone()
    x[1::2] *= 0.5  # something else to mix in
    knob = AUGMENTATIONS[slug].strength_knob()
    assert knob.high is not None
    changes = []
    for strength in (knob.high / 4, knob.high):
        out = make(slug, strength).apply(x, make(slug, strength).draw(64, generator()))
        changes.append((out - x).abs().mean())
        assert len(out[0::2].flatten(1).unique(dim=0)) > 8
    assert 0 < changes[0] < changes[1]


@pytest.mark.parametrize("slug", SLUGS)
def test_strengths_are_between_zero_and_one_and_have_help_texts(slug: str) -> None:
    kind = AUGMENTATIONS[slug]
    knob = kind.strength_knob()
    assert knob.low == 0.0
    assert knob.high is not None
    assert 0 < knob.default <= knob.high <= 1
    assert knob.help.endswith(".")
    assert kind.label
    assert kind.__doc__
    for bad in (-0.1, knob.high + 0.1, math.nan):
        with pytest.raises(ValueError, match=r"strength is .*allowed"):
            make(slug, bad)


# ---- The masks: SpecAugment, section 2.


@pytest.mark.parametrize(("slug", "axis"), [("time_mask", 3), ("frequency_mask", 2)])
def test_a_mask_hides_one_whole_stretch_with_the_mean_level(
    slug: str, axis: int
) -> None:
    one, x = make(slug, 0.6), spectrograms(64)
    out = one.apply(x, one.draw(64, generator()))
    for before, after in zip(x, out, strict=True):
        hidden = (after != before).transpose(1, axis - 1).flatten(1)
        hidden = hidden.transpose(0, 1) if axis == 1 else hidden
        changed = (after != before)[0]
        lines = changed.any(1) if axis == 2 else changed.any(0)
        whole = changed.all(1) if axis == 2 else changed.all(0)
        assert torch.equal(lines, whole), "all of a line or nothing of it"
        at = lines.nonzero().flatten()
        if len(at):
            assert at[-1] - at[0] + 1 == len(at), "without a gap"
            assert torch.allclose(after[0][changed], before.mean(), atol=1e-6)


@pytest.mark.parametrize(
    ("slug", "size"), [("time_mask", FRAMES), ("frequency_mask", BANDS)]
)
def test_a_masks_width_is_uniform_up_to_its_strength(slug: str, size: int) -> None:
    one, n = make(slug, 0.5), 20_000
    params = one.draw(n, generator())
    widest = 0.5 * size
    x = torch.rand(1, 1, BANDS, FRAMES, generator=generator()).expand(n, -1, -1, -1)
    changed = (one.apply(x, params) != x).squeeze(1)
    widths = changed.any(2 if size == BANDS else 1).sum(1).float()
    assert widths.max() <= math.ceil(widest)
    # f ~ U(0, F): mean F / 2, variance F**2 / 12, and as many in each quarter.
    assert widths.mean().item() == pytest.approx(widest / 2, abs=0.15)
    assert widths.std().item() == pytest.approx(widest / math.sqrt(12), rel=0.04)
    quarters = torch.histc(params["width"], 4, 0, 0.5) / n
    assert quarters.tolist() == pytest.approx([0.25] * 4, abs=0.015)


def test_a_mask_lies_anywhere_inside_with_equal_chance() -> None:
    params = make("time_mask", 0.5).draw(20_000, generator())
    assert params["start"].min() >= 0
    assert (params["start"] + params["width"]).max() <= 1
    # f0 ~ U(0, v - f), whatever the width is.
    place = params["start"] / (1 - params["width"])
    assert (torch.histc(place, 4, 0, 1) / 20_000).tolist() == pytest.approx(
        [0.25] * 4, abs=0.015
    )
    assert torch.corrcoef(torch.stack([place, params["width"]]))[0, 1].abs() < 0.03


# ---- Mixup: BYOL-A, section III.


def test_mixup_adds_powers_in_shares() -> None:
    x = spectrograms(3)
    out = make("mixup").apply(x, params_of(share=[0.25, 0.0, 0.4], other=[2, 0, 1]))
    for row, share, other in ((0, 0.25, 2), (1, 0.0, 0), (2, 0.4, 1)):
        mixed = (1 - share) * power(x[row]) + share * power(x[other])
        assert torch.allclose(power(out[row]), mixed, rtol=1e-4)


def test_mixup_by_hand() -> None:
    # Full scale and 80 dB below: half of full scale is 3.01 dB below it.
    x = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    out = make("mixup", 0.5).apply(x, params_of(share=[0.5, 0.5], other=[1, 0]))
    assert out.flatten().tolist() == pytest.approx([1 - 3.0103 / 80] * 2, abs=1e-5)


def test_mixups_share_is_uniform_and_its_other_is_another() -> None:
    one, n = make("mixup", 0.4), 20_000
    params = one.draw(n, generator())
    assert (torch.histc(params["share"], 4, 0, 0.4) / n).tolist() == pytest.approx(
        [0.25] * 4, abs=0.015
    )
    few = [one.draw(5, generator(s))["other"] for s in range(400)]
    assert not any((other == torch.arange(5)).any() for other in few)
    chosen = torch.stack(few)[:, 0]
    assert torch.bincount(chosen, minlength=5)[1:].min() > 70, "each of the other four"


def test_mixup_of_a_sound_that_is_alone_leaves_it_as_it_is() -> None:
    one, x = make("mixup", 1.0), spectrograms(1)
    assert torch.allclose(one.apply(x, one.draw(1, generator())), x, atol=1e-5)


# ---- The crop: BYOL-A, section III.


def test_a_crops_sizes_are_byol_as_at_its_strength() -> None:
    params = make("time_frequency_crop", 0.4).draw(40_000, generator())
    width, height = params["width"], params["height"]
    # w ~ U(0.6, 1.5); h ~ min(U(0.6, 1.5), 1).
    assert 0.6 <= width.min() < 0.601
    assert 1.499 < width.max() <= 1.5 + 1e-6
    assert width.mean().item() == pytest.approx(1.05, abs=0.005)
    assert 0.6 <= height.min() < 0.601
    assert height.max() == 1
    assert (height == 1).float().mean().item() == pytest.approx(5 / 9, abs=0.01)
    # Within the frame 1.5 clips long, and within the frequencies.
    assert (params["x"].abs() + width).max() <= 1.5 + 1e-5
    assert (params["y"].abs() + height).max() <= 1 + 1e-5


@pytest.mark.parametrize("top", [0, 8, 16])
@pytest.mark.parametrize("left", [0, 10, 32])
def test_a_crop_inside_the_clip_is_that_part_enlarged(top: int, left: int) -> None:
    x, height, width = spectrograms(1), 16, 32
    params = params_of(
        width=[width / FRAMES],
        height=[height / BANDS],
        x=[(2 * left + width) / FRAMES - 1],
        y=[(2 * top + height) / BANDS - 1],
    )
    out = make("time_frequency_crop").apply(x, params)
    part = x[:, :, top : top + height, left : left + width]
    theirs = torch.nn.functional.interpolate(
        part, (BANDS, FRAMES), mode="bilinear", align_corners=False
    )
    # At its edge theirs repeats the border; ours sees the real neighbour.
    inner = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(out[inner], theirs[inner], atol=1e-5)


def test_a_crop_past_the_end_is_filled_with_the_mean_level() -> None:
    x = spectrograms(1)
    params = params_of(width=[1.0], height=[1.0], x=[0.5], y=[0.0])
    out = make("time_frequency_crop").apply(x, params)
    assert torch.allclose(out[..., :48], x[..., 16:], atol=1e-5)
    assert torch.allclose(out[..., 48:], x.mean(), atol=1e-6)


# ---- Time shift, gain and hiss.


@pytest.mark.parametrize(("later", "frames"), [(0.25, 16), (-0.125, -8), (0.5, 32)])
def test_a_shift_moves_all_and_loses_nothing(later: float, frames: int) -> None:
    x = spectrograms(2)
    out = make("time_shift").apply(x, params_of(later=[later, 0.0]))
    assert torch.equal(out[0], x[0].roll(frames, 2))
    assert torch.equal(out[1], x[1])


def test_a_shift_goes_both_ways_and_no_further() -> None:
    later = make("time_shift", 0.3).draw(20_000, generator())["later"]
    assert -0.3 <= later.min() < -0.299
    assert 0.299 < later.max() <= 0.3
    assert later.mean().abs() < 0.005


def test_gain_is_so_many_decibels_in_every_bin() -> None:
    x = 0.3 + 0.4 * spectrograms(2)
    out = make("gain").apply(x, params_of(louder=[0.125, -0.25]))
    assert torch.allclose(power(out[0]), power(x[0]) * 10, rtol=1e-4)  # 10 dB
    assert torch.allclose(power(out[1]), power(x[1]) / 100, rtol=1e-4)  # -20 dB


def test_gain_stops_at_silence_and_at_full_scale() -> None:
    x = spectrograms(2)
    out = make("gain", 0.5).apply(x, params_of(louder=[0.5, -0.5]))
    assert torch.allclose(out[0], (x[0] + 0.5).clamp(max=1), atol=1e-6)
    assert torch.allclose(out[1], (x[1] - 0.5).clamp(min=0), atol=1e-6)


@pytest.mark.parametrize("level", [0.25, 0.5, 0.75])
def test_hiss_fills_silence_up_to_its_level(level: float) -> None:
    silence = torch.zeros(4, 1, 64, 64)
    out = make("hiss").apply(silence, params_of(level=[level] * 4, seed=[1, 2, 3, 4]))
    noise = power(out) - power(silence)
    full = 10 ** ((level - 1) * 8) - 1e-8
    assert noise.mean().item() == pytest.approx(full, rel=0.03)
    # The power of Gaussian noise in one bin: exponential, so as wide as it is large.
    assert noise.std().item() == pytest.approx(full, rel=0.06)


def test_hiss_adds_to_a_sound_and_hardly_touches_a_louder_one() -> None:
    x = torch.full((2, 1, 64, 64), 0.5)
    x[1] = 0.9
    out = make("hiss").apply(x, params_of(level=[0.5, 0.5], seed=[5, 5]))
    assert (out >= x - 1e-6).all()
    assert power(out[0]).mean() / power(x[0]).mean() == pytest.approx(2, rel=0.05)
    assert (out[1] - 0.9).abs().max() < 0.002


def test_hiss_repeats_neither_in_a_row_nor_between_rows() -> None:
    silence = torch.zeros(3, 1, 64, 64)
    params = params_of(level=[0.5] * 3, seed=[7, 8, 7])
    noise = make("hiss").apply(silence, params).flatten(1)
    assert torch.equal(noise[0], noise[2]), "the seed decides"
    limit = 4.5 / math.sqrt(noise.shape[1])
    assert torch.corrcoef(noise[:2])[0, 1].abs() < limit
    assert torch.corrcoef(noise[0].view(2, -1))[0, 1].abs() < 1.5 * limit


# ---- As a policy, and for a medium.


def test_levels_match_the_spectrograms_of_the_data() -> None:
    from ssl_core.augment.spectrograms import RANGE_DB

    assert sound.FLOOR_DB == -RANGE_DB


def test_two_views_of_spectrograms_by_all_of_them() -> None:
    x = (spectrograms(16) * 255).byte()
    policy = Policy.of({slug: make(slug).strength for slug in SLUGS})
    a, b = two_views(x, policy, generator(1))
    assert a.shape == b.shape == x.shape
    assert ((a - b).abs().amax((1, 2, 3)) > 0).all()
    again, _ = two_views(x, policy, generator(1))
    assert torch.equal(a, again)


def test_a_policy_of_sound_is_read_from_text_and_default_views_are_one() -> None:
    policy = Policy.parse("time_mask:0.5,mixup")
    assert policy.strengths == {"mixup": make("mixup").strength, "time_mask": 0.5}
    assert Policy.of(SOUND_VIEWS).strengths == pytest.approx(SOUND_VIEWS)


def test_a_policy_for_another_medium_is_refused_in_one_sentence() -> None:
    require(SLUGS, "sound", "voices")
    with pytest.raises(ValueError) as refusal:
        require(["mixup", "hue"], "sound", "voices")
    assert str(refusal.value) == (
        "augmentation 'hue' is for pictures, but voices is sound; allowed are "
        + ", ".join(SLUGS)
    )
    with pytest.raises(
        ValueError, match="'time_mask' is for sound, but shapes is pict"
    ):
        require(["time_mask"], "pictures", "shapes")
    with pytest.raises(ValueError, match="medium is 'smell'; allowed are pictures, so"):
        offered("smell")
