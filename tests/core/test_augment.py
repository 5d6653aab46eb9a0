"""Augmentations: the draw/apply contract, torchvision's results, and the two views."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as tv

from ssl_core.augment import (
    AUGMENTATIONS,
    DEFAULT,
    Augmentation,
    Policy,
    as_float,
    offered,
    two_views,
)
from ssl_core.augment.base import warp

SLUGS = tuple(offered("pictures"))
GEOMETRY = ("crop", "flip", "rotation")
COLOURS = ("brightness", "contrast", "saturation", "hue", "gray")
# torchvision weighs red by 0.2989 where BT.601 says 0.299: up to 1e-4 of full scale.
LUMA_ROUNDING = 1.5e-4


def make(slug: str, strength: float | None = None) -> Augmentation:
    kind = AUGMENTATIONS[slug]
    return kind() if strength is None else kind(strength=strength)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 8, height: int = 32, width: int = 32, seed: int = 0) -> Tensor:
    """Coloured, asymmetric images that use the whole range [0, 1]."""
    return torch.rand(n, 3, height, width, generator=generator(seed))


def muted(n: int = 8) -> Tensor:
    """Images around mid-grey, so that no colour change reaches the clamp."""
    return 0.42 + 0.16 * pictures(n)


def ramp(size: int = 32) -> Tensor:
    """Red is the column and green the row of each pixel, from -1 to 1."""
    at = (torch.arange(size) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([x, y, torch.zeros_like(x)]).unsqueeze(0)


def luma(x: Tensor) -> Tensor:
    return 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]


def params_of(**values: Any) -> dict[str, Tensor]:
    return {name: torch.as_tensor(value) for name, value in values.items()}


def row_of(params: Any, i: int) -> dict[str, Tensor]:
    return {name: value[i : i + 1] for name, value in params.items()}


# ---- The contract, for every augmentation.


def test_the_twelve_augmentations_are_there() -> None:
    assert set(SLUGS) == {
        *GEOMETRY, *COLOURS, "blur", "solarize", "cutout", "noise",
    }  # fmt: skip


@pytest.mark.parametrize("slug", SLUGS)
def test_same_params_give_the_same_image(slug: str) -> None:
    one, x = make(slug), pictures()
    params = one.draw(8, generator())
    assert torch.equal(one.apply(x, params), one.apply(x, params))
    again = one.draw(8, generator())
    assert params.keys() == again.keys()
    assert all(torch.equal(params[k], again[k]) for k in params)


@pytest.mark.parametrize("slug", SLUGS)
def test_all_randomness_comes_from_the_given_generator(slug: str) -> None:
    one, x, g = make(slug), pictures(), generator()
    rolled, world = g.get_state(), torch.get_rng_state()
    params = one.draw(8, g)
    assert not torch.equal(rolled, g.get_state())
    rolled = g.get_state()
    one.apply(x, params)
    assert torch.equal(rolled, g.get_state())
    assert torch.equal(world, torch.get_rng_state())


@pytest.mark.parametrize("slug", SLUGS)
def test_rows_differ(slug: str) -> None:
    one = make(slug)
    x = pictures(1).expand(64, -1, -1, -1)
    out = one.apply(x, one.draw(64, generator()))
    assert len(out.flatten(1).unique(dim=0)) > 1


@pytest.mark.parametrize("slug", SLUGS)
def test_params_have_one_row_per_image(slug: str) -> None:
    params = make(slug).draw(5, generator())
    assert params
    assert all(value.shape[0] == 5 for value in params.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_each_row_depends_on_its_own_params_only(slug: str) -> None:
    one, x = make(slug), pictures()
    params = one.draw(8, generator(3))
    whole = one.apply(x, params)
    for i in (0, 5):
        alone = one.apply(x[i : i + 1], row_of(params, i))
        assert torch.allclose(alone[0], whole[i], atol=1e-6)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("end", ["low", "default", "high"])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (24, 40)])
def test_shape_dtype_and_range_are_kept(
    slug: str, end: str, height: int, width: int
) -> None:
    knob = AUGMENTATIONS[slug].strength_knob()
    one, x = make(slug, getattr(knob, end)), pictures(16, height, width)
    out = one.apply(x, one.draw(16, generator()))
    assert out.shape == x.shape
    assert out.dtype == torch.float32
    assert out.isfinite().all()
    # Resampling and blurring weigh neighbours; their weights sum to 1 within rounding.
    assert out.min() >= -1e-6
    assert out.max() <= 1 + 1e-6


@pytest.mark.parametrize("slug", SLUGS)
def test_the_input_is_untouched(slug: str) -> None:
    one, x = make(slug), pictures()
    kept = x.clone()
    params = one.draw(8, generator())
    kept_params = {k: v.clone() for k, v in params.items()}
    out = one.apply(x, params)
    out.mul_(0)
    assert torch.equal(x, kept), "the result shares memory with the input, or edits it"
    assert all(torch.equal(params[k], kept_params[k]) for k in params)


@pytest.mark.parametrize("slug", [s for s in SLUGS if s != "blur"])
def test_strength_zero_is_the_identity(slug: str) -> None:
    one, x = make(slug, 0.0), pictures(32)
    out = one.apply(x, one.draw(32, generator()))
    assert torch.allclose(out, x, atol=1e-5)


def test_the_weakest_blur_is_hardly_one() -> None:
    one, x = make("blur", 0.1), pictures(32)
    assert torch.allclose(one.apply(x, one.draw(32, generator())), x, atol=1e-5)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_strength_out_of_range_is_refused(slug: str) -> None:
    knob = AUGMENTATIONS[slug].strength_knob()
    assert knob.low is not None
    assert knob.high is not None
    for bad in (knob.low - 1, knob.high + 1, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"strength is .*allowed"):
            make(slug, bad)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_augmentation_has_help_texts(slug: str) -> None:
    kind = AUGMENTATIONS[slug]
    assert kind.slug == slug
    assert kind.label
    assert kind.strength_knob().help
    assert kind.__doc__


# ---- Distributions of the drawn parameters.


@pytest.mark.parametrize("strength", [0.0, 0.1, 0.3, 0.92])
def test_a_crop_keeps_at_least_what_its_strength_leaves(strength: float) -> None:
    params = make("crop", strength).draw(20_000, generator())
    area = params["width"] * params["height"]
    assert area.min() >= 1 - strength - 1e-4
    assert area.max() <= 1 + 1e-6
    aspect = params["width"] / params["height"]
    assert aspect.min() >= 3 / 4 - 1e-3
    assert aspect.max() <= 4 / 3 + 1e-3
    for centre, side in (("x", "width"), ("y", "height")):
        assert ((params[centre].abs() + params[side]) <= 1 + 1e-5).all(), (
            "inside the picture"
        )
    if strength > 0.5:
        # RandomResizedCrop draws areas evenly: the mean is the middle of the range.
        assert area.mean().item() == pytest.approx(1 - strength / 2, abs=0.03)


@pytest.mark.parametrize(
    ("slug", "name"), [("flip", "flipped"), ("gray", "gray"), ("solarize", "solarized")]
)
@pytest.mark.parametrize("strength", [0.0, 0.2, 0.5, 1.0])
def test_a_probability_is_a_probability(slug: str, name: str, strength: float) -> None:
    rolled = make(slug, strength).draw(20_000, generator())[name]
    assert rolled.float().mean().item() == pytest.approx(strength, abs=0.015)


def test_angles_go_both_ways_and_no_further() -> None:
    degrees = make("rotation", 30.0).draw(20_000, generator())["degrees"]
    assert -30 <= degrees.min() < -29
    assert 29 < degrees.max() <= 30
    assert degrees.mean().abs() < 0.5


@pytest.mark.parametrize("slug", ["brightness", "contrast", "saturation"])
def test_factors_lie_around_one_and_a_fifth_is_unchanged(slug: str) -> None:
    factor = make(slug, 0.4).draw(20_000, generator())["factor"]
    assert 0.6 <= factor.min() < 0.61
    assert 1.39 < factor.max() <= 1.4
    # SimCLR, appendix A: colour jitter happens with probability 0.8.
    assert (factor == 1).float().mean().item() == pytest.approx(0.2, abs=0.015)


def test_hue_shifts_at_most_by_its_strength_and_a_fifth_is_unchanged() -> None:
    turn = make("hue", 0.1).draw(20_000, generator())["turn"]
    assert -0.1 <= turn.min() < -0.099
    assert 0.099 < turn.max() <= 0.1
    assert (turn == 0).float().mean().item() == pytest.approx(0.2, abs=0.015)


def test_blur_happens_half_of_the_time() -> None:
    sigma = make("blur", 2.0).draw(20_000, generator())["sigma"]
    assert (sigma == 0).float().mean().item() == pytest.approx(0.5, abs=0.015)
    assert sigma[sigma > 0].min() >= 0.1
    assert 1.99 < sigma.max() <= 2.0


# ---- Against torchvision, with what each tolerance is for.


def test_flip_is_torchvisions() -> None:
    x = pictures(4, 24, 32)
    out = make("flip").apply(x, params_of(flipped=[True, False, True, False]))
    assert torch.allclose(out[0::2], tv.horizontal_flip(x[0::2]), atol=1e-5)
    assert torch.allclose(out[1::2], x[1::2], atol=1e-5)


@pytest.mark.parametrize("factor", [0.0, 0.4, 0.9, 1.0, 1.3, 2.0])
@pytest.mark.parametrize(
    ("slug", "theirs", "tolerance"),
    [
        ("brightness", tv.adjust_brightness, 1e-5),
        ("contrast", tv.adjust_contrast, LUMA_ROUNDING),
        ("saturation", tv.adjust_saturation, LUMA_ROUNDING),
    ],
)
def test_colour_changes_are_torchvisions(
    slug: str, theirs: Any, tolerance: float, factor: float
) -> None:
    # Also beyond the range: both clamp once, at the end of a single change.
    for x in (muted(), pictures()):
        ours = make(slug).apply(x, params_of(factor=[factor] * 8))
        assert torch.allclose(ours, theirs(x, factor), atol=tolerance)


def test_gray_is_torchvisions() -> None:
    x = pictures()
    ours = make("gray").apply(x, params_of(gray=[True] * 7 + [False]))
    theirs = tv.rgb_to_grayscale(x, num_output_channels=3)
    assert torch.allclose(ours[:7], theirs[:7], atol=LUMA_ROUNDING)
    assert torch.allclose(ours[7], x[7], atol=1e-6)
    assert torch.allclose(ours[:7, 0], luma(x)[:7], atol=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 28)])
def test_blur_is_torchvisions(sigma: float, height: int, width: int) -> None:
    x = pictures(3, height, width)
    one = make("blur", 2.0)
    # The window is fixed by the largest sigma, 2.5 of it to either side.
    theirs = tv.gaussian_blur(x, kernel_size=[11, 11], sigma=[sigma, sigma])
    assert torch.allclose(one.apply(x, params_of(sigma=[sigma] * 3)), theirs, atol=1e-5)


def test_solarize_is_torchvisions() -> None:
    x = pictures(4)
    x[0, 0, 0, :3] = torch.tensor([0.0, 0.5, 1.0])
    out = make("solarize").apply(x, params_of(solarized=[True, True, False, False]))
    assert torch.equal(out[:2], tv.solarize(x[:2], 0.5))
    assert torch.equal(out[2:], x[2:])


@pytest.mark.parametrize(("height", "width"), [(32, 32), (28, 31), (7, 50)])
def test_a_warp_samples_where_pytorchs_affine_grid_points(
    height: int, width: int
) -> None:
    x = pictures(5, height, width)
    matrix = torch.eye(3) + 0.4 * torch.randn(5, 3, 3, generator=generator(1))
    grid = F.affine_grid(matrix[:, :2], list(x.shape), align_corners=False)
    theirs = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    assert torch.allclose(warp(x, matrix), theirs, atol=1e-5)


@pytest.mark.parametrize("degrees", [-90.0, -30.0, 17.0, 45.0, 180.0])
def test_rotation_is_torchvisions_inside_the_disc(degrees: float) -> None:
    x = pictures(2)
    ours = make("rotation", 180.0).apply(x, params_of(degrees=[degrees] * 2))
    at = ramp()[0]
    # Outside the disc the corners come in: black in torchvision, reflected in ours.
    inside = (at[0] ** 2 + at[1] ** 2).sqrt() < 0.9
    turned = [
        tv.rotate(x, sign * degrees, interpolation=InterpolationMode.BILINEAR)
        for sign in (1, -1)
    ]
    gaps = [(ours - t)[:, :, inside].abs().max().item() for t in turned]
    assert min(gaps) < 2e-4, (
        "float32 sampling positions, at a slope of up to 1 per pixel"
    )


@pytest.mark.parametrize(
    ("top", "left", "height", "width"),
    [(0, 0, 32, 32), (4, 10, 16, 16), (3, 0, 20, 27)],
)
def test_crop_is_torchvisions_away_from_its_edge(
    top: int, left: int, height: int, width: int
) -> None:
    x = pictures(2)
    ours = make("crop").apply(
        x,
        params_of(
            width=[width / 32] * 2,
            height=[height / 32] * 2,
            x=[(2 * left + width) / 32 - 1] * 2,
            y=[(2 * top + height) / 32 - 1] * 2,
        ),
    )
    theirs = tv.resized_crop(x, top, left, height, width, [32, 32], antialias=False)
    # At its edge torchvision repeats the crop's border; ours sees the real neighbour.
    edge = math.ceil(32 / min(height, width) / 2) + 1
    inner = (..., slice(edge, -edge), slice(edge, -edge))
    assert torch.allclose(ours[inner], theirs[inner], atol=2e-5)


@pytest.mark.parametrize(
    ("turn", "tolerance"),
    [(0.0, 1e-6), (0.05, 0.06), (0.1, 0.12), (-0.1, 0.12), (0.5, 0.12)],
)
def test_hue_is_torchvisions_but_for_the_circle_it_turns(
    turn: float, tolerance: float
) -> None:
    """Ours turns a circle of equal luma, torchvision's the hexagon of HSV, whose corners
    have unlike luma: that much apart, on muted pictures. The directions are opposite, and
    a draw is as often one as the other.
    """
    x = muted()
    ours = make("hue", 0.5).apply(x, params_of(turn=[turn] * 8))
    gap = (ours - tv.adjust_hue(x, -turn)).abs()
    assert gap.max() < tolerance
    assert gap.mean() <= (ours - tv.adjust_hue(x, turn)).abs().mean()


@pytest.mark.parametrize(("top", "left", "side"), [(0, 0, 16), (8, 12, 20), (20, 4, 8)])
def test_cutout_is_torchvisions_erase(top: int, left: int, side: int) -> None:
    x = pictures(2, 40, 40)
    centre = {"x": [(left + side / 2) / 40] * 2, "y": [(top + side / 2) / 40] * 2}
    ours = make("cutout", side / 40).apply(x, params_of(**centre))
    grey = torch.tensor(0.5)
    assert torch.equal(ours, tv.erase(x, top, left, side, side, grey))


@pytest.mark.parametrize("gray", [False, True])
def test_the_fused_chain_is_torchvisions_one_after_another(gray: bool) -> None:
    """One resampling and one matrix, away from the clamp; a crop's edge: see above."""
    policy = Policy.of(
        {
            "flip": 1.0,
            "brightness": 0.4,
            "contrast": 0.4,
            "saturation": 0.4,
            "gray": 1.0,
        }
    )
    colours = [params_of(factor=[f] * 8) for f in (1.2, 0.7, 1.3)]
    flip, grey = params_of(flipped=[True] * 8), params_of(gray=[gray] * 8)
    ours = policy.apply(muted(), (flip, *colours, grey))
    x = tv.adjust_brightness(tv.horizontal_flip(muted()), 1.2)
    x = tv.adjust_saturation(tv.adjust_contrast(x, 0.7), 1.3)
    x = tv.rgb_to_grayscale(x, num_output_channels=3) if gray else x
    assert torch.allclose(ours, x, atol=3 * LUMA_ROUNDING)


