"""What chance decides in a day: when somebody pays, and how much; whole yen, integers only."""

from random import Random
from typing import Final

HOUR: Final = 3_600
MINUTE: Final = 60
DAY_BEGINS: Final = 7 * HOUR
DAY_ENDS: Final = 23 * HOUR
LAST_PAYMENT: Final = 22 * HOUR + 20 * MINUTE
"""No payment is planned later, so that one that waits for a top-up still falls within the day."""

AMOUNT_MIN_YEN: Final = 100
AMOUNT_MAX_YEN: Final = 20_000

_HOURS: Final = (3, 5, 5, 6, 7, 12, 10, 6, 6, 7, 9, 12, 10, 7, 4, 2)
"""How busy each hour from 07 to 22 is: lunch, and the way home."""

_SPREAD_PERCENT: Final = (24, 50, 63, 75, 87, 100, 115, 133, 159, 202, 418)
"""Each tenth of a log-normal curve with sigma 0.55, in percent of its median."""


def draw_second(rng: Random) -> int:
    """A second of the day for a payment, by how busy the hours are."""
    hour = rng.choices(range(7, 23), _HOURS)[0]
    return min(hour * HOUR + rng.randrange(HOUR), LAST_PAYMENT)


def draw_amount(median_yen: int, rng: Random) -> int:
    """An amount in yen around the median, log-normal in shape, that ends as prices in Japan do."""
    tenth = rng.randrange(len(_SPREAD_PERCENT) - 1)
    percent = rng.randint(_SPREAD_PERCENT[tenth], _SPREAD_PERCENT[tenth + 1])
    raw_yen = median_yen * percent // 100
    if raw_yen >= 300 and rng.randrange(4) == 0:
        raw_yen = raw_yen // 100 * 100 - 2
    else:
        raw_yen = raw_yen // 10 * 10
    return max(AMOUNT_MIN_YEN, min(raw_yen, AMOUNT_MAX_YEN))
