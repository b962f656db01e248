"""A box around a circle has every point of the circle in it."""

import math

from hypothesis import given
from hypothesis import strategies as st

from merchants.near import EARTH_M, LARGEST_RADIUS_M, Circle, box_around

NEAR = 400_000
"""A circle of the largest radius there goes over the 180th meridian, or a pole."""
LATITUDES = st.integers(-90_000_000, 90_000_000) | st.integers(90_000_000 - NEAR, 90_000_000)
LONGITUDES = (
    st.integers(-180_000_000, 180_000_000)
    | st.integers(180_000_000 - NEAR, 180_000_000)
    | st.integers(-180_000_000, NEAR - 180_000_000)
)


@given(
    LATITUDES, LONGITUDES, st.integers(1, LARGEST_RADIUS_M), st.floats(0, math.tau), st.floats(0, 1)
)
def test_no_point_of_a_circle_is_outside_of_its_box(
    latitude: int, longitude: int, radius_m: int, bearing: float, part: float
):
    box = box_around(Circle(latitude, longitude, radius_m))
    far, up = radius_m * part / EARTH_M, math.radians(latitude / 1e6)
    there = math.asin(
        max(
            -1,
            min(1, math.sin(up) * math.cos(far) + math.cos(up) * math.sin(far) * math.cos(bearing)),
        )
    )
    turned = math.atan2(
        math.sin(bearing) * math.sin(far) * math.cos(up),
        math.cos(far) - math.sin(up) * math.sin(there),
    )
    north = round(math.degrees(there) * 1e6)
    east = (longitude + round(math.degrees(turned) * 1e6) + 180_000_000) % 360_000_000 - 180_000_000
    assert box.south <= north <= box.north
    # At the pole itself every longitude is the same point.
    is_in = any(west - 1 <= east <= end + 1 for west, end in box.pieces)
    assert is_in or abs(abs(north) - 90_000_000) <= 2
