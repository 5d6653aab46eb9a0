"""Points on the circle and on the sphere: by angles, and by the names of arrangements."""

import math
from collections.abc import Callable

Point = tuple[float, ...]

# Degrees: where the points stand at first, with something for every arrow to do. On the
# circle anticlockwise from the right; on the sphere longitude (0 faces you) and latitude.
_START = {
    "circle": ((90,), (20,), (135,), (250,), (305,), (200,), (345,), (170,)),
    "sphere": (
        *((-20, 35), (45, 15), (-60, 10), (10, -40)),
        *((80, -25), (-30, -70), (170, 30), (-120, -10)),
    ),
}


def named(arrangement: str, images: int, space: str) -> tuple[Point, ...]:
    """The points of "start", "perfect", "collapse" or "even", partners in turn."""
    count = 2 * images
    if arrangement == "start":
        return tuple(at(space, *degrees) for degrees in _START[space][:count])
    if arrangement == "collapse":
        return (at(space, *{"circle": (90,), "sphere": (0, 30)}[space]),) * count
    if arrangement == "perfect":
        return tuple(p for p in _apart(images, space) for _ in "12")
    return _apart(count, space)


def at(space: str, *degrees: float) -> Point:
    """The unit vector at an angle, or at a longitude and latitude, in degrees."""
    if space == "circle":
        angle = math.radians(degrees[0])
        return math.cos(angle), math.sin(angle)
    across, up = map(math.radians, degrees)
    flat = math.cos(up)
    return flat * math.sin(across), math.sin(up), flat * math.cos(across)


def degrees(point: Point) -> tuple[float, ...]:
    """The angles that :func:`at` takes."""
    if len(point) == 2:
        return (round(math.degrees(math.atan2(point[1], point[0])) % 360, 1) % 360,)
    x, y, z = point
    up = math.degrees(math.asin(max(-1.0, min(1.0, y))))
    return math.degrees(math.atan2(x, z)), up


def _apart(count: int, space: str) -> tuple[Point, ...]:
    """As far from one another as ``count`` points can be (8 on a sphere: an antiprism)."""
    if space == "circle":
        return tuple(at(space, 90 + 360 * i / count) for i in range(count))
    return _SPREAD[count]()


def _rim(count: int) -> tuple[Point, ...]:
    flat = (at("circle", 90 + 360 * i / count) for i in range(count))
    return tuple((x, y, 0.0) for x, y in flat)


def _tetrahedron() -> tuple[Point, ...]:
    corners = ((1, 1, 1), (-1, 1, -1), (-1, -1, 1), (1, -1, -1))
    return tuple(tuple(v / math.sqrt(3) for v in corner) for corner in corners)


def _octahedron() -> tuple[Point, ...]:
    return (
        *((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)),
        *((0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)),
    )


def _antiprism() -> tuple[Point, ...]:
    """Two squares, one turned by 45 degrees, so far apart that all edges are equal."""
    edge = (0.5 + 1 / (4 * math.sqrt(2))) ** -0.5
    ring, half = edge / math.sqrt(2), edge * 2**-0.25 / 2
    points = []
    for i in range(8):
        angle, up = math.radians(45 * i), half if i % 2 else -half
        points.append((ring * math.cos(angle), up, ring * math.sin(angle)))
    return tuple(points)


_SPREAD: dict[int, Callable[[], tuple[Point, ...]]] = {
    2: lambda: _rim(2),
    3: lambda: _rim(3),
    4: _tetrahedron,
    6: _octahedron,
    8: _antiprism,
}
