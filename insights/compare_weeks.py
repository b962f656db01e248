"""Compare weeks with weeks: a difference of means, a slope, and how far chance alone would go.

Weeks differ by what people do and by the noise of their tables. The weeks tell both together; the
noise alone is known, and no variance counts for less than it. Weeks that follow on each other are
alike, so the variance of a mean is stretched by what their likeness comes to. Intervals are
Student's. Statistics are floats; whoever tells yen rounds them, outwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt
from typing import Final

from insights.students_t import quantile

MOST_ALIKE: Final = 0.6
"""Likeness of neighbouring weeks is believed up to here: few weeks cannot tell more."""


@dataclass(frozen=True, slots=True)
class Point:
    """One week: what was seen, and the variance of the noise in it."""

    seen: float
    noise: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and half of its 95 % interval."""

    value: float
    half: float
    freedom: int

    @property
    def low(self) -> float:
        """The lower end."""
        return self.value - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.value + self.half

    @property
    def has_zero(self) -> bool:
        """Whether nothing at all would be no surprise."""
        return self.low <= 0 <= self.high


def difference(before: Sequence[Point], during: Sequence[Point]) -> Estimate:
    """By how much the mean of the later weeks is above that of the earlier ones.

    Both spans have the same variance, pooled; at least two weeks before and one after.
    """
    freedom = len(before) + len(during) - 2
    means = [_mean([point.seen for point in span]) for span in (before, during)]
    rests = [
        [point.seen - mean for point in span]
        for span, mean in zip((before, during), means, strict=True)
    ]
    squares = fsum(rest * rest for span in rests for rest in span)
    noise = _mean([point.noise for span in (before, during) for point in span])
    variance = max(squares / freedom, noise)
    alike = likeness(rests)
    error = sqrt(
        variance * sum(_stretch(len(span), alike) / len(span) for span in (before, during))
    )
    freedom = _worth(freedom, alike)
    return Estimate(means[1] - means[0], quantile(freedom) * error, freedom)


def slope(points: Sequence[Point]) -> Estimate:
    """By how much a week rises over the one before it, on a straight line; three weeks or more."""
    count = len(points)
    middle = (count - 1) / 2
    spread = fsum((place - middle) ** 2 for place in range(count))
    mean = _mean([point.seen for point in points])
    rise = fsum((place - middle) * p.seen for place, p in enumerate(points)) / spread
    rests = [p.seen - mean - rise * (place - middle) for place, p in enumerate(points)]
    freedom = count - 2
    noise = _mean([point.noise for point in points])
    variance = max(fsum(rest * rest for rest in rests) / freedom, noise)
    alike = likeness([rests])
    error = sqrt(variance * _stretch(count, alike) / spread)
    freedom = _worth(freedom, alike)
    return Estimate(rise, quantile(freedom) * error, freedom)


def likeness(rests: Sequence[Sequence[float]]) -> float:
    """How alike neighbouring weeks are (autocorrelation at lag 1), between 0 and MOST_ALIKE.

    Of few weeks it comes out too low; about 1/n and four times itself over n are put back.
    """
    squares = fsum(rest * rest for span in rests for rest in span)
    count = sum(map(len, rests))
    if squares == 0:
        return 0.0
    pairs = fsum(one * two for span in rests for one, two in pairwise(span))
    seen = pairs / squares
    return min(max(seen + (1 + 4 * seen) / count, 0.0), MOST_ALIKE)


def _stretch(count: int, alike: float) -> float:
    """How much larger the variance of a mean of so many weeks is than that of unlike weeks."""
    return 1 + 2 * fsum((1 - lag / count) * alike**lag for lag in range(1, count))


def _worth(freedom: int, alike: float) -> int:
    """As many unlike weeks as tell as much about the variance, rounded down; two at least."""
    return max(2, int(freedom * (1 - alike) / (1 + alike)))


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values)
