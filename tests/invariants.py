"""What must be true of every region at every moment, asked of the database itself."""

from typing import Final

import asyncpg

RULES: Final = {
    "the trial balance is zero": """
        SELECT region_id, sum(CASE class WHEN 'asset' THEN balance ELSE -balance END) AS off
          FROM ledger.account GROUP BY region_id
        HAVING sum(CASE class WHEN 'asset' THEN balance ELSE -balance END) <> 0""",
    "every entry balances": """
        SELECT region_id, entry_id FROM ledger.posting GROUP BY region_id, entry_id
        HAVING sum(CASE WHEN is_debit THEN amount ELSE -amount END) <> 0""",
    "every balance is the sum of its postings": """
        SELECT a.region_id, a.account_no, a.balance, p.balance AS posted, a.version, p.times
          FROM ledger.account a
          LEFT JOIN (SELECT region_id, account_no, count(*) AS times,
                            sum(CASE WHEN is_debit THEN amount ELSE -amount END) AS balance
                       FROM ledger.posting GROUP BY region_id, account_no) p
            USING (region_id, account_no)
         WHERE a.balance <> CASE a.class WHEN 'asset' THEN 1 ELSE -1 END * coalesce(p.balance, 0)
            OR a.version <> coalesce(p.times, 0)""",
    "versions have no gap, and each posting tells the balance after it": """
        SELECT * FROM (
            SELECT p.region_id, p.account_no, p.version, p.balance_after,
                   row_number() OVER w AS nth,
                   sum(CASE WHEN p.is_debit = (a.class = 'asset') THEN p.amount ELSE -p.amount END)
                       OVER w AS balance
              FROM ledger.posting p JOIN ledger.account a USING (region_id, account_no)
            WINDOW w AS (PARTITION BY p.region_id, p.account_no
                         ORDER BY p.seq, p.version)) s
         WHERE nth <> version OR balance <> balance_after""",
    "no balance leaves its bounds": """
        SELECT p.* FROM ledger.posting p JOIN ledger.account a USING (region_id, account_no)
         WHERE p.balance_after < a.floor OR p.balance_after > a.ceiling
            OR a.balance < a.floor OR (NOT a.is_open AND a.balance <> 0)""",
    "sequence numbers have no gap and time never goes back": """
        SELECT * FROM (
            SELECT region_id, seq, at, lag(seq, 1, 0::bigint) OVER w AS before,
                   lag(at) OVER w AS earlier
              FROM ledger.entry WINDOW w AS (PARTITION BY region_id ORDER BY seq)) s
         WHERE seq <> before + 1 OR at < earlier""",
    "the head stands at the newest entry and account": """
        SELECT h.region_id, h.seq, h.account_no FROM ledger.head h
         WHERE h.seq <> (SELECT coalesce(max(seq), 0) FROM ledger.entry e
                          WHERE e.region_id = h.region_id)
            OR h.account_no <> (SELECT coalesce(max(account_no), 0) FROM ledger.account a
                                 WHERE a.region_id = h.region_id)""",
    "postings belong to entries that moved value": """
        SELECT p.region_id, p.entry_id FROM ledger.posting p
          LEFT JOIN ledger.entry e USING (region_id, entry_id)
         WHERE e.entry_id IS NULL OR e.refusal IS NOT NULL OR e.seq <> p.seq""",
    "every accepted entry that moves value has postings": """
        SELECT e.region_id, e.entry_id FROM ledger.entry e JOIN ledger.entry_kind k USING (kind)
         WHERE (k.needs_postings AND e.refusal IS NULL) <> EXISTS (
             SELECT FROM ledger.posting p
              WHERE p.region_id = e.region_id AND p.entry_id = e.entry_id)""",
    "a payment is never refunded by more than it was": """
        SELECT region_id, subject_id FROM ledger.counter c
         WHERE value > cap OR value < 0 OR (name = 'refunded' AND value <> (
             SELECT coalesce(sum(e.amount), 0) FROM ledger.entry e
              WHERE e.region_id = c.region_id AND e.refers_to = c.subject_id
                AND e.kind IN ('refund', 'void') AND e.refusal IS NULL))""",
    "what a campaign gave out and got back is what it was funded with": """
        SELECT a.region_id, a.holder_id, a.kind FROM ledger.account a
         WHERE a.kind = 'budget' AND a.balance > (
             SELECT coalesce(sum(e.amount), 0) FROM ledger.entry e
              WHERE e.region_id = a.region_id AND e.holder_id = a.holder_id
                AND e.kind IN ('campaign.funded', 'benefit.funded') AND e.refusal IS NULL)""",
}


async def broken_rules(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, str]:
    """The first row that breaks each rule; none when the books are right.

    All rules are asked of one snapshot. The connection must see the regions that are meant.
    """
    broken = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for rule, query in RULES.items():
            row = await connection.fetchrow(query)
            if row is not None:
                broken[rule] = str(dict(row))
    return broken


async def check_books(superuser_url: str) -> None:
    """Asserts every rule, in all regions of a database."""
    connection = await asyncpg.connect(superuser_url)
    try:
        assert await broken_rules(connection) == {}
    finally:
        await connection.close()
