"""A paper, written straight into the tables: of a settlement that stands there without an entry."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import insert

from core.database import Database
from ledger.regions import Region
from merchants.paper import Origin, digest_of, write_content
from merchants.paper_tables import paper, paper_counter
from merchants.read_settlements import Wanted, list_settlements
from tests.town_builder import new_id

NOON = datetime(2026, 7, 1, 3, tzinfo=UTC)


async def keep_paper(database: Database, region: Region) -> None:
    """The first statement of the region, about the latest of its settlements as if it were due."""
    region_id, kind = region.region_id, "statement"
    async with database.transaction(region_id) as db:
        [found] = await list_settlements(db, region_id, Wanted(), None, 1)
        due = replace(found, state="due", sales_yen=984, due_yen=984, payout_yen=984)
        origin = Origin(1, region.day_of(NOON), region.name, None, found.merchant_name)
        content = write_content("statement", due, origin)
        counter = {"region_id": region_id, "kind": kind, "last_number": 1}
        await db.execute(insert(paper_counter).values(counter))
        await db.execute(
            insert(paper).values(
                region_id=region_id,
                paper_id=new_id(),
                kind=kind,
                number=1,
                settlement_id=found.settlement_id,
                merchant_id=found.merchant_id,
                content=content,
                digest=digest_of(content),
                issued_at=NOON,
                issued_by="admin:1",
            )
        )