# ---- Colour, cutout and noise by their own properties.


@pytest.mark.parametrize("turn", [0.05, 0.25, -0.4, 0.5])
def test_hue_keeps_luma_and_grey_and_turns_back(turn: float) -> None:
    x, one = muted(), make("hue", 0.5)
    there = one.apply(x, params_of(turn=[turn] * 8))
    assert not torch.allclose(there, x, atol=1e-2)
    assert torch.allclose(luma(there), luma(x), atol=1e-5)
    back = one.apply(there, params_of(turn=[-turn] * 8))
    assert torch.allclose(back, x, atol=1e-5)
    grey = x[:, :1].expand(-1, 3, -1, -1)
    assert torch.allclose(one.apply(grey, params_of(turn=[turn] * 8)), grey, atol=1e-4)


def test_a_full_turn_of_hue_is_none() -> None:
    x, one = muted(), make("hue", 0.5)
    for _ in range(4):
        x_next = one.apply(x, params_of(turn=[0.25] * 8))
        assert not torch.allclose(x_next, x, atol=1e-3)
        x = x_next
    assert torch.allclose(x, muted(), atol=1e-4)


@pytest.mark.parametrize("strength", [0.2, 0.5, 0.9])
def test_cutout_covers_one_grey_square(strength: float) -> None:
    x = pictures(1, 40, 40)
    out = make("cutout", strength).apply(x, params_of(x=[0.5], y=[0.5]))
    covered = (out != x).any(1)[0]
    assert (out[0][:, covered] == 0.5).all()
    assert covered.sum().item() == pytest.approx((strength * 40) ** 2, abs=2 * 40)
    columns, rows = covered.any(0).sum(), covered.any(1).sum()
    assert columns * rows == covered.sum(), "a rectangle without holes"


