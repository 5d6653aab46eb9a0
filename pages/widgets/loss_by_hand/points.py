"""Points on a circle or sphere: from angles, and of the named arrangements."""

import math
from collections.abc import Callable

Point = tuple[float, ...]

# Degrees of the first arrangement, in which no arrow is zero. On the circle anticlockwise from
# the right; on the sphere longitude (0 is the front) and latitude.
_START = {
    "circle": ((90,), (20,), (135,), (250,), (305,), (200,), (345,), (170,)),
    "sphere": (
        *((-20, 35), (45, 15), (-60, 10), (10, -40)),
        *((80, -25), (-30, -70), (170, 30), (-120, -10)),
    ),
}


def arrangement_points(preset: str, images: int, space: str) -> tuple[Point, ...]:
    """The points of "start", "perfect", "collapse" or "even"; partners are neighbours."""
    count = 2 * images
    if preset == "start":
        return tuple(unit_vector(space, *angles) for angles in _START[space][:count])
    if preset == "collapse":
        angles = {"circle": (90,), "sphere": (0, 30)}[space]
        return (unit_vector(space, *angles),) * count
    if preset == "perfect":
        return tuple(p for p in _spread_out(images, space) for _ in "12")
    return _spread_out(count, space)


def unit_vector(space: str, *degrees: float) -> Point:
    """The unit vector at an angle (circle) or at longitude and latitude (sphere).

    Args:
        space: "circle" or "sphere".
        degrees: one angle, or longitude and latitude.
    """
    if space == "circle":
        angle = math.radians(degrees[0])
        return math.cos(angle), math.sin(angle)
    longitude, latitude = map(math.radians, degrees)
    x, z = math.sin(longitude), math.cos(longitude)
    radius = math.cos(latitude)
    return radius * x, math.sin(latitude), radius * z


def to_degrees(point: Point) -> tuple[float, ...]:
    """The angles in degrees from which :func:`unit_vector` makes the point."""
    if len(point) == 2:
        return (round(math.degrees(math.atan2(point[1], point[0])) % 360, 1) % 360,)
    x, y, z = point
    latitude = math.degrees(math.asin(max(-1.0, min(1.0, y))))
    return math.degrees(math.atan2(x, z)), latitude


def _spread_out(count: int, space: str) -> tuple[Point, ...]:
    """``count`` points with the largest possible smallest distance."""
    if space == "circle":
        return tuple(unit_vector(space, 90 + 360 * i / count) for i in range(count))
    return _SPHERE_POINTS[count]()


def _equator(count: int) -> tuple[Point, ...]:
    circle = (unit_vector("circle", 90 + 360 * i / count) for i in range(count))
    return tuple((x, y, 0.0) for x, y in circle)


def _tetrahedron() -> tuple[Point, ...]:
    corners = ((1, 1, 1), (-1, 1, -1), (-1, -1, 1), (1, -1, -1))
    return tuple(tuple(v / math.sqrt(3) for v in corner) for corner in corners)


def _octahedron() -> tuple[Point, ...]:
    return (
        *((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)),
        *((0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)),
    )


def _antiprism() -> tuple[Point, ...]:
    """Two squares, one rotated by 45 degrees, at the distance that makes all edges equal."""
    edge = (0.5 + 1 / (4 * math.sqrt(2))) ** -0.5
    radius, half = edge / math.sqrt(2), edge * 2**-0.25 / 2
    points = []
    for i in range(8):
        angle, height = math.radians(45 * i), half if i % 2 else -half
        points.append((radius * math.cos(angle), height, radius * math.sin(angle)))
    return tuple(points)


_SPHERE_POINTS: dict[int, Callable[[], tuple[Point, ...]]] = {
    2: lambda: _equator(2),
    3: lambda: _equator(3),
    4: _tetrahedron,
    6: _octahedron,
    8: _antiprism,
}
