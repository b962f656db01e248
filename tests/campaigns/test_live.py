"""The terms that a process keeps: as many as it has room for, those in use among them."""

from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from campaigns.campaign import keep_terms
from campaigns.live import _KNOWN, MOST_KNOWN, load_terms
from campaigns.terms import Terms, terms_hash
from core.database import Connection, bare
from ledger.books import Books, Holder
from tests.terms_builder import terms_of
from tests.town_builder import Town


async def load(connection: Connection, town: Town, terms: Terms, count: int) -> Books:
    """The books of a batch that names `count` new campaigns, all with the same terms."""
    now = datetime.now(UTC)
    books = Books(
        town.region.region_id, 0, 0, uuid4(), now, ZoneInfo("Asia/Tokyo"), await town.today()
    )
    for campaign_id in (uuid4() for _ in range(count)):
        books.holders[campaign_id] = Holder(
            campaign_id, "campaign", "live", {}, terms_hash=terms_hash(terms)
        )
    await load_terms(connection, books)
    return books


async def test_a_process_keeps_so_many_campaigns_and_no_more(town: Town):
    terms = terms_of(await town.today())
    region_id = town.region.region_id
    async with town.database.transaction(region_id) as session:
        await keep_terms(session, region_id, terms)
        connection = await bare(session)
        first = await load(connection, town, terms, 1)
        [in_use] = first.campaigns.values()
        for _ in range(4):
            await load(connection, town, terms, MOST_KNOWN // 2)
            await load_terms(connection, first)
        assert len(_KNOWN) == MOST_KNOWN
        [still] = first.campaigns.values()
        assert still is in_use, "what is named again is kept"
        many = await load(connection, town, terms, MOST_KNOWN + 10)
        assert many.campaigns.keys() == many.holders.keys(), "none is missing in its own batch"
        assert len(_KNOWN) == MOST_KNOWN