def test_cutout_covers_the_place_of_its_params() -> None:
    out = make("cutout", 0.2).apply(
        torch.ones(1, 3, 20, 20), params_of(x=[0.8], y=[0.2])
    )
    y, x = (out[0, 0] != 1).nonzero().float().add(0.5).div(20).mean(0).tolist()
    assert (x, y) == (pytest.approx(0.8, abs=0.03), pytest.approx(0.2, abs=0.03))


def test_noise_is_gaussian_with_the_drawn_strength() -> None:
    x = torch.full((4, 3, 64, 64), 0.5)
    std = [0.0, 0.02, 0.05, 0.1]
    noise = make("noise", 0.5).apply(x, params_of(std=std, seed=[1, 2, 3, 4])) - x
    assert noise[0].abs().max() == 0
    for row, expected in zip(noise[1:].flatten(1), std[1:], strict=True):
        assert row.std().item() == pytest.approx(expected, rel=0.03)
        assert abs(row.mean().item()) < 4 * expected / math.sqrt(row.numel())
        scaled = row / expected
        assert scaled.pow(3).mean().abs() < 0.1, "no skew"
        assert scaled.pow(4).mean().item() == pytest.approx(3, abs=0.3), "normal tails"


def test_noise_repeats_neither_in_a_row_nor_between_rows() -> None:
    x = torch.full((3, 3, 64, 64), 0.5)
    params = params_of(std=[0.1] * 3, seed=[7, 8, 7])
    noise = (make("noise", 0.5).apply(x, params) - x).flatten(1)
    assert torch.equal(noise[0], noise[2]), "the seed decides"
    limit = 4.5 / math.sqrt(noise.shape[1])
    assert torch.corrcoef(noise[:2])[0, 1].abs() < limit
    for shift in (1, 64, 64 * 64):
        pairs = torch.stack([noise[0, :-shift], noise[0, shift:]])
        assert torch.corrcoef(pairs)[0, 1].abs() < limit


