"""A town whose campaigns change at midnight, with payments by three processes across it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns.campaign import ChangeCampaign
from ledger.books import Entry
from ledger.command import Command, Receipt
from ledger.engine import Engine
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id, running_engine

NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 15, 15, tzinfo=UTC)
"""The 16th begins in Tokyo."""
SOON = timedelta(milliseconds=250)


def changing(campaign_id: UUID, state: Any) -> ChangeCampaign:
    return ChangeCampaign(
        entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, state=state, reason="-"
    )


async def at_noon(town: Town, **terms: Any) -> tuple[Wallet, Store, UUID]:
    await town.set_clock(NOON)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 50_000)
    return wallet, store, await town.live_campaign(cashback_bp=0, **terms)


async def pay(town: Town, wallet: Wallet, store: Store, yen: int) -> Entry:
    """With coin, which is what rates look at."""
    return await town.pay(wallet, store, yen, is_coin_only=True)


async def refused(town: Town, command: Command) -> tuple[str | None, Any]:
    """By which rule, and beside which campaign."""
    entry = (await town.submit(command)).entry
    return entry.refusal, str(entry.facts.get("campaign_id"))


def points(entry: Entry) -> int:
    return sum(grant["rebate_points"] for grant in entry.facts["grants"])


async def paid_until(engine: Engine, town: Town, wallet: Wallet, store: Store, end: datetime):
    done: list[Entry] = []
    while not done or done[-1].at < end:
        receipt = await engine.submit(town.payment(wallet, store, 100, is_coin_only=True))
        done.append(receipt.accepted())
    return done


async def around(town: Town, wallet: Wallet, store: Store, *beside: Command) -> list[Entry]:
    """Payments across midnight by three processes at once, with what comes just at midnight."""
    await town.set_clock(MIDNIGHT - SOON)

    async def at_midnight(command: Command) -> Receipt:
        while await town.now() < MIDNIGHT - timedelta(milliseconds=20):
            await asyncio.sleep(0.005)
        return await town.submit(command)

    async with (
        running_engine(town.database, town.region) as second,
        running_engine(town.database, town.region) as third,
    ):
        told = await asyncio.gather(
            *(
                paid_until(engine, town, wallet, store, MIDNIGHT + SOON)
                for engine in (town.engine, second, third)
            ),
            *map(at_midnight, beside),
        )
    return [entry for done in told[:3] for entry in done]
