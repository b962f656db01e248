"""A row in each table that the application may touch, for tests of rights."""

from datetime import date, timedelta
from typing import Final

from sqlalchemy import text

from ledger.value_sums import remember
from tests.access.rows import fill_access
from tests.benefits_builder import listed
from tests.campaigns.versions_builder import drafted
from tests.debit_notes import ask_a_shop
from tests.merchant_rows import fill_merchants
from tests.notifications.message_rows import fill_notifications
from tests.payments.shops import ON, convert, open_shop, sold
from tests.seals.sealed_town import seal_publish_and_erase
from tests.town_builder import Town

GAUGE: Final = text(
    "INSERT INTO campaigns.gauge VALUES (:region, :campaign, '2026-11-22', 1000000, 100000, 1, 0)"
)


async def live_a_little(town: Town) -> None:
    """A wallet, a store, a campaign, a payment, and whatever else leaves a row."""
    database, region_id = town.database, town.region.region_id
    wallet, store = await town.open_wallet(), await town.open_store()
    who = {"tiers": ["unverified"]}
    campaign_id = await town.live_campaign(per_person_day_points=1000, who=who)
    later = await town.now() + timedelta(days=1)
    await drafted(town, campaign_id, later, priority=1)
    await town.top_up(wallet, 1000)
    await town.pay(wallet, store, 1000)
    await town.change_settings(recirculation=ON)
    await convert(town, await sold(town, await open_shop(town, store), 1), 1)
    await listed(town)
    await ask_a_shop(town)
    await seal_publish_and_erase(town)
    await fill_access(database, region_id)
    await fill_merchants(database, region_id)
    await fill_notifications(town.database, town.region.region_id)
    async with database.transaction(region_id) as session:
        driver = await (await session.connection()).get_raw_connection()
        await driver.driver_connection.execute(  # type: ignore[union-attr]
            "INSERT INTO ledger.reader VALUES ($1, 'test', 0)", region_id
        )
        of_campaign = {"region": region_id, "campaign": campaign_id}
        await session.execute(GAUGE, of_campaign)
        await remember(session, region_id, date(2126, 3, 31), 1, {})