# ---- Composition.


def one_by_one(policy: Policy, x: Tensor, params: Any) -> Tensor:
    for augmentation, d in zip(policy.augmentations, params, strict=True):
        x = augmentation.apply(x, d)
    return x


def test_geometry_composes_in_the_order_of_the_list() -> None:
    """On an image of coordinates, each sampled pixel tells where it was sampled."""
    policy = Policy.of({"crop": 0.5, "flip": 0.5, "rotation": 45.0})
    crop = params_of(width=[0.5], height=[0.6], x=[0.1], y=[-0.2])
    params = (crop, params_of(flipped=[True]), params_of(degrees=[30.0]))
    out = policy.apply(ramp(), params)
    rotated = make("rotation").apply(ramp(), params[2])
    # Last first: where the turned frame looks, mirrored, then scaled into the crop.
    expected_x = -rotated[0, 0] * 0.5 + 0.1
    expected_y = rotated[0, 1] * 0.6 - 0.2
    at = ramp()[0]
    inside = (at[0] ** 2 + at[1] ** 2).sqrt() < 0.9
    assert torch.allclose(out[0, 0][inside], expected_x[inside], atol=1e-5)
    assert torch.allclose(out[0, 1][inside], expected_y[inside], atol=1e-5)


def test_pixel_exact_geometry_composes_exactly() -> None:
    policy = Policy.of({"flip": 1.0, "rotation": 180.0})
    x = pictures(4)
    params = (
        params_of(flipped=[True, True, False, False]),
        params_of(degrees=[90.0, 180.0, -90.0, 0.0]),
    )
    out = policy.apply(x, params)
    assert torch.allclose(out, one_by_one(policy, x, params), atol=1e-4)
    quarter = out[2]
    turned = [torch.rot90(x[2], k, (1, 2)) for k in (1, -1)]
    assert min((quarter - t).abs().max().item() for t in turned) < 1e-4


