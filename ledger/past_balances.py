"""Read what accounts held when the journal had come to some number, however busy they are."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# An account's postings are numbered without a gap, and their place in the journal only grows: so a
# binary search finds the last one up to a number in some twenty look-ups, all searches at once.
# What was moved away is older than all that is there.
PLACES: Final = """
    search (account_no, until, low, high) AS (
        SELECT wanted.account_no, wanted.until, 0::bigint, a.version
          FROM wanted
          JOIN ledger.account a ON a.region_id = :region AND a.account_no = wanted.account_no
        UNION ALL
        SELECT s.account_no, s.until,
               CASE WHEN middle.is_within THEN (s.low + s.high + 1) / 2 ELSE s.low END,
               CASE WHEN middle.is_within THEN s.high ELSE (s.low + s.high + 1) / 2 - 1 END
          FROM search s CROSS JOIN LATERAL (
                   SELECT coalesce((SELECT p.seq <= s.until
                                      FROM ledger.posting p
                                     WHERE p.region_id = :region AND p.account_no = s.account_no
                                       AND p.version = (s.low + s.high + 1) / 2
                                     LIMIT 1), true) AS is_within) AS middle
         WHERE s.low < s.high
    )"""
"""The part of a recursive query that searches what `wanted` has, an account_no and until: where
low and high meet, that is the number of its last posting until then."""

_SEARCH: Final = f"""
    WITH RECURSIVE wanted AS (
        SELECT * FROM unnest(CAST(:accounts AS bigint[]), CAST(:untils AS bigint[]))
                      AS wanted (account_no, until)
    ), {PLACES}
    SELECT s.account_no, s.until,
           CASE WHEN s.low = 0 THEN 0
                ELSE (SELECT p.balance_after FROM ledger.posting p
                       WHERE p.region_id = :region AND p.account_no = s.account_no
                         AND p.version = s.low LIMIT 1)
           END AS balance
      FROM search s
     WHERE s.low = s.high
"""  # noqa: S608  (all of it is ours)

Place = tuple[int, int]
"""An account's number, and the number of an entry."""


async def past_balances(
    session: AsyncSession, region_id: int, wanted: Collection[Place]
) -> dict[Place, int]:
    """What each account held, in yen, once the entry of that number was written; 0 before its first
    posting.

    A place is left out where the posting that would tell was moved away.
    """
    if not wanted:
        return {}
    accounts, untils = zip(*wanted, strict=True)
    given = {"region": region_id, "accounts": list(accounts), "untils": list(untils)}
    rows = await session.execute(text(_SEARCH), given)
    return {(no, until): balance for no, until, balance in rows if balance is not None}
