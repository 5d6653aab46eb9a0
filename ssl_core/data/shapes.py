"""Pictures drawn by the program, of which everything is known.

Each picture shows one of eight shapes in its own fill hue, at its own position, scale
and rotation, on a background with its own hue and texture. Because every factor is
known, a probe can say which of them an encoder kept and which it threw away.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ssl_core.data.base import Factor, ImageSet, held_out_split
from ssl_core.knobs import Knob

SHAPES = ("disc", "square", "triangle", "star", "cross", "ring", "crescent", "heart")
TEXTURES = ("plain", "stripes", "checks", "gradient")
YIQ = [[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]]
CHROMA = 0.42  # as a part of the luma; much more would leave the RGB cube
CHUNK = 2048  # images drawn at once: bounds memory, keeps the arithmetic in cache


def shapes(
    count: int = 12_000, held_out: int = 2_000, size: int = 32, seed: int = 0
) -> ImageSet:
    """Draw a data set of shapes.

    Args:
        count: number of pictures, held-out ones included.
        held_out: how many of them training never sees.
        size: side in pixels.
        seed: same seed, same pictures, bit for bit on one machine.

    Returns:
        An :class:`ImageSet` with ``images [count, 3, size, size]`` and the factors
        shape, fill_hue, background_hue, texture, x, y, scale and rotation.

    Raises:
        ValueError: naming the argument out of range, its value and what is allowed.
    """
    count = Knob(12_000, low=4, high=500_000).check("count", count)
    held_out = Knob(2_000, low=0, high=count - 2).check("held_out", held_out)
    size = Knob(32, low=8, high=128).check("size", size)
    seed = Knob(0, low=0, high=2**31 - 1).check("seed", seed)
    g = torch.Generator().manual_seed(seed)
    known = _draw_factors(count, g)
    images = torch.cat(
        [
            _paint({k: v[i : i + CHUNK] for k, v in known.items()}, size)
            for i in range(0, count, CHUNK)
        ]
    )
    factors = {
        "shape": Factor(known["shape"], "class", SHAPES),
        "fill_hue": Factor(known["fill_hue"], "angle"),
        "background_hue": Factor(known["background_hue"], "angle"),
        "texture": Factor(known["texture"], "class", TEXTURES),
        "x": Factor(known["x"]),
        "y": Factor(known["y"]),
        "scale": Factor(known["scale"]),
        "rotation": Factor(known["rotation"], "angle"),
    }
    split = held_out_split(count, held_out, seed)
    return ImageSet("shapes", images, factors, "shape", split)


def _draw_factors(n: int, g: torch.Generator) -> dict[str, Tensor]:
    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(n, generator=g)

    fill_hue = uniform(0, 1)
    return {
        "shape": torch.randint(len(SHAPES), (n,), generator=g),
        "fill_hue": fill_hue,
        # At least a sixth of the circle away from the fill: the shape must be visible.
        "background_hue": (fill_hue + uniform(1 / 6, 5 / 6)).remainder(1),
        "texture": torch.randint(len(TEXTURES), (n,), generator=g),
        "x": uniform(-0.45, 0.45),
        "y": uniform(-0.45, 0.45),
        "scale": uniform(0.32, 0.60),
        "rotation": uniform(0, 1),
        "texture_angle": uniform(0, math.tau),
        "texture_phase": uniform(0, math.tau),
        "fill_luma": uniform(0.5, 0.57),
        "background_luma": uniform(0.22, 0.29),
    }


def _paint(f: dict[str, Tensor], size: int) -> Tensor:
    """Render factors to ``[n, 3, size, size]`` uint8; coordinates run from -1 to 1."""
    axis = (torch.arange(size) + 0.5) / size * 2 - 1
    py, px = torch.meshgrid(axis, axis, indexing="ij")
    u = (px - f["x"].view(-1, 1, 1)) / f["scale"].view(-1, 1, 1)
    v = (py - f["y"].view(-1, 1, 1)) / f["scale"].view(-1, 1, 1)
    angle = f["rotation"].view(-1, 1, 1) * math.tau
    u, v = u * angle.cos() + v * angle.sin(), v * angle.cos() - u * angle.sin()

    distance = torch.empty_like(u)
    for index, name in enumerate(SHAPES):
        rows = (f["shape"] == index).nonzero().squeeze(1)
        distance[rows] = _DISTANCE[name](u[rows], v[rows])
    # One pixel is 2/size wide, so this edge is about one pixel soft: anti-aliasing.
    edge = distance * f["scale"].view(-1, 1, 1) * size / 2
    cover = (0.5 - edge).clamp(0, 1).unsqueeze(1)

    fill = _colour(f["fill_hue"], f["fill_luma"]).view(-1, 3, 1, 1)
    ground = _colour(f["background_hue"], f["background_luma"]).view(-1, 3, 1, 1)
    ground = ground * _texture(f, px, py).unsqueeze(1)
    return ((ground + cover * (fill - ground)).clamp(0, 1) * 255).round().byte()


def _texture(f: dict[str, Tensor], px: Tensor, py: Tensor) -> Tensor:
    """Brightness of the background around 1, ``[n, size, size]``."""
    angle = f["texture_angle"].view(-1, 1, 1)
    phase = f["texture_phase"].view(-1, 1, 1)
    along = px * angle.cos() + py * angle.sin()
    across = py * angle.cos() - px * angle.sin()
    stripes = torch.sin(10 * along + phase)
    checks = torch.sin(9 * along + phase) * torch.sin(9 * across)
    pattern = torch.stack([torch.zeros_like(along), stripes, checks, along], 1)
    chosen = f["texture"].view(-1, 1, 1, 1).expand(-1, 1, *along.shape[1:])
    return 1 + 0.2 * pattern.gather(1, chosen).squeeze(1)


def _colour(hue: Tensor, luma: Tensor) -> Tensor:
    """Colours ``[n, 3]`` of a given luma, their hue an angle in the YIQ plane.

    All hues share one luma, so that a grey picture says nothing of the hue: what a
    probe finds of a hue came through colour alone.
    """
    angle = hue * math.tau
    chroma = CHROMA * luma
    yiq = torch.stack([luma, chroma * angle.cos(), chroma * angle.sin()], 1)
    rgb: Tensor = yiq @ torch.linalg.inv(torch.tensor(YIQ)).T
    return rgb


def _polygon(u: Tensor, v: Tensor, sides: int, inradius: float) -> Tensor:
    """Signed distance to a regular polygon's sides."""
    slice_angle = math.tau / sides
    turn = torch.atan2(u, -v).remainder(slice_angle) - slice_angle / 2
    return torch.hypot(u, v) * turn.cos() - inradius