def test_colour_composes_like_one_after_another_away_from_the_clamp() -> None:
    weak = {
        "brightness": 0.2,
        "contrast": 0.4,
        "saturation": 0.4,
        "hue": 0.5,
        "gray": 0.3,
    }
    policy = Policy.of(weak)
    x = muted(32)
    params = policy.draw(32, generator(5))
    assert torch.allclose(
        policy.apply(x, params), one_by_one(policy, x, params), atol=1e-5
    )


@pytest.mark.parametrize("geometry", GEOMETRY)
def test_the_whole_policy_is_one_after_another(geometry: str) -> None:
    """With a single resampling, so that only rounding may differ."""
    strengths = {
        slug: 0.1 if slug in COLOURS else float(make(slug).strength)
        for slug in SLUGS
        if slug not in GEOMETRY or slug == geometry
    }
    policy = Policy.of(strengths)
    x = muted(32)
    params = policy.draw(32, generator(6))
    assert torch.allclose(
        policy.apply(x, params), one_by_one(policy, x, params), atol=1e-4
    )


def test_a_policy_keeps_rows_apart_and_its_input_whole() -> None:
    policy, x = Policy.of({s: make(s).strength for s in SLUGS}), pictures()
    kept = x.clone()
    params = policy.draw(8, generator())
    whole = policy.apply(x, params)
    alone = policy.apply(x[3:4], [row_of(d, 3) for d in params])
    assert torch.allclose(alone[0], whole[3], atol=1e-5)
    assert torch.equal(x, kept)


