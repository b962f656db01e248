"""A town with payments on each day of two whole weeks that are over: many people, some shops."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from tests.town_builder import Town

MONDAY: Final = date(2027, 1, 11)
SUNDAY: Final = date(2027, 1, 24)
_NOON: Final = datetime(2027, 1, 11, 3, tzinfo=UTC)
CLASSES: Final = ("street_member", "small", "small", "small", "small", "small", "convenience")


async def live_weeks(town: Town, people: int) -> None:
    """Everybody pays ¥1,000 on one of the days, in one of the shops; afterwards it is the 25th."""
    await town.set_clock(_NOON)
    stores = [await town.open_store(each) for each in CLASSES]
    wallets = await asyncio.gather(*(town.open_wallet() for _ in range(people)))
    await asyncio.gather(*(town.top_up(wallet, 3_000) for wallet in wallets))
    for day in range(14):
        await town.set_clock(_NOON + timedelta(days=day))
        today = enumerate(wallets[day::14])
        await asyncio.gather(
            *(town.pay(wallet, stores[nth % len(stores)], 1_000) for nth, wallet in today)
        )
    await town.set_clock(_NOON + timedelta(days=14))


def question(terms: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What is asked of these two weeks, as JSON."""
    days = {"from_day": MONDAY.isoformat(), "to_day": SUNDAY.isoformat()}
    return {"terms": terms, **days, **said}
