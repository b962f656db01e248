"""A circle on the globe, and the box around it: positions in millionths of a degree."""

import math
from typing import Final, NamedTuple

EARTH_M: Final = 6_371_008.8
"""The mean radius (IUGG)."""
LARGEST_RADIUS_M: Final = 50_000

_HALF: Final = 180_000_000
_POLE: Final = 90_000_000


class Circle(NamedTuple):
    """All that lies within a distance of a point."""

    latitude_e6: int
    longitude_e6: int
    radius_m: int


class Box(NamedTuple):
    """South to north, and west to east in one or two pieces: the 180th meridian cuts it."""

    south: int
    north: int
    pieces: tuple[tuple[int, int], tuple[int, int]]


def box_around(circle: Circle) -> Box:
    """A box that has all of the circle in it, and a little more: it only spares looking farther.

    Around a pole it goes around the globe.
    """
    assert 0 < circle.radius_m <= LARGEST_RADIUS_M
    reach = (circle.radius_m + 1) / EARTH_M
    high = math.ceil(math.degrees(reach) * 1_000_000) + 1
    south, north = circle.latitude_e6 - high, circle.latitude_e6 + high
    if south <= -_POLE or north >= _POLE:
        return Box(max(south, -_POLE), min(north, _POLE), ((-_HALF, _HALF),) * 2)
    level = math.cos(math.radians(circle.latitude_e6 / 1_000_000))
    wide = math.ceil(math.degrees(math.asin(min(1.0, math.sin(reach) / level))) * 1_000_000) + 1
    west, east = circle.longitude_e6 - wide, circle.longitude_e6 + wide
    if west < -_HALF:
        return Box(south, north, ((-_HALF, east), (west + 2 * _HALF, _HALF)))
    if east > _HALF:
        return Box(south, north, ((west, _HALF), (-_HALF, east - 2 * _HALF)))
    return Box(south, north, ((west, east),) * 2)