# ---- Policies in words.


def test_policies_are_read_from_text() -> None:
    assert Policy.parse("none").strengths == {}
    assert Policy.parse("default").strengths == pytest.approx(DEFAULT)
    assert Policy.parse("crop").strengths == {"crop": make("crop").strength}
    assert Policy.parse(" flip:0.3 , crop:0.5").strengths == {"crop": 0.5, "flip": 0.3}
    colours = Policy.parse("color:0.3").strengths
    assert colours == dict.fromkeys(
        ("brightness", "contrast", "saturation", "hue"), 0.3
    )


def test_augmentations_run_in_one_order_however_they_are_written() -> None:
    assert Policy.parse("noise,gray,flip") == Policy.parse("flip,gray,noise")
    every = Policy.of({s: make(s).strength for s in reversed(SLUGS)})
    assert tuple(every.strengths) == SLUGS
    assert Policy.of(every.strengths) == every


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("crpo", "'crpo'"),
        ("crop,flop", "'flop'"),
        ("crop,,flip", "''"),
        ("", "''"),
        ("flip:2", "flip strength is 2"),
        ("flip:-0.1", "flip strength is -0.1"),
        ("flip:often", "flip strength is 'often'"),
        ("flip:nan", "flip strength is nan"),
        ("crop:0.5:0.6", "crop strength is '0.5:0.6'"),
        ("color:0.9", "hue strength is 0.9"),
    ],
)
def test_invalid_policy_text_is_refused_naming_the_invalid_part(
    text: str, named: str
) -> None:
    with pytest.raises(ValueError, match="allowed") as refusal:
        Policy.parse(text)
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_slug_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'swirl' is unknown; allowed are crop, flip"):
        Policy.of({"flip": 0.5, "swirl": 1.0})


