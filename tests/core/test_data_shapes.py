"""Shapes: deterministic, fully labelled, and not solved by raw pixels."""

import math

import pytest
import torch

from ssl_core.data import SOURCES, ImageSet, load
from ssl_core.data.base import Factor
from ssl_core.data.shapes import SHAPES, TEXTURES, shapes
from ssl_core.probes import knn_accuracy, linear_probe

LUMA = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)


@pytest.fixture(scope="module")
def drawn() -> ImageSet:
    """The default data set."""
    return shapes()


def features(images: torch.Tensor) -> torch.Tensor:
    return images.float().flatten(1) / 255


def halves(
    data: ImageSet, x: torch.Tensor, y: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    train, test = data.train_rows, data.held_out_rows
    return x[train], y[train], x[test], y[test]


def test_same_seed_same_pictures_bit_for_bit() -> None:
    a, b = shapes(300, 50, seed=7), shapes(300, 50, seed=7)
    assert torch.equal(a.images, b.images)
    assert torch.equal(a.split, b.split)
    assert all(torch.equal(a.factors[k].values, b.factors[k].values) for k in a.factors)


def test_another_seed_draws_other_pictures_and_holds_out_other_rows() -> None:
    a, b = shapes(300, 50, seed=7), shapes(300, 50, seed=8)
    assert (a.images != b.images).flatten(1).any(1).all()
    assert not torch.equal(a.split, b.split)


def test_drawing_does_not_touch_the_global_generator() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    shapes(10, 2)
    assert torch.equal(torch.rand(3), expected)


def test_the_default_set_has_the_documented_form(drawn: ImageSet) -> None:
    assert drawn.images.shape == (12_000, 3, 32, 32)
    assert drawn.images.dtype == torch.uint8
    assert drawn.label == "shape"
    assert drawn.label_names == SHAPES
    assert len(SHAPES) == 8
    assert load("shapes").images.shape == drawn.images.shape
    assert not SOURCES["shapes"].downloads


def test_size_and_count_are_kept() -> None:
    assert shapes(30, 5, size=48).images.shape == (30, 3, 48, 48)
    assert shapes(2_100, 5).images.shape[0] == 2_100  # more than one chunk


def test_held_out_rows_are_disjoint_and_counted(drawn: ImageSet) -> None:
    train, held_out = set(drawn.train_rows.tolist()), set(drawn.held_out_rows.tolist())
    assert not train & held_out
    assert (len(train), len(held_out)) == (10_000, 2_000)


def test_factors_are_in_range_and_all_of_it_is_used(drawn: ImageSet) -> None:
    assert set(drawn.factors) == {
        *("shape", "fill_hue", "background_hue", "texture"),
        *("x", "y", "scale", "rotation"),
    }
    for name, low, high in [
        *((angle, 0, 1) for angle in ("fill_hue", "background_hue", "rotation")),
        ("x", -0.45, 0.45),
        ("y", -0.45, 0.45),
        ("scale", 0.32, 0.60),
    ]:
        values = drawn.factors[name].values
        assert len(values) == len(drawn)
        assert low <= values.min() < low + 0.02 * (high - low), name
        assert high - 0.02 * (high - low) < values.max() <= high, name
    assert drawn.factors["texture"].names == TEXTURES


@pytest.mark.parametrize("name", ["shape", "texture"])
def test_classes_are_balanced(drawn: ImageSet, name: str) -> None:
    factor = drawn.factors[name]
    share = factor.values.bincount() / len(drawn)
    assert len(share) == len(factor.names)
    assert (share * len(factor.names) - 1).abs().max() < 0.15


def test_the_fill_hue_differs_from_the_background(drawn: ImageSet) -> None:
    fill, ground = (drawn.factors[f"{n}_hue"].values for n in ("fill", "background"))
    apart = (fill - ground).remainder(1)
    assert torch.minimum(apart, 1 - apart).min() > 1 / 6 - 1e-5


def test_fill_is_lighter_than_background_and_every_shape_is_visible(
    drawn: ImageSet,
) -> None:
    # All fills have a luma of at least 0.50, no background more than 1.3 x 0.29.
    luma = (drawn.images.float() / 255 * LUMA).sum(1)
    covered = (luma > 0.44).float().flatten(1).mean(1)
    for index, name in enumerate(SHAPES):
        rows = drawn.factors["shape"].values == index
        mean = covered[rows].mean().item()
        assert 0.03 < mean < 0.5, f"{name} covers {mean:.2f}"


def test_the_hue_in_the_factor_is_the_hue_in_the_picture(drawn: ImageSet) -> None:
    # The lightest blues leave the RGB cube and are clipped, which turns them a little.
    discs = (drawn.factors["shape"].values == SHAPES.index("disc")).nonzero().squeeze(1)
    assert len(discs) > 100
    for row in discs.tolist():
        x, y = (drawn.factors[k].values[row].item() for k in ("x", "y"))
        column, line = (int((at + 1) / 2 * 32) for at in (x, y))
        r, g, b = (drawn.images[row, :, line, column].double() / 255).tolist()
        i = 0.5959 * r - 0.2746 * g - 0.3213 * b
        q = 0.2115 * r - 0.5227 * g + 0.3112 * b
        hue = math.atan2(q, i) / math.tau
        gap = (hue - drawn.factors["fill_hue"].values[row].item() + 0.5) % 1 - 0.5
        assert abs(gap) < 1 / 16  # half a probe class


@pytest.mark.slow
def test_raw_pixels_do_not_reveal_the_shape(drawn: ImageSet) -> None:
    parts = halves(drawn, features(drawn.images), drawn.factors["shape"].values)
    accuracy = knn_accuracy(*parts)
    assert 1 / 8 < accuracy <= 0.40


@pytest.mark.parametrize("name", ["fill_hue", "background_hue"])
def test_hue_can_be_read_from_colour_but_not_from_grey(
    drawn: ImageSet, name: str
) -> None:
    target, bins = drawn.factors[name].classes()
    small = torch.nn.functional.avg_pool2d(drawn.images.float() / 255, 4)
    grey = (small * LUMA).sum(1)
    in_grey = linear_probe(*halves(drawn, grey.flatten(1), target))
    in_colour = linear_probe(*halves(drawn, small.flatten(1), target))
    assert in_grey < 1 / bins + 0.05
    assert in_colour > in_grey + 0.2


def test_angle_and_number_factors_become_even_classes(drawn: ImageSet) -> None:
    for name in ("rotation", "scale"):
        target, bins = drawn.factors[name].classes()
        assert target.dtype == torch.int64
        assert (
            target.bincount(minlength=bins) / len(drawn) * bins - 1
        ).abs().max() < 0.2
    around = Factor(torch.tensor([-0.01, 0.0, 1.0]), "angle").classes(4)[0]
    assert around.tolist() == [3, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count is 0; allowed is at least 4"),
        ({"count": -3}, "count is -3"),
        ({"count": 10**9}, "count is 1000000000.*at most 500000"),
        ({"count": "many"}, "count is 'many'"),
        ({"count": 100, "held_out": 99}, "held_out is 99.*at most 98"),
        ({"held_out": -1}, "held_out is -1; allowed is at least 0"),
        ({"size": 0}, "size is 0; allowed is at least 8 and at most 128"),
        ({"size": 32.5}, "size is 32.5"),
        ({"seed": -1}, "seed is -1; allowed is at least 0"),
    ],
)
def test_invalid_options_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load("shapes", **options)
