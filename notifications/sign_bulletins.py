"""The job: sign what was approved, with the key of sealed history, and so publish it."""

import json

from sqlalchemy import func, select, update

from core.database import Database
from ledger.regions import Region
from notifications.bulletin import Bulletin
from notifications.match_bulletins import statement_of
from notifications.notice_tables import bulletin
from seals.keys import SealKeys

MOST_AT_ONCE = 50


async def sign_bulletins(database: Database, region: Region, keys: SealKeys) -> int:
    """How many are published now that were not before; two workers publish each of them once."""
    of = bulletin.c
    waiting = (
        select(of.bulletin_id, of.document)
        .where(
            of.region_id == region.region_id,
            of.approved_at.is_not(None),
            of.published.is_(None),
            of.withdrawn_at.is_(None),
            of.until > func.ledger.now(),
        )
        .order_by(of.bulletin_id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    async with database.transaction(region.region_id) as db:
        rows = (await db.execute(waiting)).all()
        for bulletin_id, document in rows:
            told = Bulletin.model_validate_json(document).published(region.code, bulletin_id)
            signed = {
                "bulletin": told,
                "key": keys.key_id,
                "signature": keys.sign_text(statement_of(told)).hex(),
            }
            await db.execute(
                update(bulletin)
                .where(of.region_id == region.region_id, of.bulletin_id == bulletin_id)
                .values(
                    published=json.dumps(signed, ensure_ascii=False, separators=(",", ":")),
                    published_at=func.ledger.now(),
                )
            )
    return len(rows)
