"""On every day of a region, what the books call unused is what its wallets held."""

from datetime import date
from itertools import pairwise
from typing import Final

from sqlalchemy import text

from core.database import Database
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.unused_balance import KindOfValue, unused_balances
from ledger.value_sums import remember, sums_until

_HELD: Final = text("""
    SELECT k.kind, k.value, coalesce(sum(stood.balance_after), 0)::bigint
      FROM ledger.account_kind k
      LEFT JOIN (SELECT DISTINCT ON (a.account_no) a.kind, p.balance_after
                   FROM ledger.account a
                   JOIN ledger.posting p ON p.region_id = :region AND p.account_no = a.account_no
                  WHERE a.region_id = :region AND p.seq <= :seq
                  ORDER BY a.account_no, p.version DESC) stood ON stood.kind = k.kind
     WHERE k.value IS NOT NULL
     GROUP BY k.kind, k.value
""")
_DAYS: Final = text(
    "SELECT DISTINCT business_date FROM ledger.entry WHERE region_id = :region ORDER BY 1"
)


async def unused_is_what_wallets_held(database: Database, region: Region) -> None:
    """Asserts it of each day, kind by kind, and that the days between two of them add up; and that
    all is the same once some of these days are remembered.
    """
    given = {"region": region.region_id}
    async with database.snapshot(region.region_id) as session:
        days = (await session.scalars(_DAYS, given)).all()
        seqs = [0, *[await find_seq(session, region.region_id, day) for day in days]]
        told = []
        for after, until in pairwise(seqs):
            rows = await session.execute(_HELD, given | {"seq": until})
            held = {KindOfValue(kind, value): yen for kind, value, yen in rows}
            before, later = await unused_balances(session, region.region_id, after, until)
            _, whole = await unused_balances(session, region.region_id, 0, until)
            assert {kind: issue.unused for kind, issue in whole.kinds.items()} == held
            assert whole.paid == before.paid.and_then(later.paid)
            assert whole.free == before.free.and_then(later.free)
            assert whole.free.refunded == 0, "nobody had paid for it"
            told.append((before, later))
    async with database.transaction(region.region_id) as session:
        for place, seq in enumerate(seqs[1::2]):
            sums = await sums_until(session, region.region_id, seq)
            await remember(session, region.region_id, date(2100 + place, 3, 31), seq, sums)
        assert told == [
            await unused_balances(session, region.region_id, after, until)
            for after, until in pairwise(seqs)
        ]