def _star(u: Tensor, v: Tensor) -> Tensor:
    slice_angle = math.tau / 5
    turn = (torch.atan2(u, -v).remainder(slice_angle) - slice_angle / 2).abs()
    radius = torch.hypot(u, v)
    # One straight edge from the outer point (half a slice away) to the inner corner.
    outer, inner = 1.0, 0.42
    ax, ay = inner, 0.0
    bx, by = outer * math.cos(slice_angle / 2), outer * math.sin(slice_angle / 2)
    nx, ny = by - ay, -(bx - ax)
    length = math.hypot(nx, ny)
    return ((radius * turn.cos() - ax) * nx + (radius * turn.sin() - ay) * ny) / length


def _cross(u: Tensor, v: Tensor) -> Tensor:
    a, b = u.abs(), v.abs()
    bar = torch.maximum(a - 0.92, b - 0.3)
    return torch.minimum(bar, torch.maximum(b - 0.92, a - 0.3))


def _heart(u: Tensor, v: Tensor) -> Tensor:
    # Two discs for the lobes over a square standing on its corner.
    lobe = torch.hypot(u.abs() - 0.41, v + 0.30) - 0.50
    diamond = ((u.abs() + (v + 0.02).abs()) - 0.90) / math.sqrt(2)
    return torch.minimum(lobe, torch.maximum(diamond, -(v + 0.30)))


_DISTANCE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "disc": lambda u, v: torch.hypot(u, v) - 0.80,
    "square": lambda u, v: torch.maximum(u.abs(), v.abs()) - 0.72,
    "triangle": lambda u, v: _polygon(u, v, 3, 0.52),
    "star": _star,
    "cross": _cross,
    "ring": lambda u, v: (torch.hypot(u, v) - 0.66).abs() - 0.22,
    "crescent": lambda u, v: torch.maximum(
        torch.hypot(u, v) - 0.90, 0.72 - torch.hypot(u - 0.45, v)
    ),
    "heart": _heart,
}