# ---- Two views.


def images(n: int = 16) -> Tensor:
    return torch.randint(256, (n, 3, 32, 32), generator=generator(), dtype=torch.uint8)


def test_two_views_are_float_in_range_and_leave_the_images_alone() -> None:
    x = images()
    kept = x.clone()
    for view in two_views(x, Policy.of(DEFAULT), generator()):
        assert view.shape == x.shape
        assert view.dtype == torch.float32
        assert view.min() >= 0
        assert view.max() <= 1 + 1e-6
    assert torch.equal(x, kept)


def test_the_generator_decides_everything() -> None:
    x, policy = images(), Policy.of(DEFAULT)
    world = torch.get_rng_state()
    a, b = two_views(x, policy, generator(1))
    again = two_views(x, policy, generator(1))
    other = two_views(x, policy, generator(2))
    assert torch.equal(a, again[0])
    assert torch.equal(b, again[1])
    assert not torch.equal(a, other[0])
    assert torch.equal(world, torch.get_rng_state())


def test_the_two_views_differ_in_every_row_and_so_do_two_calls() -> None:
    x, policy, g = images(), Policy.of(DEFAULT), generator()
    a, b = two_views(x, policy, g)
    c, _ = two_views(x, policy, g)
    assert ((a - b).abs().amax((1, 2, 3)) > 0).all()
    assert ((a - c).abs().amax((1, 2, 3)) > 0).all()


def test_rows_of_the_two_views_pair_up() -> None:
    # Pictures of one colour each survive every geometric change.
    flat = (
        (torch.arange(16, dtype=torch.uint8) * 16).view(-1, 1, 1, 1).expand(-1, 3, 8, 8)
    )
    a, b = two_views(flat, Policy.parse("crop,flip,rotation"), generator())
    assert torch.allclose(a, as_float(flat), atol=1e-5)
    assert torch.allclose(b, as_float(flat), atol=1e-5)


def test_without_augmentation_both_views_are_the_image() -> None:
    x = images()
    a, b = two_views(x, Policy(), generator())
    assert torch.equal(a, as_float(x))
    assert torch.equal(a, b)


def test_float_images_are_taken_as_they_are() -> None:
    x, policy = images(), Policy.of(DEFAULT)
    from_bytes = two_views(x, policy, generator())
    from_floats = two_views(x.float() / 255, policy, generator())
    assert torch.equal(from_bytes[0], from_floats[0])
    assert as_float(x).max() <= 1
